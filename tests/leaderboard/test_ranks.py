"""Places: by hand, in ties, and on references that not all methods have."""

from __future__ import annotations

import numpy as np
import pytest

from motionbench.leaderboard.ranks import places


def scores(**methods: np.ndarray) -> dict[str, dict[str, float]]:
    return {name: {f"r{n:02d}": float(value) for n, value in enumerate(values)} for name, values in methods.items()}


BASE = np.random.default_rng(0).normal(0.0, 1.0, 20)


def test_a_method_above_on_every_reference_is_first_for_sure() -> None:
    first, second, third = places("mf", scores(low=BASE, high=BASE + 2, middle=BASE + 1), "higher")
    assert [place.method for place in (first, second, third)] == ["high", "middle", "low"]
    assert [(place.rank, place.low, place.high, place.first) for place in (first, third)] == [
        (1, 1, 1, 1.0),
        (3, 3, 3, 0.0),
    ]
    assert [place.group for place in (first, second, third)] == [1, 2, 3]


def test_where_lower_is_better_the_order_turns() -> None:
    up = places("error", scores(a=BASE, b=BASE + 1), "higher")
    down = places("error", scores(a=BASE, b=BASE + 1), "lower")
    assert [place.method for place in up] == [place.method for place in down][::-1] == ["b", "a"]


def test_equal_methods_share_rank_group_and_the_chance_of_being_first() -> None:
    found = places("mf", scores(a=BASE, b=BASE, c=BASE - 5), "higher")
    assert [(place.rank, place.group) for place in found] == [(1, 1), (1, 1), (3, 2)]
    assert [place.first for place in found] == [0.5, 0.5, 0.0]


def test_noise_joins_methods_into_a_group_and_widens_their_ranks() -> None:
    generator = np.random.default_rng(3)
    noisy = {name: BASE + generator.normal(0.0, 1.0, 20) for name in "abc"}
    found = places("mf", scores(**noisy, far=BASE - 9), "higher")
    assert [place.group for place in found] == [1, 1, 1, 2]
    assert all(place.low < place.high for place in found[:2])
    assert sum(place.first for place in found) == pytest.approx(1.0, rel=0, abs=1e-12)


def test_only_shared_references_count() -> None:
    held = scores(a=BASE, b=BASE + 1)
    held["a"]["r99"] = 1e9
    assert {place.references for place in places("mf", held, "higher")} == {20}
    assert places("mf", held, "higher")[0].method == "b"


def test_a_single_method_or_reference_has_no_place() -> None:
    assert places("mf", scores(a=BASE), "higher") == ()
    assert places("mf", {"a": {"r": 1.0}, "b": {"r": 2.0}}, "higher") == ()
    assert places("mf", {}, "higher") == ()
