"""What the scores of a table allow to conclude: tests against the anchor, places, where scores vary.

Methods are compared on what they share: tests pair case and seed with the anchor, places use the cases and seeds that
all of them have. Controls bound metrics and take no place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from motionbench.leaderboard import ranks, significance, statistics, variance
from motionbench.leaderboard.columns import Columns, differences
from motionbench.leaderboard.ranks import Place
from motionbench.leaderboard.significance import Evidence
from motionbench.leaderboard.statistics import Observation
from motionbench.leaderboard.variance import Shares
from motionbench.store import MetricLine


@dataclass(frozen=True)
class Subset:
    """What competing methods are compared on, in one metric and category."""

    metric: str
    category: str
    pairs: int
    """Cases and seeds of which all have a value."""
    complete: bool
    """Whether these are all that any of them has."""
    means: tuple[tuple[str, float], ...]
    """Of each method over them."""


@dataclass(frozen=True)
class Inference:
    """Of one table."""

    evidence: tuple[Evidence, ...] = ()
    places: tuple[Place, ...] = ()
    shares: tuple[Shares, ...] = ()
    subsets: tuple[Subset, ...] = ()

    def subset(self, metric: str, category: str) -> Subset:
        """Raises StopIteration where there is none."""
        return next(one for one in self.subsets if (one.metric, one.category) == (metric, category))


NOTHING = Inference()


def conclude(columns: Columns, metrics: Sequence[MetricLine], methods: Sequence[str], anchor: str) -> Inference:
    """``methods`` are those that compete: every one but the controls."""
    directed = [metric for metric in metrics if metric.better != "none"]
    return Inference(
        evidence=tuple(one for metric in directed for one in _evidence(columns, metric, methods, anchor)),
        places=tuple(place for metric in directed for place in _places(columns, metric, methods)),
        shares=tuple(found for metric in metrics if (found := _shares(columns, metric.name, methods))),
        subsets=tuple(
            _subset(columns, metric.name, category, methods) for metric in metrics for category in columns.categories
        ),
    )


def _evidence(columns: Columns, metric: MetricLine, methods: Iterable[str], anchor: str) -> tuple[Evidence, ...]:
    theirs = columns.get(anchor, metric.name)
    found = {method: differences(columns.get(method, metric.name), theirs) for method in methods}
    return significance.family(metric.name, {method: tuple(one.values()) for method, one in found.items() if one})


def _places(columns: Columns, metric: MetricLine, methods: Sequence[str]) -> tuple[Place, ...]:
    if metric.better == "none":
        return ()
    pairs = columns.common(methods, metric.name)
    scores = {method: columns.get(method, metric.name).restricted(pairs) for method in methods}
    return ranks.places(metric.name, {method: one for method, one in scores.items() if one}, metric.better)


def _shares(columns: Columns, metric: str, methods: Iterable[str]) -> Shares | None:
    rows = [columns.get(method, metric).valued.values() for method in methods]
    values = [[Observation(row.reference, row.case, row.value or 0.0) for row in own] for own in rows]
    return variance.shares(metric, map(variance.components, values))


def _subset(columns: Columns, metric: str, category: str, methods: Sequence[str]) -> Subset:
    pairs = columns.common(methods, metric, category)
    own = {method: columns.get(method, metric, category) for method in methods}
    scores = {method: column.restricted(pairs) for method, column in own.items()}
    return Subset(
        metric,
        category,
        len(pairs),
        all(len(column.valued) in (0, len(pairs)) for column in own.values()),
        tuple((method, statistics.mean(one.values())) for method, one in scores.items() if one),
    )
