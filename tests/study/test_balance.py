"""Who meets whom, where, and on which side."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motionbench.study import balance
from motionbench.study.drawing import Wishes, showings
from motionbench.study.records import Showing, Slot

NAMES = tuple("abcdefgh")


def slots_of(clips: int, prompts: int) -> list[Slot]:
    return [Slot(f"c{clip}-{prompt}", 0, f"r{clip}") for clip in range(clips) for prompt in range(prompts)]


def spread(counts: Counter[object], expected: int) -> int:
    """Largest count less the least, of so many things."""
    values = [*counts.values(), *[0] * (expected - len(counts))]
    return max(values) - min(values)


shapes = {
    "count": st.integers(2, 8),
    "clips": st.integers(1, 9),
    "prompts": st.integers(1, 3),
    "asked": st.integers(1, 120),
    "seed": st.integers(0, 5),
}


@settings(max_examples=60, deadline=None)
@given(**shapes)
def test_pairs_meet_equally_often_in_slots_used_equally_often_and_never_twice_in_one(
    count: int, clips: int, prompts: int, asked: int, seed: int
) -> None:
    slots = slots_of(clips, prompts)
    met = balance.meetings(NAMES[:count], slots, asked, np.random.default_rng(seed))
    pairs = count * (count - 1) // 2
    assert len(met) >= min(asked, pairs * len(slots))
    assert len(met) < asked + pairs
    assert spread(Counter((one.first, one.second) for one in met), pairs) == 0
    assert spread(Counter(one.slot for one in met), len(slots)) <= 1
    assert max(Counter((one.first, one.second, one.slot) for one in met).values()) == 1


@settings(max_examples=60, deadline=None)
@given(**shapes)
def test_each_method_is_on_the_left_as_often_as_on_the_right_to_within_one(
    count: int, clips: int, prompts: int, asked: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    met = balance.meetings(NAMES[:count], slots_of(clips, prompts), asked, generator)
    left: Counter[str] = Counter()
    by_pair: Counter[tuple[str, str]] = Counter()
    for one, first_left in zip(met, balance.sides(NAMES[:count], met, generator), strict=True):
        left[one.first] += 1 if first_left else -1
        left[one.second] -= 1 if first_left else -1
        by_pair[one.first, one.second] += 1 if first_left else -1
    rounds = len(met) // (count * (count - 1) // 2)
    # An odd number of meetings cannot be halved.
    assert max(map(abs, left.values())) == ((count - 1) * rounds) % 2
    assert max(map(abs, by_pair.values())) == rounds % 2


@settings(max_examples=30, deadline=None)
@given(raters=st.integers(1, 9), repeats=st.integers(0, 8), seed=st.integers(0, 3), count=st.integers(2, 5))
def test_raters_see_the_same_pairs_and_half_of_them_see_a_pair_the_other_way(
    raters: int, repeats: int, seed: int, count: int
) -> None:
    wishes = Wishes(("motion", "prompt"), pairs=12, raters=raters, attention=0, repeats=repeats)
    rows = showings(wishes, NAMES[:count], slots_of(6, 2), (), np.random.default_rng(seed))
    assert len(rows) == raters
    pairs = [{(one.question, one.slot, one.pair) for one in row if one.role == "pair"} for row in rows]
    assert all(one == pairs[0] for one in pairs)
    ids = [one.id for row in rows for one in row]
    assert len(set(ids)) == len(ids)
    turns: Counter[object] = Counter()
    for row in rows:
        for one in row:
            if one.role == "pair":
                turns[one.question, one.slot, one.pair] += 1 if one.a < one.b else -1
    assert max(map(abs, turns.values())) == raters % 2


def test_a_repeat_is_a_pair_of_the_same_rater_with_its_sides_swapped_and_far_from_it() -> None:
    wishes = Wishes(pairs=30, raters=4, attention=0, repeats=5)
    for row in showings(wishes, NAMES[:4], slots_of(5, 2), (), np.random.default_rng(1)):
        again = [number for number, one in enumerate(row) if one.role == "repeat"]
        assert len(again) == 5
        for number in again:
            first = _pair_of(row, row[number])
            assert (row[first].a, row[first].b) == (row[number].b, row[number].a)
            assert abs(first - number) >= 10


def _pair_of(row: tuple[Showing, ...], repeat: Showing) -> int:
    return next(
        number
        for number, one in enumerate(row)
        if one.role == "pair" and (one.slot, one.pair) == (repeat.slot, repeat.pair)
    )


def test_questions_come_in_blocks_whose_order_changes() -> None:
    wishes = Wishes(("motion", "prompt", "quality"), pairs=6, raters=6, attention=0, repeats=3)
    rows = showings(wishes, NAMES[:3], slots_of(2, 1), (), np.random.default_rng(0))
    orders = [list(dict.fromkeys(one.question for one in row)) for row in rows]
    assert orders[0] == orders[1] == ["motion", "prompt", "quality"]
    assert orders[2] == ["prompt", "quality", "motion"]
    for row in rows:
        changes = sum(one.question != following.question for one, following in itertools.pairwise(row))
        assert changes == 2


def test_the_same_seed_draws_the_same_study_and_another_one_another() -> None:
    def drawn(seed: int) -> object:
        return showings(Wishes(), NAMES[:3], slots_of(8, 1), (), np.random.default_rng(seed))

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_one_method_or_no_slot_is_no_study() -> None:
    with pytest.raises(ValueError, match="two methods or more in one slot or more, got 1, 1"):
        balance.meetings(("a",), slots_of(1, 1), 5, np.random.default_rng(0))
    with pytest.raises(ValueError, match="got 2, 0"):
        balance.meetings(("a", "b"), [], 5, np.random.default_rng(0))
