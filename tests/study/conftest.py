"""Studies of noise, and pretended raters."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from motionbench.study.answers import Answer, Choice, Sheet
from motionbench.study.drawing import CONSENT, Wishes, showings
from motionbench.study.records import Entrant, Key, Question, Showing, Slot

METHODS = ("ours[rate=0.5]", "theirs", "baseline", "control")
Judge = Callable[[Showing, np.random.Generator], Choice]


@pytest.fixture(scope="session")
def make_key() -> Callable[..., Key]:
    """A key without videos."""
    return _key


@pytest.fixture(scope="session")
def answer() -> Callable[..., tuple[Sheet, ...]]:
    """What raters with some judgement answer; attention items right."""
    return _answer


@pytest.fixture(scope="session")
def judge_of() -> Callable[..., Judge]:
    """A judge who prefers by strengths."""
    return _judge_of


def _key(
    methods: tuple[str, ...] = METHODS,
    clips: int = 8,
    raters: int = 6,
    pairs: int = 24,
    repeats: int = 4,
    questions: tuple[Question, ...] = ("motion",),
    seed: int = 0,
) -> Key:
    slots = [Slot(f"c{n}", 0, f"r{n}") for n in range(clips)]
    wishes = Wishes(questions, pairs=pairs, raters=raters, attention=0, repeats=repeats)
    shown = showings(wishes, methods, slots, (), np.random.default_rng(seed))
    checks = tuple((*row, *_checks(number, questions[0])) for number, row in enumerate(shown))
    entrants = tuple(Entrant(name, name == "control") for name in methods)
    return Key("0123456789ab", "noise", "b", seed, questions, entrants, 0.8, CONSENT, checks)


def _checks(rater: int, question: Question) -> tuple[Showing, ...]:
    slot = Slot("c0", 0, "r0")
    return tuple(
        Showing(f"{16 * rater + n:08x}{'f' * 8}", question, "attention", slot, "reference", "frozen", "a")
        for n in range(5)
    )


def _judge_of(strengths: Mapping[str, float], ties: float = 0.1) -> Judge:
    def judge(showing: Showing, generator: np.random.Generator) -> Choice:
        if generator.random() < ties:
            return "tie"
        odds = strengths[showing.a] - strengths[showing.b]
        return "a" if generator.random() < 1 / (1 + np.exp(-odds)) else "b"

    return judge


def _answer(key: Key, judge: Judge, seed: int = 0, wrong: tuple[int, ...] = ()) -> tuple[Sheet, ...]:
    generator = np.random.default_rng(seed)
    return tuple(
        Sheet(
            rater,
            {
                one.id: Answer(_known(rater, wrong) if one.role == "attention" else judge(one, generator), 2.0)
                for one in shown
            },
        )
        for rater, shown in enumerate(key.raters, start=1)
    )


def _known(rater: int, wrong: tuple[int, ...]) -> Choice:
    return "tie" if rater in wrong else "a"
