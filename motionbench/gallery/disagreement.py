"""How far apart metrics place the same video."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scipy import stats

from motionbench.store import MetricLine, Row

Slot = tuple[str, str, int]
"""Method, case and seed."""


@dataclass(frozen=True)
class Disagreement:
    """The two metrics that differ most about a video."""

    spread: float
    """In [0, 1]."""
    best: str
    """The metric that places it highest."""
    worst: str


def disagreements(rows: Iterable[Row], metrics: Sequence[MetricLine]) -> dict[Slot, Disagreement]:
    """max − min over metrics of a video's place p = (r − ½)/n, r its rank (ties share) among the metric's n values.

    1 is the better end; metrics without a better side, or of fewer than two values, take no part. A video needs two
    metrics.
    """
    listed = list(rows)
    places: dict[Slot, dict[str, float]] = {}
    for metric in metrics:
        for slot, place in _places(listed, metric).items():
            places.setdefault(slot, {})[metric.name] = place
    return {slot: _widest(found) for slot, found in places.items() if len(found) > 1}


def _places(rows: Sequence[Row], metric: MetricLine) -> Mapping[Slot, float]:
    values = {
        (row.method, row.case, row.seed): row.value
        for row in rows
        if row.metric == metric.name and row.value is not None
    }
    if metric.better == "none" or len(values) < 2:
        return {}
    sign = 1 if metric.better == "higher" else -1
    ranks = stats.rankdata([sign * value for value in values.values()])
    return {slot: (float(rank) - 0.5) / len(values) for slot, rank in zip(values, ranks, strict=True)}


def _widest(places: Mapping[str, float]) -> Disagreement:
    best, worst = max(places, key=places.__getitem__), min(places, key=places.__getitem__)
    return Disagreement(places[best] - places[worst], best, worst)
