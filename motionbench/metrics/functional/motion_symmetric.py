"""Motion fidelity as the paper of DMT prints it: two-sided, halved, and made defined where the equation is not.

Source: Yatim et al., "Space-Time Diffusion Features for Zero-Shot Text-Driven Motion Transfer" (arXiv 2311.17009),
section 5.1. The printed sum runs over [−2, 2] while all published values are at most 1, hence the half. The ε, the
visibility and the gate against still tracks are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motionbench.metrics.functional.arrays import as_tracks, as_visible, require_equal_length
from motionbench.metrics.functional.best_match import ROWS, directions
from motionbench.metrics.functional.motion_local import NOTHING_MOVES_GENERATED, NOTHING_MOVES_REFERENCE

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SymmetricFidelity:
    """The two halves of the printed sum; what is undefined is None, and ``reason`` says why."""

    value: float | None
    """Mean of both halves; 0 where nothing moves in the generation, None where nothing moves in the reference."""
    from_generated: float | None
    """Mean over generated tracks of the best reference track, in [−1, 1]."""
    from_reference: float | None
    """Mean over reference tracks of the best generated track, in [−1, 1]."""
    moving_generated: float
    """Share of generated tracks that pass the gate."""
    moving_reference: float
    reason: str | None = None


@dataclass(frozen=True, eq=False)
class _Side:
    units: Floats
    """``[N, 2(T-1)]``, zero where not seen; moving tracks only."""
    steps: Floats
    """``[N]``, visible steps."""
    moving: float


def motion_fidelity_symmetric(
    generated: ArrayLike,
    reference: ArrayLike,
    *,
    least_displacement: float,
    epsilon: float = 1e-8,
    visible_generated: ArrayLike | None = None,
    visible_reference: ArrayLike | None = None,
) -> SymmetricFidelity:
    """Best agreement of each moving track with any moving track of the other video, averaged over both ways.

    For tracks g ∈ G and r ∈ R that pass the gate, with v^k the step from frame k and S_g the steps whose two ends are
    visible in g::

        MF = ½ [ (1/|G|) Σ_g max_r corr_g(r, g)  +  (1/|R|) Σ_r max_g corr_r(r, g) ]
        corr_g(r, g) = (1/|S_g|) Σ_{k ∈ S_g ∩ S_r} ⟨v_r^k, v_g^k⟩ / ((‖v_r^k‖ + ε)(‖v_g^k‖ + ε))

    With every point visible and nothing still, this is half of the printed equation. What the partner did not show
    counts 0, so that two tracks seen together only once are no match. A track passes where some visible position is
    more than ``least_displacement`` from its first visible one. Speed is invisible, and the maximum over many tracks
    gives unrelated motion a value well above 0.

    Args:
        generated: ``[N, T, 2]`` pixels.
        reference: ``[M, T, 2]`` pixels.
        least_displacement: gate, pixels; 0 keeps whatever moves at all.
        epsilon: ε, pixels; 0 is allowed, a still step then counts 0 as well.
        visible_generated: ``[N, T]``; None: all.
        visible_reference: ``[M, T]``; None: all.

    Raises:
        ValueError: shapes or T differ, a visible position is not finite, or a parameter is out of range.
    """
    if not (0 <= least_displacement < np.inf and 0 <= epsilon < np.inf):
        raise ValueError(f"need least_displacement, epsilon >= 0, got {least_displacement} and {epsilon}")
    ours = as_tracks(generated, "generated", np.float64)
    theirs = as_tracks(reference, "reference", np.float64)
    require_equal_length(ours, theirs)
    a = _side(ours, as_visible(visible_generated, ours, "generated"), "generated", least_displacement, epsilon)
    b = _side(theirs, as_visible(visible_reference, theirs, "reference"), "reference", least_displacement, epsilon)
    if len(b.units) == 0:
        return SymmetricFidelity(None, None, None, a.moving, b.moving, NOTHING_MOVES_REFERENCE)
    if len(a.units) == 0:
        return SymmetricFidelity(0.0, None, 0.0, a.moving, b.moving, NOTHING_MOVES_GENERATED)
    forth, back = _both_ways(a, b)
    return SymmetricFidelity((forth + back) / 2, forth, back, a.moving, b.moving)


def _side(xy: Floats, visible: NDArray[np.bool_], name: str, least: float, epsilon: float) -> _Side:
    if not np.isfinite(xy[visible]).all():
        raise ValueError(f"{name} tracks have a visible position that is not finite")
    placed = np.where(visible[..., None], xy, 0.0)
    seen = visible[:, 1:] & visible[:, :-1]
    first = placed[np.arange(len(xy)), visible.argmax(axis=1)]
    with np.errstate(over="ignore"):
        apart = np.where(visible, np.linalg.norm(placed - first[:, None], axis=-1), 0.0)
    keep = (apart.max(axis=1) > least) & seen.any(axis=1)
    moves = np.where(seen[keep][..., None], np.diff(placed[keep], axis=1), 0.0)
    units = np.nan_to_num(directions(moves, epsilon), nan=0.0, posinf=0.0, neginf=0.0)
    return _Side(units, seen[keep].sum(axis=1).astype(float), float(keep.mean()) if len(keep) else 0.0)


def _both_ways(a: _Side, b: _Side) -> tuple[float, float]:
    """Mean best agreement of a's tracks with b's, and of b's with a's."""
    ours, theirs = [], np.full(len(b.units), -np.inf)
    for row in range(0, len(a.units), ROWS):
        shared = a.units[row : row + ROWS] @ b.units.T
        ours.append(shared.max(axis=1))
        np.maximum(theirs, shared.max(axis=0), out=theirs)
    means = ((np.concatenate(ours) / a.steps).mean(), (theirs / b.steps).mean())
    forth, back = (float(np.clip(mean, -1.0, 1.0)) for mean in means)
    return forth, back
