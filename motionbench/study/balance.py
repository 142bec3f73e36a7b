"""Which videos meet, on which side and in which order: balanced first, random otherwise.

Every pair of methods meets equally often. With S slots (a case and a seed) and P pairs of methods, the n-th comparison
is of pair n mod P in the slot (n + ⌊n / lcm(P, S)⌋) mod S: slots are used equally often to within one, and no pair
meets twice in a slot before it has met in all.

Sides are those of a tournament: methods stand on a circle, and of two the one that needs fewer steps clockwise to reach
the other is on the left; rounds alternate. Each method is on the left as often as on the right to within one. Raters
come in twos that see every pair on opposite sides.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from motionbench.study.records import Slot

T = TypeVar("T")


@dataclass(frozen=True)
class Meeting:
    """Two methods in one slot; which of them is on the left is another matter."""

    slot: Slot
    first: str
    second: str
    round: int
    """How often these two have met before."""


def meetings(
    methods: Sequence[str], slots: Sequence[Slot], asked: int, generator: np.random.Generator
) -> tuple[Meeting, ...]:
    """At least ``asked`` of them where there are so many: the next multiple of the number of pairs of methods.

    Raises ValueError below two methods or one slot.
    """
    if len(methods) < 2 or not slots:
        raise ValueError(f"a study compares two methods or more in one slot or more, got {len(methods)}, {len(slots)}")
    pairs = _shuffled(list(itertools.combinations(methods, 2)), generator)
    ordered = _spread(slots, generator)
    rounds = max(1, min(math.ceil(asked / len(pairs)), len(ordered)))
    period = math.lcm(len(pairs), len(ordered))
    return tuple(
        Meeting(ordered[(n + n // period) % len(ordered)], *pairs[n % len(pairs)], n // len(pairs))
        for n in range(rounds * len(pairs))
    )


def sides(methods: Sequence[str], met: Sequence[Meeting], generator: np.random.Generator) -> tuple[bool, ...]:
    """For each meeting, whether its first method is on the left; another rater of the two sees the opposite."""
    circle = {name: place for place, name in enumerate(_shuffled(methods, generator))}
    start = int(generator.integers(2))
    return tuple(
        _ahead(circle[one.first], circle[one.second], len(circle)) != bool((one.round + start) % 2) for one in met
    )


def order(
    pairs: Sequence[T], repeats: Sequence[tuple[int, T]], checks: Sequence[T], generator: np.random.Generator
) -> list[T]:
    """Pairs in random order; checks spread evenly among them; repeats, each of a pair's number, far from that pair.

    A repeat stands half the pairs away from its pair, or as far as it goes.
    """
    shown = [pairs[int(number)] for number in generator.permutation(len(pairs))]
    for number, repeat in repeats:
        place = shown.index(pairs[number])
        far = (place + len(shown) // 2) % len(shown)
        shown.insert(far + (far >= place), repeat)
    gap = len(shown) / max(1, len(checks))
    for number, check in reversed(list(enumerate(_shuffled(checks, generator)))):
        shown.insert(min(len(shown), int(number * gap + generator.integers(max(1, int(gap))))), check)
    return shown


def _ahead(first: int, second: int, count: int) -> bool:
    """Whether the way clockwise from the first to the second is the shorter; of opposite ones the lower place leads."""
    steps = (second - first) % count
    return 2 * steps < count or (2 * steps == count and first < second)


def _spread(slots: Sequence[Slot], generator: np.random.Generator) -> list[Slot]:
    """In random order, but no clip a second time before every clip had its turn."""
    turns: dict[str, int] = {}
    ranked = []
    for slot in _shuffled(slots, generator):
        turns[slot.reference] = turns.get(slot.reference, -1) + 1
        ranked.append((turns[slot.reference], slot))
    return [slot for _, slot in sorted(ranked, key=lambda pair: pair[0])]


def _shuffled(values: Sequence[T], generator: np.random.Generator) -> list[T]:
    return [values[int(number)] for number in generator.permutation(len(values))]
