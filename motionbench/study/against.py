"""Whether a metric ranks methods as people do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motionbench.errors import UsageError
from motionbench.leaderboard.statistics import Observation, by_reference
from motionbench.spelling import suggest
from motionbench.store import Configuration, MetricLine, Row
from motionbench.study.records import Slot
from motionbench.study.strengths import Draws, Fit, Floats, Tally, bounds
from motionbench.study.votes import Vote

FEWEST_METHODS = 3


@dataclass(frozen=True, eq=False)
class Values:
    """A metric's scores by method and slot."""

    metric: MetricLine
    scores: Mapping[tuple[str, Slot], float]

    @property
    def sign(self) -> int:
        """−1 where lower is better."""
        return -1 if self.metric.better == "lower" else 1


@dataclass(frozen=True)
class Correlation:
    """Kendall's τ_b of a metric's means and the strengths, and how often it sides with a vote."""

    metric: str
    tau: float | None = None
    low: float | None = None
    high: float | None = None
    methods: int = 0
    clips: int = 0
    with_votes: int = 0
    """Votes for the video that the metric scores better."""
    of_votes: int = 0
    """Votes for either video of two that the metric tells apart."""
    reason: str = ""
    """Why there is no τ."""


def values(configuration: Configuration, rows: Iterable[Row], name: str) -> Values:
    """A column of a run; raises UsageError where it has none of that name or the metric has no better side."""
    known = {line.name: line for line in configuration.metrics}
    if name not in known:
        raise UsageError(f"the run {configuration.plan_id} has no metric {name!r}; {suggest(name, known)}")
    if known[name].better == "none":
        raise UsageError(f"--against {name}: the metric has no better side, so it ranks nothing")
    scores = {
        (row.method, Slot(row.case, row.seed, row.reference)): row.value
        for row in rows
        if row.metric == name and row.value is not None
    }
    return Values(known[name], scores)


def correlation(found: Values, cast: Iterable[Vote], counted: Tally, fit: Fit, draws: Draws | None) -> Correlation:
    """Means are over the slots that raters saw: seeds in cases, cases in clips, clips; τ's draws are those of θ."""
    listed = list(cast)
    agreeing, decided = _votes(found, listed)
    counts = Correlation(found.metric.name, with_votes=agreeing, of_votes=decided)
    if len(fit.methods) < FEWEST_METHODS:
        return _without(counts, f"{len(fit.methods)} methods are ranked, τ takes {FEWEST_METHODS}")
    clips, means = _means(found, {vote.showing.slot for vote in listed}, fit.methods)
    if not clips:
        return _without(counts, "no clip has a score of every method")
    tau = float(kendall(_rounded(fit.values)[None], np.round(means.mean(axis=0), 12)[None])[0])
    if np.isnan(tau):
        return _without(counts, "all methods tie")
    low, high = _interval(means, [counted.clips.index(clip) for clip in clips], draws)
    return Correlation(found.metric.name, tau, low, high, len(fit.methods), len(clips), agreeing, decided)


def kendall(first: Floats, second: Floats) -> Floats:
    """τ_b of each row of ``[B, k]`` with the same row of the other; NaN where a row is one tie.

    τ_b = Σ sgn(xᵢ − xⱼ) sgn(yᵢ − yⱼ) / √(n_x n_y), n the number of pairs that are no ties (Kendall, "The treatment of
    ties in ranking problems", Biometrika 33, 1945).
    """
    x, y = _signs(first), _signs(second)
    scale = np.sqrt(np.abs(x).sum(axis=1) * np.abs(y).sum(axis=1))
    with np.errstate(invalid="ignore"):
        return np.asarray((x * y).sum(axis=1) / scale)


def _signs(rows: Floats) -> NDArray[np.float64]:
    above = np.triu_indices(rows.shape[1], 1)
    return np.sign(rows[:, above[0]] - rows[:, above[1]])


def _rounded(strengths: Floats) -> Floats:
    """To what the fit's stopping rule leaves certain, so that equal votes are a tie."""
    return np.asarray(np.round(strengths, 6))


def _interval(means: Floats, places: list[int], draws: Draws | None) -> tuple[float | None, float | None]:
    if draws is None:
        return None, None
    weights = draws.clips[:, places]
    drawn = weights.sum(axis=1) > 0
    averages = weights[drawn] @ means / weights[drawn].sum(axis=1, keepdims=True)
    taus = kendall(_rounded(draws.strengths[drawn]), np.round(averages, 12))
    return bounds(taus[np.isfinite(taus)])


def _means(found: Values, slots: set[Slot], methods: tuple[str, ...]) -> tuple[list[str], Floats]:
    """Clips, and ``[C, k]``: the mean of each method on each, the better the higher."""
    by_method = []
    for method in methods:
        seen = [(slot, found.scores[method, slot]) for slot in slots if (method, slot) in found.scores]
        by_method.append(by_reference(Observation(slot.reference, slot.case, score) for slot, score in seen))
    clips = sorted(set.intersection(*(set(means) for means in by_method)))
    return clips, found.sign * np.array([[means[clip] for means in by_method] for clip in clips])


def _votes(found: Values, cast: Iterable[Vote]) -> tuple[int, int]:
    agreeing = decided = 0
    for vote in cast:
        a, b = (found.scores.get((name, vote.showing.slot)) for name in (vote.showing.a, vote.showing.b))
        if not vote.winner or a is None or b is None or a == b:
            continue
        decided += 1
        agreeing += vote.winner == (vote.showing.a if found.sign * (a - b) > 0 else vote.showing.b)
    return agreeing, decided


def _without(counts: Correlation, reason: str) -> Correlation:
    return Correlation(counts.metric, with_votes=counts.with_votes, of_votes=counts.of_votes, reason=reason)
