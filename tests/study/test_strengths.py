"""Bradley–Terry strengths and their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from motionbench.study import strengths
from motionbench.study.records import Key, Showing, Slot
from motionbench.study.votes import Vote, votes

TRUE = {"ours[rate=0.5]": 1.0, "theirs": 0.5, "baseline": -0.3, "control": -1.2}


def vote(a: str, b: str, choice: Any, rater: int = 1, clip: str = "r0") -> Vote:
    return Vote(rater, Showing("0" * 16, "motion", "pair", Slot("c", 0, clip), a, b), choice, 1.0)


def said(cast: Sequence[Vote]) -> list[Vote]:
    return [one for one in cast if one.showing.role == "pair" and one.choice != "skip"]


def test_two_methods_have_the_corrected_log_odds() -> None:
    cast = [*[vote("x", "y", "a")] * 7, *[vote("y", "x", "a")] * 2, vote("x", "y", "tie")]
    fit = strengths.fit(strengths.tally(("x", "y"), cast))
    # 7½ wins against 2½, half a win more on each side.
    assert fit.values[0] - fit.values[1] == pytest.approx(math.log(8 / 3), abs=1e-6)
    assert fit.values.sum() == pytest.approx(0, abs=1e-12)


def test_strengths_solve_the_likelihood_equations() -> None:
    generator = np.random.default_rng(0)
    cast = [
        vote(*generator.choice(["x", "y", "z"], 2, replace=False), generator.choice(["a", "b", "tie"]))
        for _ in range(60)
    ]
    counted = strengths.tally(("x", "y", "z"), cast)
    theta = strengths.fit(counted).values
    wins = counted.total + 0.25 * (1 - np.eye(3))
    expected = (wins + wins.T) / (1 + np.exp(theta[None] - theta[:, None]))
    np.testing.assert_allclose(wins.sum(axis=1), expected.sum(axis=1), rtol=0, atol=1e-6)


def test_simulated_raters_give_their_strengths_back(
    make_key: Callable[..., Key], answer: Callable[..., Any], judge_of: Callable[..., Any]
) -> None:
    key = make_key(clips=16, raters=40, pairs=96)
    cast = said(votes(key, answer(key, judge_of(TRUE, ties=0.0))))
    counted = strengths.tally(key.labels, cast)
    fit = strengths.fit(counted)
    # 1920 votes a method: a standard error of about 0.05.
    np.testing.assert_allclose(fit.values, [TRUE[name] for name in fit.methods], rtol=0, atol=0.25)
    draws = strengths.resampled(counted, fit, seed=0, draws=300)
    assert not isinstance(draws, str)
    for column, name in enumerate(fit.methods):
        low, high = strengths.bounds(draws.strengths[:, column])
        assert low < TRUE[name] < high
        assert high - low < 0.6


def test_names_and_their_order_change_nothing() -> None:
    cast = [vote("x", "y", "a"), vote("y", "z", "b"), vote("z", "x", "tie"), vote("x", "y", "b")]
    forward = strengths.fit(strengths.tally(("x", "y", "z"), cast))
    backward = strengths.fit(strengths.tally(("z", "y", "x"), cast))
    np.testing.assert_allclose(forward.values, backward.values[::-1], rtol=0, atol=1e-6)


def test_a_method_that_wins_always_has_a_finite_strength() -> None:
    fit = strengths.fit(strengths.tally(("x", "y"), [vote("x", "y", "a")] * 9))
    assert fit.values[0] - fit.values[1] == pytest.approx(math.log(9.5 / 0.5), abs=1e-6)


def test_methods_that_votes_do_not_connect_are_apart() -> None:
    cast = [vote("x", "y", "a"), vote("y", "z", "a"), vote("u", "v", "b")]
    fit = strengths.fit(strengths.tally(("u", "v", "x", "y", "z", "w"), cast))
    assert fit.methods == ("x", "y", "z")
    assert fit.apart == ("u", "v", "w")
    nobody = strengths.fit(strengths.tally(("x", "y"), []))
    assert (nobody.methods, nobody.apart) == ((), ("x", "y"))


@pytest.mark.parametrize(
    ("raters", "clips", "reason"), [(2, 4, "fewer than 3 raters"), (4, 1, "fewer than 2 clips"), (4, 4, "")]
)
def test_few_raters_or_clips_give_no_interval(raters: int, clips: int, reason: str) -> None:
    cast = [
        vote("x", "y", "a" if (rater + clip) % 3 else "b", rater, f"r{clip}")
        for rater in range(raters)
        for clip in range(clips)
    ]
    counted = strengths.tally(("x", "y"), cast)
    draws = strengths.resampled(counted, strengths.fit(counted), seed=0, draws=50)
    assert (draws if isinstance(draws, str) else "") == reason


def test_draws_of_raters_who_agree_on_clips_that_agree_do_not_spread() -> None:
    cast = [vote("x", "y", choice, rater, f"r{clip}") for rater in range(3) for clip in range(3) for choice in "aab"]
    counted = strengths.tally(("x", "y"), cast)
    fit = strengths.fit(counted)
    draws = strengths.resampled(counted, fit, seed=0, draws=200)
    assert not isinstance(draws, str)
    # Whatever is drawn, three raters and three clips give 27 votes, 18 of them for x.
    np.testing.assert_allclose(draws.strengths, np.tile(fit.values, (200, 1)), rtol=0, atol=1e-6)


def test_the_interval_covers_the_truth_as_often_as_it_says(
    make_key: Callable[..., Key], answer: Callable[..., Any], judge_of: Callable[..., Any]
) -> None:
    key = make_key(methods=("x", "y"), clips=20, raters=10, pairs=20, repeats=0)
    inside = 0
    for seed in range(60):
        counted = strengths.tally(key.labels, said(votes(key, answer(key, judge_of({"x": 0.4, "y": -0.4}), seed))))
        draws = strengths.resampled(counted, strengths.fit(counted), seed, draws=150)
        assert not isinstance(draws, str)
        low, high = strengths.bounds(draws.strengths[:, 0])
        # Ties pull a preference of 0.69 to 0.671.
        inside += low < math.log(0.671 / 0.329) / 2 < high
    # Drawing raters and clips together is conservative where neither differs.
    assert inside >= 55
