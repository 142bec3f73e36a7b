"""Motion fidelity against the local mean motion of the other video: magnitude-aware, with no chance floor.

The published scores take, for each track, the *best* partner among thousands; that maximum gives a still video with
tracker jitter about one half, ignores speed, and lets one stray track vouch for all. Here each track is compared with
the weighted mean motion around the place where it starts. Conventions: ``a`` are generated tracks, ``b`` reference
tracks, steps are displacements between consecutive frames, float64 inside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motionbench.metrics.functional.arrays import as_tracks, as_visible, require_equal_length

Floats = NDArray[np.float64]

NOTHING_MOVES_GENERATED = "nothing moves in the generated video"
NOTHING_MOVES_REFERENCE = "nothing moves in the reference video"
_ROWS = 512


@dataclass(frozen=True)
class LocalFidelity:
    """Agreement of two sets of tracks; what is undefined is None, and ``reason`` says why."""

    precision: float | None
    """Does what moves in the generation move as the reference does there? In [−1, 1]."""
    recall: float | None
    """Is what moves in the reference found in the generation? In [−1, 1]."""
    f: float | None
    """``f_score`` of both; 0 where nothing moves in the generation, None where nothing moves in the reference."""
    moving_generated: float
    """Share of generated tracks that move more than the tracker's noise."""
    moving_reference: float
    reason: str | None = None


@dataclass(frozen=True, eq=False)
class _Side:
    start: Floats
    """``[N, 2]``."""
    steps: Floats
    """``[N, T-1, 2]``, zero where not seen."""
    seen: Floats
    """``[N, T-1]``, 1 where both ends of the step are visible."""
    energy: Floats
    noise: Floats
    weight: Floats


def f_score(precision: float, recall: float) -> float:
    """The harmonic mean of two positive numbers, else the smaller of the two.

    With P and R in [−1, 1] the value is in [−1, 1], symmetric, never falls when P or R rises, and is continuous: the
    harmonic mean tends to 0 where either tends to 0 from above, and the smaller one tends to 0 from below.
    """
    if precision > 0 and recall > 0:
        # Rearranged, so that denormal numbers do not vanish in the product.
        return 2 * precision / (1 + precision / recall)
    return min(precision, recall)


def motion_fidelity_local(
    generated: ArrayLike,
    reference: ArrayLike,
    *,
    diagonal: float,
    tau: float,
    sigma: float = 0.05,
    visible_generated: ArrayLike | None = None,
    visible_reference: ArrayLike | None = None,
    cutoff: float = 1e-8,
) -> LocalFidelity:
    """Agreement of each moving track with the local mean motion of the other video, both ways.

    For tracks a_n, b_m that start at p, with D the diagonal and sums over the steps that are visible at both ends::

        E_n = Σ_t ‖Δa_n,t‖²      ν_n = τ² · (visible steps of n)      w_n = √max(E_n − ν_n, 0)
        b̄_n,t = Σ_m k_nm w_m Δb_m,t / Σ_m k_nm w_m      k_nm = exp(−‖p_n − p_m‖² / 2(σD)²)
        s_n = 2 Σ_t ⟨Δa_n,t, b̄_n,t⟩ / (E_n + Σ_t ‖b̄_n,t‖² + ν_n)
        precision = Σ w_n s_n / Σ w_n;      recall: the same with roles swapped

    b̄ is 0 at a step where Σ_m k_nm w_m over the neighbours seen there is below ``cutoff · D``: what nobody saw is not
    confirmed. A vanishing object therefore costs recall.

    Args:
        generated: ``[N, T, 2]`` pixels, isotropic.
        reference: ``[M, T, 2]`` pixels of a frame of the same size.
        diagonal: D, pixels.
        tau: τ, root-mean-square step of a track on a still video, pixels; 0 allowed.
        sigma: σ, share of D within which motion counts as local.
        visible_generated: ``[N, T]``; None: all.
        visible_reference: ``[M, T]``; None: all.
        cutoff: least weight, as a share of D, that counts as a neighbour; with the Gaussian it sets how far away
            (about 5.5 σD) a lone moving object is still found.

    Raises:
        ValueError: shapes or T differ, a visible position is not finite, or a parameter is out of range.

    Source: ours; it replaces the maximum of Yatim et al. (arXiv 2311.17009, section 5.1) by the local mean.
    """
    a_xy, b_xy = (as_tracks(xy, name, np.float64) for xy, name in ((generated, "generated"), (reference, "reference")))
    require_equal_length(a_xy, b_xy)
    if not (0 < diagonal < np.inf and 0 < sigma < np.inf and 0 <= tau < np.inf and 0 <= cutoff < np.inf):
        raise ValueError(f"need diagonal, sigma > 0 and tau, cutoff >= 0, got {diagonal}, {sigma}, {tau}, {cutoff}")
    a_seen = as_visible(visible_generated, a_xy, "generated")
    b_seen = as_visible(visible_reference, b_xy, "reference")
    a_steps, a_mask = _steps(a_xy, a_seen, "generated")
    b_steps, b_mask = _steps(b_xy, b_seen, "reference")
    # The score does not change when all lengths are scaled, so squares of huge or tiny steps need never overflow.
    unit = float(max(np.abs(a_steps).max(initial=0), np.abs(b_steps).max(initial=0), tau)) or 1.0
    a = _side(a_xy, a_steps / unit, a_mask, tau / unit)
    b = _side(b_xy, b_steps / unit, b_mask, tau / unit)
    least = max(cutoff * diagonal / unit, np.finfo(float).tiny)
    return _combine(a, b, _agreement(a, b, sigma * diagonal, least), _agreement(b, a, sigma * diagonal, least))


