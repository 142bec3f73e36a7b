"""The shapes that every function of tracks checks before it computes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def as_tracks(tracks: ArrayLike, name: str, dtype: type[np.floating[Any]]) -> NDArray[Any]:
    """``[N, T, 2]`` in the given precision; raises ValueError naming the argument, also where it overflows."""
    given = np.asarray(tracks)
    with np.errstate(over="ignore"):
        array = given.astype(dtype, copy=False)
    if (np.isinf(array) & np.isfinite(given)).any():
        raise ValueError(f"{name} tracks have a position that is too large for {np.dtype(dtype).name}")
    if array.ndim != 3 or array.shape[-1] != 2 or array.shape[1] == 0:
        raise ValueError(f"{name} tracks are [N, T, 2] with T >= 1, got {list(array.shape)}")
    return array


def as_visible(visible: ArrayLike | None, tracks: NDArray[Any], name: str) -> NDArray[np.bool_]:
    """``[N, T]``, all True where nothing is said; raises ValueError where it does not fit the tracks."""
    if visible is None:
        return np.ones(tracks.shape[:2], dtype=bool)
    array = np.asarray(visible, dtype=bool)
    if array.shape != tracks.shape[:2]:
        raise ValueError(f"{name} visibility is {list(tracks.shape[:2])} like its tracks, got {list(array.shape)}")
    return array


def require_equal_length(generated: NDArray[Any], reference: NDArray[Any]) -> None:
    """Raise ValueError unless both sides have the same number of frames."""
    if generated.shape[1] != reference.shape[1]:
        raise ValueError(
            f"both sides need the same number of frames, got {generated.shape[1]} generated and "
            f"{reference.shape[1]} reference; resample one of them by time first"
        )
