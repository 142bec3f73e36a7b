"""What every function of features checks and does before it computes: rows of unit length, in float64."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def unit_rows(features: ArrayLike, name: str) -> Floats:
    """``[T, D]`` with rows of length 1; raises ValueError naming the argument where that cannot be."""
    array = np.asarray(features, dtype=np.float64)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"{name} are [T, D] with T, D >= 1, got {list(array.shape)}")
    peak = np.abs(array).max(axis=-1, keepdims=True)
    if not (np.isfinite(peak) & (peak > 0)).all():
        raise ValueError(f"{name} must be finite and not all zero in any row")
    scaled = array / peak
    return np.asarray(scaled / np.linalg.norm(scaled, axis=-1, keepdims=True))


def unit_text(feature: ArrayLike, width: int, name: str = "the text feature") -> Floats:
    """``[D]`` of length 1; raises ValueError where it does not fit image features of ``width`` D."""
    text = np.asarray(feature, dtype=np.float64)
    if text.shape != (width,):
        raise ValueError(f"{name} is [{width}] like the image features, got {list(text.shape)}")
    return np.asarray(unit_rows(text[None], name)[0])


def mean_cosine(cosines: Floats) -> float:
    """The mean, without what rounding adds beyond ±1."""
    return float(np.clip(cosines.mean(), -1.0, 1.0))
