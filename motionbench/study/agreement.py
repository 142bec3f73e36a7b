"""How far raters agree with each other and with themselves, and whether a side is favoured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from motionbench.study.records import Showing, Slot
from motionbench.study.votes import Vote

_VALUES = {"a": 0, "b": 1, "tie": 2}


@dataclass(frozen=True)
class Rate:
    """A share, with the exact interval of a binomial (Clopper & Pearson, Biometrika 26, 1934), 95 %."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """In [0, 1]."""
        return self.hits / self.of


def rate(hits: int, of: int) -> Rate | None:
    """None of nothing."""
    from scipy.stats import binomtest

    if of == 0:
        return None
    interval = binomtest(hits, of).proportion_ci(method="exact")
    return Rate(hits, of, float(interval.low), float(interval.high))


def alpha(cast: Sequence[Vote]) -> float | str:
    """Krippendorff's α = 1 − D_o/D_e of nominal values, or the reason why there is none.

    A unit is a pair of methods in a slot, its values the first method, the second, or a tie. Which of two methods is
    the first is a matter of their names, so every unit counts in both orders: α does not change with the names, and
    raters who all prefer one method everywhere agree, where otherwise they would leave nothing to disagree about.
    Source: Krippendorff, "Content Analysis", chapter on reliability; computed by the package of that name.
    """
    import krippendorff

    units = list(_units(cast).values())
    if not any(sum(unit) > 1 for unit in units):
        return "no pair was judged by two raters"
    counts = np.array([*units, *([second, first, tie] for first, second, tie in units)])
    counts = counts[counts.sum(axis=1) > 1]
    if np.count_nonzero(counts.sum(axis=0)) < 2:
        return "every answer is a tie"
    return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))


def left(cast: Iterable[Vote]) -> Rate | None:
    """How often the left video was preferred, of votes that are no ties; 0.5 is no bias, as sides are balanced."""
    decided = [vote.choice for vote in cast if vote.choice in ("a", "b")]
    return rate(decided.count("a"), len(decided))


def repeated(cast: Iterable[Vote]) -> Rate | None:
    """How often a rater said the same of a pair shown again with its sides swapped; skips are left out."""
    said: dict[tuple[int, object], dict[str, str]] = {}
    for vote in cast:
        if vote.choice != "skip":
            said.setdefault((vote.rater, _unit(vote.showing)), {})[vote.showing.role] = vote.winner
    both = [one for one in said.values() if {"pair", "repeat"} <= one.keys()]
    return rate(sum(one["pair"] == one["repeat"] for one in both), len(both))


def raters_a_pair(cast: Sequence[Vote]) -> tuple[int, int]:
    """The fewest and the most raters that judged one pair of videos."""
    counts = [sum(unit) for unit in _units(cast).values()]
    return (min(counts), max(counts)) if counts else (0, 0)


def _units(cast: Iterable[Vote]) -> dict[object, list[int]]:
    """Votes for the first name, for the second, ties, of each pair of videos."""
    found: dict[object, list[int]] = {}
    for vote in cast:
        turned = vote.choice in ("a", "b") and vote.showing.a > vote.showing.b
        value = _VALUES[vote.choice]
        found.setdefault(_unit(vote.showing), [0, 0, 0])[1 - value if turned else value] += 1
    return found


def _unit(showing: Showing) -> tuple[Slot, tuple[str, str]]:
    return showing.slot, showing.pair
