"""Votes: answers joined with the key, and the raters whose votes count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from motionbench.study.answers import Choice, Sheet
from motionbench.study.records import Key, Showing


@dataclass(frozen=True)
class Vote:
    """One answer of one rater, and what it was an answer to."""

    rater: int
    showing: Showing
    choice: Choice
    seconds: float

    @property
    def winner(self) -> str:
        """The method that was preferred; "" for a tie or a skip."""
        return {"a": self.showing.a, "b": self.showing.b}.get(self.choice, "")


@dataclass(frozen=True)
class Attendance:
    """How a rater did on the attention items."""

    rater: int
    right: int
    asked: int
    kept: bool


def votes(key: Key, sheets: Iterable[Sheet]) -> tuple[Vote, ...]:
    """All of them, skips included."""
    return tuple(
        Vote(sheet.rater, showing, answer.choice, answer.seconds)
        for sheet in sheets
        for showing in key.raters[sheet.rater - 1]
        if (answer := sheet.answers[showing.id])
    )


def attendance(key: Key, cast: Sequence[Vote]) -> tuple[Attendance, ...]:
    """A rater is kept where at least ``key.pass_share`` of the attention items are right; ties and skips are wrong."""
    found = []
    for rater in sorted({vote.rater for vote in cast}):
        known = [vote for vote in cast if vote.rater == rater and vote.showing.role == "attention"]
        right = sum(vote.choice == vote.showing.right for vote in known)
        found.append(Attendance(rater, right, len(known), right >= key.pass_share * len(known)))
    return tuple(found)
