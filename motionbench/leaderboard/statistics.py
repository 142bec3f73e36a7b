"""Intervals by the cluster bootstrap: reference videos are resampled, since cases of one reference are not independent.

Seeds are averaged within a case, cases within a reference, references within a category or over all: the hierarchy is
in the averages, and whole references are drawn. Drawing cases and seeds inside a drawn reference as well would count
their spread twice, as the references' means hold it already (Davison & Hinkley, "Bootstrap Methods and their
Application", section 3.8). 10,000 seeded draws, 95 %; the kinds of intervals:

- ``percentile``: the quantiles α/2 and 1 − α/2 of the draws (Efron & Tibshirani, "An Introduction to the Bootstrap",
  chapter 13).
- ``bca``: the same quantiles moved by bias z₀ and acceleration a (there, section 14.3).
- ``expanded``: Φ(∓√(n/(n−1)) t_{n−1}), which gives a mean of few references the width of Student's interval
  (Hesterberg, "What Teachers Should Know About the Bootstrap", The American Statistician 69, 2015). What tables, plots
  and gates show.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

DRAWS = 10_000
LEVEL = 0.95
Kind = Literal["percentile", "bca", "expanded"]

_NORMAL = NormalDist()
_AT_ONCE = 256
"""Columns whose draws are held in memory together."""


class Observation(NamedTuple):
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
    for reference, case, value in observations:
        cases.setdefault(reference, {}).setdefault(case, []).append(value)
    return {name: mean(mean(values) for values in cases[name].values()) for name in sorted(cases)}


def interval(
    references: Mapping[str, float], *, seed: int = 0, draws: int = DRAWS, kind: Kind = "expanded"
) -> Interval | None:
    """Mean and interval over references; None where there is none."""
    return intervals([references], seed=seed, draws=draws, kind=kind)[0]


def intervals(
    columns: Sequence[Mapping[str, float]], *, seed: int = 0, draws: int = DRAWS, kind: Kind = "expanded"
) -> list[Interval | None]:
    """The interval of each column; columns of one length share their draws, so that thousands take a second."""
    found: list[Interval | None] = [None] * len(columns)
    for size in sorted({len(column) for column in columns} - {0}):
        places = [place for place, column in enumerate(columns) if len(column) == size]
        for start in range(0, len(places), _AT_ONCE):
            block = places[start : start + _AT_ONCE]
            values = np.array([list(columns[place].values()) for place in block], dtype=np.float64)
            for place, one in zip(block, _of_one_size(values, seed, draws, kind), strict=True):
                found[place] = one
    return found


def paired(
    first: Mapping[str, float], second: Mapping[str, float], *, seed: int = 0, kind: Kind = "expanded"
) -> Interval | None:
    """Interval of ``first − second`` over the references that both have."""
    return interval(differences(first, second), seed=seed, kind=kind)


def differences(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    """``first − second`` for each reference that both have, in alphabetical order."""
    return {name: first[name] - second[name] for name in sorted(first.keys() & second.keys())}


@functools.lru_cache(maxsize=64)
def resampling_weights(count: int, draws: int, seed: int) -> NDArray[np.float64]:
    """``[draws, count]``: the share of each value in each resample; rows sum to 1."""
    generator = np.random.default_rng(seed)
    picks = generator.integers(0, count, size=(draws, count))
    flat = picks + count * np.arange(draws)[:, None]
    counts = np.bincount(flat.ravel(), minlength=draws * count)
    return counts.reshape(draws, count) / count


def mean(values: Iterable[float]) -> float:
    """The plain mean of at least one value, whatever their order."""
    listed = list(values)
    return math.fsum(listed) / len(listed)


def _of_one_size(values: NDArray[np.float64], seed: int, draws: int, kind: Kind) -> list[Interval]:
    """``values`` is ``[columns, references]``."""
    size = values.shape[1]
    centres = [float(centre) for centre in values.mean(axis=1)]
    if size == 1:
        return [Interval(centre, None, None, 1) for centre in centres]
    means = values @ resampling_weights(size, draws, seed).T
    if kind == "bca":
        ends = np.array([np.quantile(m, _bca_levels(v, m)) for v, m in zip(values, means, strict=True)]).T
    else:
        ends = np.quantile(means, _levels(size, kind), axis=1)
    return [Interval(c, float(low), float(high), size) for c, low, high in zip(centres, *ends, strict=True)]


def _levels(size: int, kind: Kind) -> tuple[float, float]:
    tail = (1 - LEVEL) / 2
    if kind == "expanded":
        from scipy.special import stdtrit

        tail = _NORMAL.cdf(math.sqrt(size / (size - 1)) * float(stdtrit(size - 1, tail)))
    return tail, 1 - tail


def _bca_levels(values: NDArray[np.float64], means: NDArray[np.float64]) -> tuple[float, float]:
    """Where the ends of the BCa interval of a mean lie among its draws.

    α₁ = Φ(z₀ + (z₀ + z)/(1 − a(z₀ + z))) with z = Φ⁻¹(α/2), z₀ = Φ⁻¹ of the share of draws below the mean, and
    a = Σd³/(6(Σd²)^{3/2}); for a mean, the jackknife's d are the deviations of the values.
    """
    deviations = values - values.mean()
    spread = float(np.sum(deviations**2))
    below = float(np.mean(means < values.mean()) + np.mean(means <= values.mean())) / 2
    if spread == 0 or not 0 < below < 1:
        return _levels(len(values), "percentile")
    bias = _NORMAL.inv_cdf(below)
    acceleration = float(np.sum(deviations**3)) / (6 * spread**1.5)
    low, high = (bias + _NORMAL.inv_cdf(tail) for tail in _levels(len(values), "percentile"))
    return _NORMAL.cdf(bias + low / (1 - acceleration * low)), _NORMAL.cdf(bias + high / (1 - acceleration * high))
