"""Three plain numbers about motion: which way it goes, how fast it is, and how much of it there is.

They stand beside motion fidelity to say *why* it is low. Conventions: Δx_n,t is the step of track n from frame t to
t + 1, S_n the steps visible at both ends and |S_n| their number, τ the root-mean-square step of a track on a still
video. Sums run over S_n, float64 inside. A track *moves* where its root-mean-square step is above 2τ, since
the mean of ``dynamic_degree`` counts every track alike, other than the weights of motion fidelity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motionbench.metrics.functional.arrays import as_tracks, as_visible
from motionbench.metrics.functional.motion_local import NOTHING_MOVES_GENERATED, NOTHING_MOVES_REFERENCE
from motionbench.metrics.functional.scale import unit_of

Floats = NDArray[np.float64]

GATE = 2.0
"""A track moves where its root-mean-square step is more than so many τ."""
LEAST_NET = 0.25
"""Least share of the path that is net displacement: a zoom, a loop or a crossing has less."""
NO_STEP = "no track is visible in two frames running"


@dataclass(frozen=True)
class Measured:
    """A number, or None and the reason why there is none."""

    value: float | None
    reason: str | None = None


@dataclass(frozen=True, eq=False)
class _Side:
    """Tracks in the unit of length ``unit``."""

    unit: float
    net: Floats
    """``[N, 2]``, from the first visible position to the last."""
    path: Floats
    """``[N]``, Σ ‖Δx‖."""
    steps: Floats
    """``[N]``, |S_n|."""
    speed: Floats
    """``[N]``, root-mean-square step with the noise taken out; 0 where the track does not move."""


def direction_cosine(
    generated: ArrayLike,
    reference: ArrayLike,
    *,
    tau: float,
    visible_generated: ArrayLike | None = None,
    visible_reference: ArrayLike | None = None,
    least_net: float = LEAST_NET,
) -> Measured:
    """Cosine of the net displacements of two videos, in [−1, 1]; 1 is the same way, −1 the opposite one.

    With x_n,first and x_n,last the visible ends of track n, over the tracks that move::

        w_n = √(Σ_t ‖Δx_n,t‖² − τ²|S_n|)      d = Σ_n w_n (x_n,last − x_n,first) / Σ_n w_n
        value = ⟨d_generated, d_reference⟩ / (‖d_generated‖ ‖d_reference‖)

    None with a reason where nothing moves in a video, and where its displacements cancel or return (zoom, rotation, a
    closed path): ``‖Σ w_n d_n‖ <= least_net · Σ w_n Σ_t ‖Δx_n,t‖``. Speed does not enter. For a subject alone give its
    tracks alone.

    Args:
        generated: ``[N, T, 2]`` pixels.
        reference: ``[M, T', 2]`` pixels.
        tau: τ, pixels; 0 allowed.
        visible_generated: ``[N, T]``; None: all.
        visible_reference: ``[M, T']``; None: all.
        least_net: least share of the path that must be net displacement, in [0, 1).

    Raises:
        ValueError: a shape is wrong, a visible position is not finite, or a parameter is out of range.

    Source: ours; the cosine of mean net displacement, with tracks weighted as in ``motion_fidelity_local``.
    """
    if not 0 <= least_net < 1:
        raise ValueError(f"least_net is a share in [0, 1), got {least_net}")
    ours = _net(_side(generated, visible_generated, tau, "generated"), least_net)
    theirs = _net(_side(reference, visible_reference, tau, "reference"), least_net)
    if theirs is None:
        return Measured(None, NOTHING_MOVES_REFERENCE)
    if ours is None:
        return Measured(None, NOTHING_MOVES_GENERATED)
    for name, net in (("reference", theirs), ("generated", ours)):
        if not net.any():
            return Measured(None, f"the displacements of the {name} video cancel or return: it has no one direction")
    return Measured(float(np.clip(ours @ theirs, -1.0, 1.0)))


def speed_ratio(
    generated: ArrayLike,
    reference: ArrayLike,
    *,
    tau: float,
    visible_generated: ArrayLike | None = None,
    visible_reference: ArrayLike | None = None,
) -> Measured:
    """Natural logarithm of generated over reference speed; 0 is right, −0.69 half as fast, 0.69 twice as fast.

    Over the tracks that move, with V the median of v_n weighted by w_n, which is the least v_n up to which the tracks
    hold half of the weight::

        v_n = √(Σ_t ‖Δx_n,t‖² / |S_n| − τ²)      w_n = v_n √|S_n|      value = ln(V_generated / V_reference)

    The weights keep scenery that drifts slowly with the tracker from outnumbering a small subject. None with a reason
    where nothing moves in a video. Direction does not enter.

    Args:
        generated: ``[N, T, 2]`` pixels.
        reference: ``[M, T', 2]`` pixels, at the same frame rate.
        tau: τ, pixels; 0 allowed.
        visible_generated: ``[N, T]``; None: all.
        visible_reference: ``[M, T']``; None: all.

    Raises:
        ValueError: a shape is wrong, a visible position is not finite, or τ is out of range.

    Source: ours.
    """
    ours = _log_speed(_side(generated, visible_generated, tau, "generated"))
    theirs = _log_speed(_side(reference, visible_reference, tau, "reference"))
    if theirs is None:
        return Measured(None, NOTHING_MOVES_REFERENCE)
    if ours is None:
        return Measured(None, NOTHING_MOVES_GENERATED)
    return Measured(ours - theirs)


def dynamic_degree(
    tracks: ArrayLike,
    *,
    diagonal: float,
    tau: float,
    visible: ArrayLike | None = None,
    subject: ArrayLike | None = None,
) -> Measured:
    """How much a video moves: mean length of its tracks in a clip, as a share of the frame's diagonal D.

    ::

        ℓ_n = (T − 1) / |S_n| · Σ_t ‖Δx_n,t‖ / D      where track n moves, else 0
        value = mean_n ℓ_n                                                  without ``subject``, >= 0
        value = mean of ℓ_n over the subject − mean over the other tracks   with it

    The means run over tracks with |S_n| > 0. With τ = 0 and every point visible this is the sum over steps of the mean
    displacement over diagonal. It is a length a clip: multiply by fps / (T − 1) for a length a second.

    Args:
        tracks: ``[N, T, 2]`` pixels.
        diagonal: D, pixels.
        tau: τ, pixels; 0 allowed.
        visible: ``[N, T]``; None: all.
        subject: ``[N]``, True for tracks on the subject; None: no split.

    Raises:
        ValueError: a shape is wrong, a visible position is not finite, or a parameter is out of range.

    Source: Perceptible Amplitude Score of VMBench (AMAP-ML/VMBench at c278a73), displacement over diagonal and subject
    minus background; the gate against noise and the visibility are ours.
    """
    if not 0 < diagonal < np.inf:
        raise ValueError(f"the frame's diagonal is a positive number of pixels, got {diagonal}")
    side = _side(tracks, visible, tau, "video's")
    frames = np.asarray(tracks).shape[1]
    lengths = np.where(side.speed > 0, side.path / np.maximum(side.steps, 1) * (frames - 1), 0.0)
    counted = side.steps > 0
    groups = [np.ones_like(counted)]
    if subject is not None:
        chosen = np.asarray(subject, dtype=bool)
        if chosen.shape != counted.shape:
            raise ValueError(f"subject is [{len(counted)}] like the tracks, got {list(chosen.shape)}")
        groups = [chosen, ~chosen]
    if not all((group & counted).any() for group in groups):
        return Measured(None, NO_STEP if subject is None else f"{NO_STEP} on the subject, or none on the background")
    means = [lengths[group & counted].mean() for group in groups]
    return Measured(float((means[0] - sum(means[1:])) * (side.unit / diagonal)))


def _side(tracks: ArrayLike, visible: ArrayLike | None, tau: float, name: str) -> _Side:
    if not 0 <= tau < np.inf:
        raise ValueError(f"tau is a number of pixels >= 0, got {tau}")
    xy = as_tracks(tracks, name, np.float64)
    seen = as_visible(visible, xy, name)
    if not np.isfinite(xy[seen]).all():
        raise ValueError(f"{name} tracks have a visible position that is not finite")
    placed = np.where(seen[..., None], xy, 0.0)
    unit = unit_of(placed, tau)
    placed = placed / unit
    both = seen[:, 1:] & seen[:, :-1]
    moves = np.where(both[..., None], np.diff(placed, axis=1), 0.0)
    steps = both.sum(axis=1).astype(float)
    power = (moves * moves).sum(axis=(1, 2)) / np.maximum(steps, 1)
    noise = (tau / unit) ** 2
    speed = np.where(power > GATE * GATE * noise, np.sqrt(np.maximum(power - noise, 0.0)), 0.0)
    return _Side(unit, _ends(placed, seen), np.hypot(moves[..., 0], moves[..., 1]).sum(axis=1), steps, speed)


def _ends(placed: Floats, seen: NDArray[np.bool_]) -> Floats:
    """From the first visible position to the last, ``[N, 2]``."""
    rows = np.arange(len(placed))
    last = seen.shape[1] - 1 - seen[:, ::-1].argmax(axis=1)
    return np.asarray(placed[rows, last] - placed[rows, seen.argmax(axis=1)])


def _weights(side: _Side) -> Floats | None:
    """w_n over the largest of them; None where nothing moves."""
    weight = side.speed * np.sqrt(side.steps)
    return np.asarray(weight / weight.max()) if weight.any() else None


def _net(side: _Side, least: float) -> Floats | None:
    """The unit vector of the weighted net displacement; zero where it cancels, None where nothing moves."""
    weight = _weights(side)
    if weight is None:
        return None
    net = weight @ side.net
    length = float(np.hypot(*net))
    return np.zeros(2) if length <= least * float(weight @ side.path) else np.asarray(net / length)


def _log_speed(side: _Side) -> float | None:
    """ln V; None where nothing moves."""
    weight = _weights(side)
    if weight is None:
        return None
    order = np.argsort(side.speed)
    share = np.cumsum(weight[order])
    median = side.speed[order][np.searchsorted(share, share[-1] / 2)]
    return float(np.log(median) + np.log(side.unit))
