"""Intervals by the cluster bootstrap: reference videos are resampled, since cases of one reference are not independent.

Seeds are averaged within a case, cases within a reference, references within a category or over all. Intervals are
95 % percentile intervals of 10,000 seeded draws (Efron & Tibshirani, "An Introduction to the Bootstrap", chapter 13).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 10_000
LEVEL = 0.95


@dataclass(frozen=True)
class Observation:
    """One value of one generation."""

    reference: str
    case: str
    value: float


@dataclass(frozen=True)
class Interval:
    """A mean over references and its interval, None below two references."""

    mean: float
    low: float | None
    high: float | None
    references: int


def by_reference(observations: Iterable[Observation]) -> dict[str, float]:
    """Mean over cases of the mean over seeds, for each reference, in alphabetical order."""
    cases: dict[str, dict[str, list[float]]] = {}
    for one in observations:
        cases.setdefault(one.reference, {}).setdefault(one.case, []).append(one.value)
    return {name: mean(mean(values) for values in cases[name].values()) for name in sorted(cases)}


def interval(references: Mapping[str, float], *, seed: int = 0, draws: int = DRAWS) -> Interval | None:
    """Mean and percentile interval over references; None where there is none."""
    values = np.array(list(references.values()), dtype=np.float64)
    if values.size == 0:
        return None
    if values.size == 1:
        return Interval(float(values[0]), None, None, 1)
    means = resampling_weights(values.size, draws, seed) @ values
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(values.mean()), float(low), float(high), values.size)


def paired(first: Mapping[str, float], second: Mapping[str, float], *, seed: int = 0) -> Interval | None:
    """Interval of ``first − second`` over the references that both have."""
    shared = sorted(first.keys() & second.keys())
    return interval({name: first[name] - second[name] for name in shared}, seed=seed)


@functools.lru_cache(maxsize=64)
def resampling_weights(count: int, draws: int, seed: int) -> NDArray[np.float64]:
    """``[draws, count]``: the share of each value in each resample; rows sum to 1."""
    generator = np.random.default_rng(seed)
    picks = generator.integers(0, count, size=(draws, count))
    flat = picks + count * np.arange(draws)[:, None]
    counts = np.bincount(flat.ravel(), minlength=draws * count)
    return counts.reshape(draws, count) / count


def mean(values: Iterable[float]) -> float:
    """The plain mean of at least one value."""
    return float(np.mean(list(values)))
