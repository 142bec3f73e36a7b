"""Whether a paired difference is more than chance: sign flips over reference videos, Holm's correction, power.

The null hypothesis is that a reference's difference is as likely to have either sign, so that all 2^n choices of signs
are equally likely (Fisher's randomisation test; Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses",
section 3.2). Signs are drawn by reference, never by case or seed: those of one reference are not independent.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from motionbench.leaderboard.statistics import DRAWS, LEVEL

LEAST = 8
"""References below which no p-value is given: 2^7 signs cannot reach the levels that a correction asks for."""
POWER = 0.8

_NOISE = 1e-12
"""Relative difference below which two sums of the same numbers are one."""


@dataclass(frozen=True)
class Evidence:
    """A planned contrast: one method against the anchor on one metric, over all cases that both have."""

    method: str
    metric: str
    references: int
    p: float | None
    """None below ``LEAST`` references."""
    adjusted: float | None
    """By Holm, over the methods of the metric."""
    detectable: float | None
    """The least true difference that as many references show with a power of 80 %; None below two."""


def sign_flip(differences: Sequence[float], *, seed: int = 0, draws: int = DRAWS) -> float:
    """Two-sided p-value of a mean of zero: exact where ``draws`` cover all 2^n signs, else (b + 1)/(draws + 1).

    Raises ValueError without a difference.
    """
    values = np.asarray(differences, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"a sign-flip test takes the differences of at least one reference, got shape {values.shape}")
    exact = 2**values.size <= draws
    signs = _all_signs(values.size) if exact else _drawn_signs(values.size, draws, seed)
    observed = abs(float(values.sum()))
    extreme = int(np.sum(np.abs(signs @ values) >= observed * (1 - _NOISE)))
    return extreme / len(signs) if exact else (extreme + 1) / (draws + 1)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p-values: max_{j ≤ i} min(1, (m − j + 1) p_(j)) in ascending order (Holm 1979), as they were given."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return tuple(adjusted)


def minimum_detectable_effect(differences: Sequence[float], *, power: float = POWER) -> float | None:
    """(z_{1−α/2} + z_{power}) · s/√n with the standard deviation s of paired differences; None below two."""
    values = np.asarray(differences, dtype=np.float64)
    if values.size < 2:
        return None
    normal = NormalDist()
    width = normal.inv_cdf((1 + LEVEL) / 2) + normal.inv_cdf(power)
    return float(width * values.std(ddof=1) / np.sqrt(values.size))


def family(metric: str, differences: dict[str, Sequence[float]]) -> tuple[Evidence, ...]:
    """The tests of a metric: methods' differences from the anchor by reference, corrected together."""
    p_values = {name: sign_flip(values) for name, values in differences.items() if len(values) >= LEAST}
    adjusted = dict(zip(p_values, holm(tuple(p_values.values())), strict=True))
    return tuple(
        Evidence(name, metric, len(values), p_values.get(name), adjusted.get(name), minimum_detectable_effect(values))
        for name, values in differences.items()
    )


@functools.lru_cache(maxsize=16)
def _all_signs(count: int) -> NDArray[np.float64]:
    places = np.arange(2**count)[:, None] >> np.arange(count)
    return (1 - 2 * (places & 1)).astype(np.float64)


@functools.lru_cache(maxsize=16)
def _drawn_signs(count: int, draws: int, seed: int) -> NDArray[np.float64]:
    return (1 - 2 * np.random.default_rng(seed).integers(0, 2, size=(draws, count))).astype(np.float64)
