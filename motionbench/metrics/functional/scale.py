"""A unit of length near the largest number at hand, so that squares neither overflow nor vanish."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def unit_of(*values: NDArray[np.float64] | float) -> float:
    """The power of two within a factor of 2 below the largest of finite numbers, 1 where all are 0.

    Dividing by a power of two is exact, so that a score of scaled lengths is the score to the last bit.
    """
    largest = max(float(np.abs(value).max(initial=0.0)) for value in values)
    return float(np.ldexp(1.0, int(np.frexp(largest)[1]) - 1)) if largest else 1.0