def _steps(xy: Floats, visible: NDArray[np.bool_], name: str) -> tuple[Floats, Floats]:
    if not np.isfinite(xy[visible]).all():
        raise ValueError(f"{name} tracks have a visible position that is not finite")
    seen = visible[:, 1:] & visible[:, :-1]
    with np.errstate(invalid="ignore", over="ignore"):
        moves = np.diff(xy, axis=1)
    moves = np.where(seen[..., None], moves, 0.0)
    if not np.isfinite(moves).all():
        raise ValueError(f"{name} tracks have a step that is too long for float64")
    return moves, seen.astype(float)


def _side(xy: Floats, steps: Floats, seen: Floats, tau: float) -> _Side:
    energy = (steps * steps).sum(axis=(1, 2))
    noise = tau * tau * seen.sum(axis=1)
    start = np.where(np.isfinite(xy[:, 0]), xy[:, 0], 0.0)
    return _Side(start, steps, seen, energy, noise, np.sqrt(np.maximum(energy - noise, 0.0)))


def _agreement(ours: _Side, theirs: _Side, reach: float, least: float) -> float | None:
    """Weighted mean of s_n over our moving tracks; None where nothing of ours moves."""
    rows, columns = np.flatnonzero(ours.weight), np.flatnonzero(theirs.weight)
    total = ours.weight.sum()
    if len(rows) == 0:
        return None
    sources = theirs.weight[columns, None] * theirs.seen[columns]
    pushes = (sources[..., None] * theirs.steps[columns]).reshape(len(columns), 2 * sources.shape[1])
    agreed = 0.0
    for first in range(0, len(rows), _ROWS):
        part = rows[first : first + _ROWS]
        kernel = _kernel(ours.start[part], theirs.start[columns], reach)
        mass = kernel @ sources
        mean = np.reshape(kernel @ pushes, (*mass.shape, 2))
        mean /= np.maximum(mass, least)[..., None]
        mean *= ((mass >= least) * ours.seen[part])[..., None]
        shared = 2 * (ours.steps[part] * mean).sum(axis=(1, 2))
        similarity = shared / (ours.energy[part] + (mean * mean).sum(axis=(1, 2)) + ours.noise[part])
        agreed += float(ours.weight[part] @ similarity)
    return float(np.clip(agreed / total, -1.0, 1.0))


def _kernel(points: Floats, centres: Floats, reach: float) -> Floats:
    with np.errstate(over="ignore"):
        apart = (points[:, None] - centres[None]) / max(reach, np.finfo(float).tiny)
        return np.asarray(np.exp(-0.5 * (apart * apart).sum(axis=-1)))


def _combine(a: _Side, b: _Side, precision: float | None, recall: float | None) -> LocalFidelity:
    moving = [float((side.weight > 0).mean()) if len(side.weight) else 0.0 for side in (a, b)]
    if recall is None:
        return LocalFidelity(precision, None, None, moving[0], moving[1], NOTHING_MOVES_REFERENCE)
    if precision is None:
        return LocalFidelity(None, recall, 0.0, moving[0], moving[1], NOTHING_MOVES_GENERATED)
    return LocalFidelity(precision, recall, f_score(precision, recall), moving[0], moving[1])
