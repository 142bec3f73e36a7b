"""How a board is shown: the choices that every format shares, and how they are spelled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

from motionbench.errors import UsageError
from motionbench.leaderboard.columns import By

Part = Literal["overall", "differences", "ranks", "groups", "cost"]
PARTS: tuple[Part, ...] = get_args(Part)
_FLAGS = ("half_width", "calibrated", "common", "quoted")


@dataclass(frozen=True)
class View:
    """Of a table; the defaults are what ``motionbench table`` prints."""

    by: By = "category"
    """What the tables of groups are by."""
    half_width: bool = False
    """``± h`` in place of ``[low, high]``, with h half the interval's length."""
    calibrated: bool = False
    """Scores between the controls that bound them: 0 is the floor, 1 the ceiling. Compares the common subset."""
    common: bool = False
    """Means over the cases and seeds of which every method has a value, metric by metric."""
    quoted: bool = False
    """Also the papers' own numbers, apart."""
    metrics: tuple[str, ...] = ()
    """Only these columns; () for all."""
    parts: tuple[Part, ...] = ()
    """Only these tables; () for all."""

    @property
    def on_common(self) -> bool:
        """Whether means are over the common subset."""
        return self.common or self.calibrated

    def shows(self, part: Part) -> bool:
        """Whether a part was asked for."""
        return not self.parts or part in self.parts

    def words(self) -> tuple[str, ...]:
        """As options of ``motionbench table``; () for the defaults."""
        named: list[str] = ["--by", self.by] if self.by != "category" else []
        named += [word for name in self.metrics for word in ("--metric", name)]
        named += [word for part in self.parts for word in ("--part", part)]
        return (*named, *(_flag(name) for name in _FLAGS if getattr(self, name)))


def view_from(words: Sequence[str]) -> View:
    """The inverse of ``View.words``; raises UsageError for a word that it cannot have written."""
    view, rest = View(), iter(words)
    for word in rest:
        view = _with(view, word, rest)
    return view


def _with(view: View, word: str, rest: Iterator[str]) -> View:
    flags = {_flag(name): name for name in _FLAGS}
    if word in flags:
        changed: dict[str, Any] = {flags[word]: True}
        return replace(view, **changed)
    value = next(rest, "")
    if word == "--by" and value in get_args(By):
        return replace(view, by=cast(By, value))
    if word == "--metric" and value:
        return replace(view, metrics=(*view.metrics, value))
    if word == "--part" and value in PARTS:
        return replace(view, parts=(*view.parts, value))
    raise UsageError(f"the table's header has an option that this MotionBench does not know: {word} {value}".rstrip())


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
