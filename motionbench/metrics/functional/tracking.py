"""How far a tracker is from exact tracks: the tracker's own error, known where a clip is procedural.

Source: Doersch et al., TAP-Vid (arXiv 2211.03726), section 4: thresholds 1 to 16 pixels of a 256-pixel frame. Here
they are 1, 2 and 4 pixels of the clip's own frame, which is smaller.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motionbench.metrics.functional.arrays import as_tracks, as_visible

THRESHOLDS = (1.0, 2.0, 4.0)


@dataclass(frozen=True)
class TrackerError:
    """Distance of predicted from exact positions; None where no exact point is visible after frame 0.

    A prediction that is not finite is farther away than any threshold.
    """

    median: float | None
    """Pixels, over the exactly visible points; None as well where half of the predictions are not finite."""
    within: tuple[float, ...] | None
    """Share of those points within each of ``THRESHOLDS``."""
    delta_avg: float | None
    """Mean of ``within``."""
    occlusion_accuracy: float | None
    """Share of all points whose visibility is predicted correctly."""
    moving_median: float | None = None
    """The median over points of tracks that move at all."""


def tracker_error(
    tracks: ArrayLike, exact: ArrayLike, *, visible: ArrayLike | None = None, exact_visible: ArrayLike | None = None
) -> TrackerError:
    """Compare predicted with exact tracks of the same queries; frame 0, where the query is given, does not count.

    Args:
        tracks: predicted ``[N, T, 2]`` pixels.
        exact: exact ``[N, T, 2]`` pixels.
        visible: predicted ``[N, T]``; None: all.
        exact_visible: exact ``[N, T]``; None: all.

    Raises:
        ValueError: the two have different shapes.
    """
    ours, truth = as_tracks(tracks, "predicted", np.float64), as_tracks(exact, "exact", np.float64)
    if ours.shape != truth.shape:
        raise ValueError(f"both need the same queries and frames, got {list(ours.shape)} and {list(truth.shape)}")
    seen, there = as_visible(visible, ours, "predicted")[:, 1:], as_visible(exact_visible, truth, "exact")[:, 1:]
    if not there.any():
        return TrackerError(None, None, None, None)
    with np.errstate(over="ignore", invalid="ignore"):
        away = np.hypot(*np.moveaxis(ours - truth, -1, 0))[:, 1:]
    distance = np.where(np.isfinite(away), away, np.inf)
    within = tuple(float((distance[there] < threshold).mean()) for threshold in THRESHOLDS)
    moves = np.abs(truth - truth[:, :1]).max(axis=(1, 2)) > 0
    return TrackerError(
        median=_median(distance, there),
        within=within,
        delta_avg=float(np.mean(within)),
        occlusion_accuracy=float((seen == there).mean()),
        moving_median=_median(distance[moves], there[moves]),
    )


def _median(distance: NDArray[np.float64], where: NDArray[np.bool_]) -> float | None:
    middle = float(np.median(distance[where])) if where.any() else np.inf
    return middle if np.isfinite(middle) else None
