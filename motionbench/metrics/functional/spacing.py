"""Evenly spaced float32 numbers, rounded as PyTorch rounds them.

Published scores truncate such numbers to frame indices and use them as borders of histograms, so that the last bit
decides which frame or bin is meant.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def spaced(start: float, stop: float, count: int) -> NDArray[np.float32]:
    """``count`` >= 1 numbers from ``start`` to ``stop``, bit for bit as ``torch.linspace`` on a CPU with fused
    multiply-add: each half is counted from its own end.
    """
    first, last = np.float64(np.float32(start)), np.float64(np.float32(stop))
    if count == 1:
        return np.array([first], dtype=np.float32)
    step = np.float64(np.float32(last - first) / np.float32(count - 1))
    index = np.arange(count)
    # Products and sums in float64 round once, as a fused multiply-add does.
    rising, falling = first + step * index, last - step * (count - 1 - index)
    return np.where(index < count // 2, rising, falling).astype(np.float32)
