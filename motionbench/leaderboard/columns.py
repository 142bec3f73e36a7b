"""Rows by method and metric: found once, so that a hundred thousand are ranked in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Literal

from motionbench.leaderboard import statistics
from motionbench.leaderboard.statistics import Observation
from motionbench.store import Configuration, Row
from motionbench.types import CATEGORIES

ALL = "all"
"""The category of overall standings."""
By = Literal["category", "seed", "prompt"]
"""What rows are grouped by: their category, their seed, or which of its reference's prompts they have."""

Pair = tuple[str, int]
"""A case and a seed: what is compared between methods."""


class Column:
    """The rows of one method and one metric, in one category or in all."""

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        self.rows = rows
        self.valued = {(row.case, row.seed): row for row in rows if row.value is not None}
        self.references = self._means(self.valued.values())
        """The mean of each reference, in alphabetical order."""

    @property
    def cases(self) -> tuple[int, int]:
        """How many have a value, how many have none."""
        valued = {case for case, _ in self.valued}
        return len(valued), len({row.case for row in self.rows} - valued)

    def restricted(self, pairs: AbstractSet[Pair]) -> dict[str, float]:
        """The mean of each reference over these cases and seeds alone."""
        if pairs >= self.valued.keys():
            return self.references
        return self._means(row for pair, row in self.valued.items() if pair in pairs)

    @staticmethod
    def _means(rows: Iterable[Row]) -> dict[str, float]:
        observations = (Observation(row.reference, row.case, row.value) for row in rows if row.value is not None)
        return statistics.by_reference(observations)


class Columns:
    """All columns of a table."""

    def __init__(self, rows: Iterable[Row], categories: Sequence[str], by: By = "category") -> None:
        groups: dict[tuple[str, str, str], list[Row]] = {}
        named = _GROUPS[by]
        for row in rows:
            for category in (ALL, named(row)):
                groups.setdefault((row.method, row.metric, category), []).append(row)
        self._columns = {key: Column(group) for key, group in groups.items()}
        self._empty = Column()
        self.categories = (ALL, *categories)

    def get(self, method: str, metric: str, category: str = ALL) -> Column:
        """A column, without rows where there are none."""
        return self._columns.get((method, metric, category), self._empty)

    def common(self, methods: Iterable[str], metric: str, category: str = ALL) -> frozenset[Pair]:
        """Cases and seeds of which all of these methods have a value, among those that have any."""
        found = [self.get(method, metric, category).valued.keys() for method in methods]
        kept = [pairs for pairs in found if pairs]
        return frozenset(set.intersection(*map(set, kept))) if kept else frozenset()


def on_common(rows: Sequence[Row], methods: Sequence[str], metrics: Iterable[str]) -> list[Row]:
    """Without the values of cases and seeds that another of these methods lacks, metric by metric."""
    columns = Columns(rows, ())
    pairs = {metric: columns.common(methods, metric) for metric in metrics}
    return [row for row in rows if row.value is None or (row.case, row.seed) in pairs.get(row.metric, frozenset())]


def differences(ours: Column, theirs: Column) -> dict[str, float]:
    """Paired on case and seed, by reference: a generation counts only where both have a value."""
    shared = ours.valued.keys() & theirs.valued.keys()
    return statistics.differences(ours.restricted(shared), theirs.restricted(shared))


def group_names(configuration: Configuration, by: By) -> tuple[str, ...]:
    """The groups of a table's cases: categories and prompts in a fixed order, seeds as asked for."""
    if by == "category":
        present = {case.category for case in configuration.cases}
        return tuple(category for category in CATEGORIES if category in present)
    if by == "seed":
        return tuple(_seed(seed) for seed in configuration.seeds)
    return tuple(sorted({prompt_of(case.id) for case in configuration.cases}))


def prompt_of(case: str) -> str:
    """``p2`` of the case ``pan-1--p2``; the whole id where it names no prompt."""
    return case.rpartition("--")[2]


def _seed(seed: int) -> str:
    return f"seed {seed}"


_GROUPS: Mapping[By, Callable[[Row], str]] = {
    "category": lambda row: row.category,
    "seed": lambda row: _seed(row.seed),
    "prompt": lambda row: prompt_of(row.case),
}
