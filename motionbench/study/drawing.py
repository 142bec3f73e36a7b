"""Draws what each rater sees: screens in blocks by question, pairs balanced, attention items and repeats among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from motionbench.store.keys import digest_of
from motionbench.study import balance
from motionbench.study.balance import Meeting
from motionbench.study.checks import Check
from motionbench.study.records import Question, Role, Showing, Side, Slot

CONSENT = (
    "Taking part is voluntary, and you may stop at any time by closing this page. Only your answers, the seconds they "
    "took and your rater number are kept: in this browser, until you save them and send the file yourself."
)


@dataclass(frozen=True)
class Wishes:
    """What is asked for."""

    questions: tuple[Question, ...] = ("motion",)
    pairs: int = 40
    """Pairs of videos a question, at least; every two methods meet equally often."""
    raters: int = 12
    attention: int = 6
    """Attention items a rater."""
    repeats: int = 4
    """Pairs that a rater sees again, sides swapped."""
    seed: int = 0
    size: int = 320
    """Longer side of a frame at most, pixels."""
    private: bool = False
    """Whether clips may be shown that must not be passed on."""
    consent: str = CONSENT


def showings(
    wishes: Wishes,
    labels: Sequence[str],
    slots: Sequence[Slot],
    tests: Sequence[Check],
    generator: np.random.Generator,
) -> tuple[tuple[Showing, ...], ...]:
    """One row a rater; the second of two sees every pair and attention item of the first on the other side."""
    met = {question: balance.meetings(labels, slots, wishes.pairs, generator) for question in wishes.questions}
    drawing = _Drawing(wishes, labels, met, tests, generator)
    return tuple(row for _ in range(0, wishes.raters, 2) for row in drawing.two())[: wishes.raters]


class _Drawing:
    """What raters see, two of them at a time."""

    def __init__(
        self,
        wishes: Wishes,
        labels: Sequence[str],
        met: Mapping[Question, Sequence[Meeting]],
        tests: Sequence[Check],
        generator: np.random.Generator,
    ) -> None:
        self._wishes, self._labels, self._met, self._generator = wishes, labels, met, generator
        self._tests = list(enumerate(tests))
        self._ids = self._twos = 0

    def two(self) -> tuple[tuple[Showing, ...], tuple[Showing, ...]]:
        """Each with an order of its own; the questions' order changes from two to two."""
        sides = {question: balance.sides(self._labels, met, self._generator) for question, met in self._met.items()}
        start = int(self._generator.integers(2))
        turn = self._twos % len(self._wishes.questions)
        self._twos += 1
        questions = self._wishes.questions[turn:] + self._wishes.questions[:turn]
        first, second = (
            tuple(one for question in questions for one in self._block(question, sides[question], start, turned))
            for turned in (False, True)
        )
        return first, second

    def _block(self, question: Question, sides: Sequence[bool], start: int, turned: bool) -> list[Showing]:
        met = self._met[question]
        pairs = [
            self._showing(question, one.slot, (one.first, one.second), left != turned)
            for one, left in zip(met, sides, strict=True)
        ]
        again = self._generator.permutation(len(met))[: self._repeats(question)]
        repeats = [
            (int(n), self._showing(question, met[n].slot, (pairs[n].b, pairs[n].a), True, "repeat")) for n in again
        ]
        tests = [
            self._attention(test, (number // len(self._met) + start + turned) % 2 == 0)
            for number, test in self._tests
            if test.question == question
        ]
        return balance.order(pairs, repeats, tests, self._generator)

    def _repeats(self, question: Question) -> int:
        """The repeats of a rater, dealt to the questions in turn."""
        place, count = self._wishes.questions.index(question), len(self._wishes.questions)
        return len(range(place, self._wishes.repeats, count))

    def _attention(self, test: Check, left: bool) -> Showing:
        slot = Slot(test.entry.id, 0, test.entry.reference_id)
        right: Side = "a" if left else "b"
        return self._showing(test.question, slot, ("reference", test.control), left, "attention", right)

    def _showing(
        self,
        question: Question,
        slot: Slot,
        names: tuple[str, str],
        left: bool,
        role: Role = "pair",
        right: Side = "",
    ) -> Showing:
        a, b = names if left else names[::-1]
        self._ids += 1
        identity = digest_of(["showing", self._wishes.seed, self._ids])[:16]
        return Showing(identity, question, role, slot, a, b, right)
