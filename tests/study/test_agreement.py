"""Agreement between raters and with themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import krippendorff
import numpy as np
import pytest

from motionbench.study import agreement
from motionbench.study.records import Key, Role, Showing, Slot
from motionbench.study.votes import Vote, votes


def vote(rater: int, case: str, a: str, b: str, choice: Any, role: Role = "pair") -> Vote:
    return Vote(rater, Showing("0" * 16, "motion", role, Slot(case, 0, case), a, b), choice, 1.0)


def test_raters_who_agree_have_an_alpha_of_one_whatever_sides_they_saw() -> None:
    cast = [vote(1, "c0", "x", "y", "a"), vote(2, "c0", "y", "x", "b"), vote(1, "c1", "x", "y", "b")]
    assert agreement.alpha([*cast, vote(2, "c1", "x", "y", "b")]) == 1


def test_raters_who_all_prefer_one_method_everywhere_agree() -> None:
    cast = [vote(rater, f"c{case}", "x", "y", "a") for rater in range(3) for case in range(4)]
    assert agreement.alpha(cast) == 1


def test_raters_who_toss_coins_have_an_alpha_near_zero() -> None:
    generator = np.random.default_rng(0)
    cast = [vote(r, f"c{c}", "x", "y", generator.choice(["a", "b", "tie"])) for r in range(6) for c in range(200)]
    assert agreement.alpha(cast) == pytest.approx(0, abs=0.05)


def test_alpha_equals_the_example_worked_by_hand() -> None:
    # Pairs: (x, x), (x, y), (y, tie); each in both orders: coincidences in a unit of two values count once each way.
    cast = [vote(1, "c0", "x", "y", "a"), vote(2, "c0", "x", "y", "a")]
    cast += [vote(1, "c1", "x", "y", "a"), vote(2, "c1", "x", "y", "b")]
    cast += [vote(1, "c2", "x", "y", "b"), vote(2, "c2", "x", "y", "tie")]
    # Of 12 values 8 disagree, so D_o = 8/12. There are 5, 5 and 2 of the three: D_e = (12² − 25 − 25 − 4)/(12 · 11).
    assert agreement.alpha(cast) == pytest.approx(1 - (8 / 12) / (90 / 132), abs=1e-12)


def test_alpha_does_not_depend_on_names_and_equals_the_package_on_both_orders() -> None:
    generator = np.random.default_rng(1)
    choices = generator.choice(["a", "b", "tie"], (3, 30), p=(0.6, 0.3, 0.1))
    one = [vote(r, f"c{c}", "x", "y", choices[r, c]) for r in range(3) for c in range(30)]
    other = [vote(r, f"c{c}", "x", "a", choices[r, c]) for r in range(3) for c in range(30)]
    values = np.array([[{"a": 0, "b": 1, "tie": 2}[choice] for choice in row] for row in choices])
    turned = np.where(values < 2, 1 - values, values)
    expected = krippendorff.alpha(np.hstack([values, turned]).astype(float), level_of_measurement="nominal")
    assert agreement.alpha(one) == pytest.approx(expected, abs=1e-12)
    assert agreement.alpha(other) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("cast", "reason"),
    [
        ([vote(1, "c0", "x", "y", "a")], "no pair was judged by two raters"),
        ([vote(1, "c0", "x", "y", "tie"), vote(2, "c0", "x", "y", "tie")], "every answer is a tie"),
        ([], "no pair was judged by two raters"),
    ],
)
def test_nothing_to_compare_is_a_reason(cast: list[Vote], reason: str) -> None:
    assert agreement.alpha(cast) == reason


def test_the_share_of_left_leaves_ties_out_and_has_the_exact_interval() -> None:
    cast = [vote(1, f"c{n}", "x", "y", "a") for n in range(8)] + [vote(1, "c8", "x", "y", "b")] * 2
    found = agreement.left([*cast, vote(1, "c9", "x", "y", "tie")])
    assert found is not None
    assert (found.hits, found.of, found.share) == (8, 10, 0.8)
    # Clopper and Pearson's table for 8 of 10.
    assert (found.low, found.high) == pytest.approx((0.4439, 0.9748), abs=1e-4)
    assert agreement.left([]) is None


def test_a_repeat_agrees_where_the_method_is_the_same_not_the_side() -> None:
    cast = [
        *(vote(1, "c0", "x", "y", "a"), vote(1, "c0", "y", "x", "b", "repeat")),
        *(vote(1, "c1", "x", "y", "a"), vote(1, "c1", "y", "x", "a", "repeat")),
        *(vote(1, "c2", "x", "y", "tie"), vote(1, "c2", "y", "x", "tie", "repeat")),
        *(vote(1, "c3", "x", "y", "a"), vote(1, "c3", "y", "x", "skip", "repeat")),
        *(vote(1, "c4", "x", "y", "a"), vote(2, "c4", "y", "x", "b", "repeat")),
    ]
    found = agreement.repeated(cast)
    assert found is not None
    assert (found.hits, found.of) == (2, 3)


def test_raters_who_always_press_left_are_seen(make_key: Callable[..., Key], answer: Callable[..., Any]) -> None:
    key = make_key()
    cast = [one for one in votes(key, answer(key, lambda showing, generator: "a")) if one.showing.role != "attention"]
    left, again = agreement.left(cast), agreement.repeated(cast)
    assert left is not None
    assert again is not None
    assert (left.share, again.share) == (1, 0)
    assert agreement.raters_a_pair([one for one in cast if one.showing.role == "pair"]) == (6, 6)
