"""Motion fidelity as IVEBench computes it: paths paired one to one, for comparison with published numbers.

Source: IVEBench, ``metrics/fidelity/motion_fidelity.py`` of the repository RyanChenYN/IVEBench at commit 2dcf890.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motionbench.metrics.functional.arrays import as_tracks, as_visible
from motionbench.metrics.functional.scale import unit_of

Floats = NDArray[np.float64]

LEAST_FRAMES = 5
"""Shorter videos have no comparable track."""
LEAST_VISIBLE = 2
"""Frames in which a track must be seen to be compared at all."""
THRESHOLD = 0.3
POSITION_SHARE, VELOCITY_SHARE = 0.7, 0.3
_STILL = 1e-6
_CELLS = 1 << 17
"""Positions compared at once: what stays in a processor's cache."""


def motion_fidelity_ivebench(
    generated: ArrayLike,
    reference: ArrayLike,
    *,
    visible_generated: ArrayLike | None = None,
    visible_reference: ArrayLike | None = None,
) -> float:
    """Mean similarity of the paths that the best one-to-one assignment pairs, pairs at or below 0.3 left out.

    A track seen in two frames or more is stretched, over its visible positions alone, to the shorter side's T frames.
    For positions p, velocities v (the first one repeated) and the mean diagonal D of the two paths' bounding boxes::

        s_nm = (1/T) Σ_t [ 0.7 / (1 + ‖p_n,t − p_m,t‖ / D) + 0.3 / (1 + ‖v_n,t − v_m,t‖ / D) ]

    and the assignment maximises Σ s. Place counts more than motion, dropping bad pairs before the mean flatters, and
    unpaired tracks cost nothing. Stretching leaves every such track visible throughout, so the code's visibility
    weights are all 1 and its thresholds of 30 % and 5 frames only ask that T >= 5.

    Args:
        generated: ``[N, T, 2]`` pixels.
        reference: ``[M, T', 2]`` pixels of a frame of the same size.
        visible_generated: ``[N, T]``; None: all.
        visible_reference: ``[M, T']``; None: all.

    Returns:
        A value in (0.3, 1], or 0 where no pair is left or nothing can be compared.

    Raises:
        ValueError: shapes do not fit, or a visible position is not finite.
    """
    ours = as_tracks(generated, "generated", np.float64)
    theirs = as_tracks(reference, "reference", np.float64)
    frames = min(ours.shape[1], theirs.shape[1])
    a_seen = as_visible(visible_generated, ours, "generated")
    b_seen = as_visible(visible_reference, theirs, "reference")
    _require_finite(ours[a_seen], "generated")
    _require_finite(theirs[b_seen], "reference")
    unit = unit_of(ours[a_seen], theirs[b_seen], 1.0)
    a, b = (_retimed(side / unit, seen, frames) for side, seen in ((ours, a_seen), (theirs, b_seen)))
    if frames < LEAST_FRAMES or len(a) == 0 or len(b) == 0:
        return 0.0
    kept = _assigned(a, b, 1 / unit)
    kept = kept[kept > THRESHOLD]
    return float(kept.mean()) if len(kept) else 0.0


def _require_finite(places: Floats, name: str) -> None:
    if not np.isfinite(places).all():
        raise ValueError(f"{name} tracks have a visible position that is not finite")


def _retimed(xy: Floats, visible: NDArray[np.bool_], frames: int) -> Floats:
    """``[K, frames, 2]``: each track seen often enough, resampled evenly over its visible positions."""
    target = np.linspace(0, 1, frames)
    out = []
    for track, seen in zip(xy, visible, strict=True):
        path = track[seen]
        if len(path) >= LEAST_VISIBLE:
            times = np.linspace(0, 1, len(path))
            out.append(np.stack([np.interp(target, times, axis) for axis in path.T], axis=-1))
    return np.stack(out) if out else np.empty((0, frames, 2))


def _assigned(a: Floats, b: Floats, pixel: float) -> Floats:
    """Similarities of the pairs of the best assignment; ``pixel`` is one in the unit of the paths."""
    from scipy.optimize import linear_sum_assignment

    rows = max(1, _CELLS // (len(b) * a.shape[1]))
    similarity = np.concatenate([_similarity(a[row : row + rows], b, pixel) for row in range(0, len(a), rows)])
    return np.asarray(similarity[linear_sum_assignment(similarity, maximize=True)])


def _similarity(a: Floats, b: Floats, pixel: float) -> Floats:
    """``[N, M]``."""
    span = (_span(a)[:, None] + _span(b)[None]) / 2
    span = np.where(span < _STILL * pixel, pixel, span)[..., None]
    x, y = (a[:, None, :, axis] - b[None, :, :, axis] for axis in range(2))
    position = _closeness(x, y, span)
    velocity = _closeness(np.diff(x), np.diff(y), span)
    # The first velocity stands for the frame before it too.
    repeated = velocity.sum(axis=-1) + velocity[..., 0]
    return np.asarray((POSITION_SHARE * position.sum(axis=-1) + VELOCITY_SHARE * repeated) / a.shape[1])


def _closeness(x: Floats, y: Floats, span: Floats) -> Floats:
    return np.asarray(1 / (1 + np.sqrt(x * x + y * y) / span))


def _span(tracks: Floats) -> Floats:
    """Diagonals of the bounding boxes, ``[N]``."""
    return np.asarray(np.linalg.norm(np.ptp(tracks, axis=1), axis=-1))
