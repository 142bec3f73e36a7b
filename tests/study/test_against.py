"""Metrics against people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from motionbench.errors import UsageError
from motionbench.store import MetricLine
from motionbench.study import against, strengths
from motionbench.study.against import Correlation, Values
from motionbench.study.records import Key
from motionbench.study.votes import Vote, votes

TRUE = {"ours[rate=0.5]": 2.0, "theirs": 0.7, "baseline": -0.7, "control": -2.0}


def metric(better: Any = "higher") -> MetricLine:
    return MetricLine("m", "1", "", better, "headline", 2)


@pytest.fixture
def cast(make_key: Callable[..., Key], answer: Callable[..., Any], judge_of: Callable[..., Any]) -> list[Vote]:
    key = make_key(raters=10, pairs=48)
    return [one for one in votes(key, answer(key, judge_of(TRUE))) if one.showing.role == "pair"]


def found(cast: list[Vote], sign: float = 1.0, better: Any = "higher", without: str = "", same: bool = False) -> Any:
    scores = {
        (name, slot): 0.0 if same else sign * TRUE[name]
        for name in TRUE
        for slot in {vote.showing.slot for vote in cast}
        if name != without
    }
    counted = strengths.tally(tuple(TRUE), cast)
    fit = strengths.fit(counted)
    draws = strengths.resampled(counted, fit, 0, draws=200)
    return against.correlation(Values(metric(better), scores), cast, counted, fit, draws)


def test_a_metric_that_ranks_as_people_do_has_a_tau_of_one(cast: list[Vote]) -> None:
    assert (found(cast).tau, found(cast).methods, found(cast).clips) == (1, 4, 8)
    assert (found(cast).low, found(cast).high) == pytest.approx((1, 1), abs=0.35)
    assert found(cast, sign=-1).tau == -1
    assert found(cast, sign=-1, better="lower").tau == 1


def test_it_is_told_how_often_the_metric_sides_with_a_vote(cast: list[Vote]) -> None:
    decided = sum(bool(vote.winner) for vote in cast)
    right, wrong = found(cast), found(cast, sign=-1)
    assert right.of_votes == wrong.of_votes == decided
    assert right.with_votes + wrong.with_votes == decided
    assert right.with_votes > 0.7 * decided


def test_tau_equals_scipy_on_ties_and_orders() -> None:
    generator = np.random.default_rng(0)
    first, second = generator.integers(0, 4, (2, 50, 6)).astype(float)
    expected = [stats.kendalltau(x, y).statistic for x, y in zip(first, second, strict=True)]
    np.testing.assert_allclose(against.kendall(first, second), expected, rtol=0, atol=1e-12)
    assert np.isnan(against.kendall(np.ones((1, 4)), first[:1, :4]))


@pytest.mark.parametrize(
    ("settings", "reason"),
    [({"without": "theirs"}, "no clip has a score of every method"), ({"same": True}, "all methods tie")],
)
def test_no_tau_has_a_reason(cast: list[Vote], settings: Any, reason: str) -> None:
    one = found(cast, **settings)
    assert (one.tau, one.reason) == (None, reason)


def test_methods_of_equal_votes_are_a_tie(cast: list[Vote]) -> None:
    turned = [replace(vote, showing=replace(vote.showing, a=vote.showing.b, b=vote.showing.a)) for vote in cast]
    assert found([*cast, *turned]).reason == "all methods tie"


def test_two_methods_have_no_tau(cast: list[Vote]) -> None:
    few = [vote for vote in cast if vote.showing.pair == ("baseline", "theirs")]
    one: Correlation = found(few)
    assert (one.tau, one.reason) == (None, "2 methods are ranked, τ takes 3")


def test_a_metric_without_a_better_side_ranks_nothing() -> None:
    class Run:
        plan_id = "p"
        metrics = (metric("none"),)

    with pytest.raises(UsageError, match="--against m: the metric has no better side"):
        against.values(Run(), [], "m")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="the run p has no metric 'n'; known: m"):
        against.values(Run(), [], "n")  # type: ignore[arg-type]
