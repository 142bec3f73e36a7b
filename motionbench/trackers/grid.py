"""Where tracks start: a regular grid of points on frame 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from motionbench.types import Protocol


def grid_queries(protocol: Protocol) -> NDArray[np.float32]:
    """The centres of ``grid × grid`` equal cells of the frame, row by row, ``[N, 2]`` pixels."""
    xs, ys = (cell_centres(protocol.grid, extent) for extent in (protocol.width, protocol.height))
    return np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2).astype(np.float32)


def cell_centres(count: int, extent: int) -> NDArray[np.float64]:
    """Centres of ``count`` equal cells; the frame runs from −0.5 to extent − 0.5."""
    return np.asarray((np.arange(count) + 0.5) * extent / count - 0.5, dtype=np.float64)
