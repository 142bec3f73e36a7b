"""How sure a ranking is: rank intervals, the probability of being first, and groups that the data do not separate.

All methods are compared over the same references, resampled together as for the intervals of means, so that what a
reference does to all of them cancels (Goldstein & Spiegelhalter, "League Tables and Their Limitations", JRSS A 159,
1996, section 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from motionbench.leaderboard import statistics
from motionbench.leaderboard.statistics import DRAWS, LEVEL

_NOISE = 1e-12
"""Relative difference below which two means of the same numbers are one."""


@dataclass(frozen=True)
class Place:
    """Where one method stands among those compared on one metric."""

    method: str
    metric: str
    rank: int
    """1 is best; equal means share the better one."""
    low: int
    high: int
    """Best and worst rank of the 95 % interval."""
    first: float
    """Share of resamples in which it is best; k methods that tie for it count 1/k each."""
    group: int
    """1, 2, …: methods of one group are not separated from its best."""
    references: int


def places(
    metric: str,
    scores: Mapping[str, Mapping[str, float]],
    better: Literal["higher", "lower"],
    *,
    seed: int = 0,
    draws: int = DRAWS,
) -> tuple[Place, ...]:
    """Places of methods with scores by reference, best first; compared over the references that all have.

    () where fewer than two methods or references can be compared.
    """
    shared = sorted(set.intersection(*(set(one) for one in scores.values()))) if scores else []
    if len(scores) < 2 or len(shared) < 2:
        return ()
    names = sorted(scores)
    sign = 1.0 if better == "lower" else -1.0
    values = sign * np.array([[scores[name][reference] for reference in shared] for name in names])
    drawn = _ranks(values @ statistics.resampling_weights(len(shared), draws, seed).T)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=1, method="inverted_cdf")
    first = np.mean((drawn == 1) / np.sum(drawn == 1, axis=0), axis=1)
    means = values.mean(axis=1)
    ranks = _ranks(means[:, None])[:, 0]
    order = sorted(range(len(names)), key=lambda place: (ranks[place], names[place]))
    groups = _groups(values[order])
    return tuple(
        Place(names[n], metric, int(ranks[n]), int(low[n]), int(high[n]), float(first[n]), group, len(shared))
        for n, group in zip(order, groups, strict=True)
    )


def _ranks(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """``[methods, draws]``: 1 + the number of methods with a lower value."""
    noise = _NOISE * float(np.abs(values).max(initial=0.0))
    return np.array([1 + np.sum(values < one - noise, axis=0) for one in values])


def _groups(values: NDArray[np.float64]) -> list[int]:
    """From best to worst: a group is begun by the first method whose interval from the group's best excludes 0."""
    groups, best = [1], values[0]
    for one in values[1:]:
        found = statistics.interval({str(n): float(value) for n, value in enumerate(one - best)})
        separated = found is not None and found.low is not None and found.low > 0
        if separated:
            best = one
        groups.append(groups[-1] + separated)
    return groups
