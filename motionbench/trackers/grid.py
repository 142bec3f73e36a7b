"""Where tracks start: a regular grid of points on frame 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from motionbench.types import Protocol


def grid_queries(protocol: Protocol) -> NDArray[np.float32]:
    """The protocol's grid, row by row, ``[N, 2]`` pixels."""
    return regular_grid(protocol.grid, protocol.width, protocol.height).astype(np.float32)


def regular_grid(count: int, width: int, height: int) -> NDArray[np.float64]:
    """The centres of ``count × count`` equal cells of a frame, row by row, ``[N, 2]`` pixels."""
    xs, ys = (_centres(count, extent) for extent in (width, height))
    return np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)


def _centres(count: int, extent: int) -> NDArray[np.float64]:
    """Centres of equal cells of a side, which runs from −0.5 to extent − 0.5."""
    return np.asarray((np.arange(count) + 0.5) * extent / count - 0.5, dtype=np.float64)
