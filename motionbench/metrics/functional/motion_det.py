"""Motion fidelity as the released code of DeT computes it, for comparison with published numbers.

Source: DeT and MTBench, ``evaluation.py`` of the repository Shi-qingyu/DeT at commit 2a2f4dd, without its optional
"Fréchet" part. The paper's formula is another.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motionbench.metrics.functional.arrays import as_tracks
from motionbench.metrics.functional.best_match import directions, mean_best_cosine
from motionbench.metrics.functional.spacing import spaced


def motion_fidelity_det(generated: ArrayLike, reference: ArrayLike, *, width: float, height: float) -> float:
    """For each generated track the best agreement with any reference track, start position included, averaged.

    ``MF = (1/N) Σ_n max_m (1/T) Σ_t ⟨q_n,t, q_m,t⟩ / (‖q_n,t‖ ‖q_m,t‖)`` with ``q_0`` the *position* on frame 0 seen
    from the image's corner, ``q_t`` the step to frame t, both in units of the frame's width and height.

    Kept from the code on purpose: the position counts as one displacement, so the place of the subject is rewarded;
    angles are those of a square frame; the longer side loses frames by index, not by time; a step of length zero or a
    start at the corner makes the result NaN. Visibility is not looked at.

    Args:
        generated: ``[N, T, 2]`` pixels.
        reference: ``[M, T', 2]`` pixels.
        width: of the frame, pixels; pass coordinates divided beforehand, and 1, where the two sides differ in size.
        height: of the frame, pixels.

    Returns:
        A value in [−1, 1], higher is better, or NaN.

    Raises:
        ValueError: there is no track on a side, or the frame's size is not positive.
    """
    ours = as_tracks(generated, "generated", np.float32)
    theirs = as_tracks(reference, "reference", np.float32)
    if len(ours) == 0 or len(theirs) == 0:
        raise ValueError(f"DeT's score needs a track on both sides, got {len(ours)} and {len(theirs)}")
    if not (0 < width < np.inf and 0 < height < np.inf):
        raise ValueError(f"the frame's width and height are positive, got {width} and {height}")
    frames = min(ours.shape[1], theirs.shape[1])
    extent = np.array([width, height], dtype=np.float32)
    units = [directions(_start_and_steps(_thinned(side, frames) / extent)) for side in (ours, theirs)]
    return mean_best_cosine(units[0], units[1])


def _thinned(tracks: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """``frames`` of the track's frames, evenly spaced by index and rounded down."""
    if tracks.shape[1] == frames:
        return tracks
    return tracks[:, spaced(0, tracks.shape[1] - 1, frames).astype(np.int32)]


def _start_and_steps(tracks: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([tracks[:, :1], np.diff(tracks, axis=1)], axis=1)
