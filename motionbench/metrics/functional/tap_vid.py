"""Accuracy of predicted tracks as TAP-Vid measures it: δ_avg, occlusion accuracy and average Jaccard.

Source: Doersch et al., "TAP-Vid: A Benchmark for Tracking Any Point in a Video" (arXiv 2211.03726), section 3.2. Each
axis is scaled to a frame of 256 × 256, and the frame of the query does not count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motionbench.metrics.functional.arrays import as_tracks, as_visible

THRESHOLDS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Pixels of the 256 × 256 frame."""
SIDE = 256.0


@dataclass(frozen=True)
class TapVid:
    """Shares in [0, 1], higher is better; None where no exact point is visible, or nothing is left to compare."""

    delta_avg: float | None
    """Share of visible exact points within a threshold of the prediction, mean over thresholds."""
    occlusion_accuracy: float | None
    """Share of points whose visibility is predicted rightly."""
    average_jaccard: float | None
    """True positives over true positives, false positives and false negatives, mean over thresholds."""


def tap_vid(
    tracks: ArrayLike,
    exact: ArrayLike,
    *,
    size: tuple[int, int],
    visible: ArrayLike | None = None,
    exact_visible: ArrayLike | None = None,
) -> TapVid:
    """Compare predicted tracks with exact ones; both start at the query, on frame 0.

    With d the distance at visible exact points: δ_x = mean(d < x); Jaccard_x = TP / (P + FP), TP the points that are
    visible, predicted visible and within x, P the visible ones, FP those predicted visible that are hidden or farther
    away than x.

    Args:
        tracks: predicted, ``[N, T, 2]`` pixels.
        exact: ``[N, T, 2]`` pixels.
        size: (height, width) of the frame that both are in.
        visible: predicted visibility, ``[N, T]``; all visible where left out.
        exact_visible: ``[N, T]``; all visible where left out.

    Raises:
        ValueError: shapes differ, or the size is not positive.
    """
    ours, theirs = as_tracks(tracks, "predicted", np.float64), as_tracks(exact, "exact", np.float64)
    if ours.shape != theirs.shape:
        raise ValueError(f"predicted and exact tracks have one shape, got {list(ours.shape)} and {list(theirs.shape)}")
    if min(size) <= 0:
        raise ValueError(f"a frame's size is positive, got {size}")
    seen = as_visible(visible, ours, "predicted")[:, 1:]
    there = as_visible(exact_visible, theirs, "exact")[:, 1:]
    if there.size == 0:
        return TapVid(None, None, None)
    distance = _distance(ours, theirs, size)[:, 1:]
    if not there.any():
        return TapVid(None, float((seen == there).mean()), None)
    within = [distance < limit for limit in THRESHOLDS]
    return TapVid(
        delta_avg=float(np.mean([close[there].mean() for close in within])),
        occlusion_accuracy=float((seen == there).mean()),
        average_jaccard=float(np.mean([_jaccard(close, seen, there) for close in within])),
    )


def _distance(ours: NDArray[np.float64], theirs: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    """``[N, T]`` pixels of the scaled frame; farther than any threshold where a coordinate is not finite."""
    scale = np.array([SIDE / size[1], SIDE / size[0]])
    with np.errstate(over="ignore", invalid="ignore"):
        away = np.hypot(*np.moveaxis((ours - theirs) * scale, -1, 0))
    return np.asarray(np.where(np.isfinite(away), away, np.inf))


def _jaccard(close: NDArray[np.bool_], seen: NDArray[np.bool_], there: NDArray[np.bool_]) -> float:
    true_positives = (close & seen & there).sum()
    false_positives = (seen & ~(there & close)).sum()
    return float(true_positives / (there.sum() + false_positives))
