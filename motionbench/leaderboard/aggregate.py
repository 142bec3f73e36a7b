"""From rows of scores to standings: means with intervals, never without their n."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from motionbench.leaderboard import columns as grouping
from motionbench.leaderboard import comparable, inference, statistics
from motionbench.leaderboard.columns import By, Columns, differences
from motionbench.leaderboard.costs import Cost, costs
from motionbench.leaderboard.inference import NOTHING, Inference
from motionbench.leaderboard.statistics import Interval
from motionbench.store import CaseLine, Configuration, MethodLine, Rejection, Row
from motionbench.types import Standing

ALL = grouping.ALL
ANCHOR = "backbone"
"""The control that methods are compared with."""


@dataclass(frozen=True)
class Contrast:
    """A method's paired difference from the anchor."""

    method: str
    metric: str
    category: str
    difference: Interval


@dataclass(frozen=True)
class Failure:
    """Rows without a value that share their reason."""

    status: str
    reason: str
    methods: tuple[str, ...]
    metrics: tuple[str, ...]
    cases: tuple[str, ...]


@dataclass(frozen=True)
class Omission:
    """A control that applies to no case."""

    method: str
    reason: str


@dataclass(frozen=True)
class Truncation:
    """Prompts of a metric that its encoder read only the beginning of."""

    metric: str
    cases: tuple[str, ...]
    tokens: int
    """The most that one of them lost."""


@dataclass(frozen=True)
class Board:
    """All that a table shows."""

    configuration: Configuration
    methods: tuple[MethodLine, ...]
    """Ranked by the first headline metric, controls last."""
    standings: tuple[Standing, ...]
    contrasts: tuple[Contrast, ...]
    failures: tuple[Failure, ...]
    omissions: tuple[Omission, ...]
    costs: Mapping[str, Cost]
    """By method; controls are absent."""
    unfinished: int
    """Scores that were asked for and have neither a value nor a reason yet."""
    rejections: tuple[Rejection, ...] = ()
    """Metrics of the table that the self-check did not admit."""
    truncations: tuple[Truncation, ...] = ()
    inference: Inference = NOTHING
    by: By = "category"
    """What the standings' categories are: those of the suite, or seeds, or prompts."""
    common: bool = False
    """Whether means are over the common subset."""

    @property
    def groups(self) -> tuple[str, ...]:
        """What the board groups by: categories unless told."""
        return grouping.group_names(self.configuration, self.by)

    @property
    def categories(self) -> tuple[str, ...]:
        """Those that the suite has, in their fixed order."""
        return grouping.group_names(self.configuration, "category")

    def total(self, category: str) -> int:
        """Cases of a category, of another group, or all."""
        return len(self.cases_of(category))

    def cases_of(self, category: str) -> tuple[CaseLine, ...]:
        """Those of a category, of another group, or all."""
        cases = self.configuration.cases
        if category == ALL or self.by == "seed":
            return cases
        if self.by == "prompt":
            return tuple(case for case in cases if category == grouping.prompt_of(case.id))
        return tuple(case for case in cases if category == case.category)

    @property
    def references(self) -> int:
        """How many reference videos the cases have."""
        return len({case.reference for case in self.configuration.cases})

    def standing(self, method: str, metric: str, category: str = ALL) -> Standing:
        """The standing of a method; raises KeyError where the board has none."""
        found = self._by_name.get((method, metric, category))
        if found is None:
            raise KeyError(f"the board has no standing of {method} in {metric}, {category}")
        return found

    @functools.cached_property
    def _by_name(self) -> dict[tuple[str, str, str], Standing]:
        return {(one.method, one.metric, one.category): one for one in self.standings}


def board(
    configuration: Configuration,
    rows: Sequence[Row],
    rejections: Sequence[Rejection] = (),
    *,
    by: By = "category",
    common: bool = False,
) -> Board:
    """Aggregate the rows of a configuration; raises NotComparableError where they were not made alike.

    ``common`` takes all means over the cases and seeds of which every method and control that has values has one.
    """
    comparable.check(rows)
    omissions = _omissions(configuration, rows)
    left_out = {omission.method for omission in omissions}
    rows = [row for row in rows if row.method not in left_out]
    methods = [line for line in configuration.methods if line.label not in left_out]
    labels, metrics = [line.label for line in methods], [metric.name for metric in configuration.metrics]
    compared = grouping.on_common(rows, labels, metrics) if common else rows
    columns = Columns(compared, grouping.group_names(configuration, by), by)
    standings = _standings(configuration, columns, methods)
    competing = [line.label for line in methods if not line.control]
    asked = len(methods) * len(configuration.metrics) * len(configuration.cases) * len(configuration.seeds)
    return Board(
        configuration=configuration,
        methods=_ranked(configuration, methods, standings),
        standings=tuple(standings),
        contrasts=tuple(_contrasts(configuration, columns, competing)),
        failures=tuple(_failures(rows)),
        omissions=tuple(omissions),
        costs=costs(rows, methods),
        unfinished=max(0, asked - len(rows)),
        rejections=_of_the_table(configuration, rejections),
        truncations=tuple(_truncations(rows)),
        inference=inference.conclude(columns, configuration.metrics, competing, ANCHOR),
        by=by,
        common=common,
    )


def _of_the_table(configuration: Configuration, rejections: Sequence[Rejection]) -> tuple[Rejection, ...]:
    """A check of another version says nothing of this one."""
    used = {(metric.name, metric.version) for metric in configuration.metrics}
    return tuple(rejection for rejection in rejections if (rejection.metric, rejection.version) in used)


def _standings(configuration: Configuration, columns: Columns, methods: Sequence[MethodLine]) -> list[Standing]:
    places = [
        (method, metric.name, category)
        for method in methods
        for metric in configuration.metrics
        for category in columns.categories
    ]
    own = [columns.get(method.label, metric, category) for method, metric, category in places]
    found = statistics.intervals([column.references for column in own])
    return [
        Standing(
            method=method.label,
            metric=metric,
            category=category,
            mean=one.mean if one else None,
            low=one.low if one else None,
            high=one.high if one else None,
            n=column.cases[0],
            n_failed=column.cases[1],
            control=method.control,
        )
        for (method, metric, category), column, one in zip(places, own, found, strict=True)
    ]


def _contrasts(configuration: Configuration, columns: Columns, methods: Sequence[str]) -> Iterable[Contrast]:
    places = [
        (method, metric.name, category)
        for method in methods
        for metric in configuration.metrics
        for category in columns.categories
    ]
    found = statistics.intervals(
        [differences(columns.get(*place), columns.get(ANCHOR, *place[1:])) for place in places]
    )
    return [Contrast(*place, one) for place, one in zip(places, found, strict=True) if one is not None]


def _ranked(
    configuration: Configuration, methods: Sequence[MethodLine], standings: Sequence[Standing]
) -> tuple[MethodLine, ...]:
    leading = next((m for m in configuration.metrics if m.status == "headline"), None)
    leading = leading or next(iter(configuration.metrics), None)
    sign = 0.0 if leading is None or leading.better == "none" else (1.0 if leading.better == "lower" else -1.0)
    name = leading.name if leading else ""
    means = {s.method: s.mean for s in standings if s.metric == name and s.category == ALL}

    def order(line: MethodLine) -> tuple[bool, bool, float, str]:
        mean = means.get(line.label)
        return line.control, mean is None, sign * (mean or 0.0), line.label

    return tuple(sorted(methods, key=order))


def _omissions(configuration: Configuration, rows: Sequence[Row]) -> list[Omission]:
    omitted = []
    for method in (line for line in configuration.methods if line.control):
        own = [row for row in rows if row.method == method.label]
        if own and all(row.status == "declined" for row in own):
            omitted.append(Omission(method.label, own[0].reason))
    return omitted


def _failures(rows: Sequence[Row]) -> list[Failure]:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.value is None:
            groups.setdefault((row.status, row.reason), []).append(row)
    return [
        Failure(*key, *(_distinct(getattr(row, field) for row in group) for field in ("method", "metric", "case")))
        for key, group in sorted(groups.items())
    ]


def _truncations(rows: Sequence[Row]) -> Iterable[Truncation]:
    for metric in _distinct(row.metric for row in rows if row.truncated_tokens):
        cut = [row for row in rows if row.metric == metric and row.truncated_tokens]
        yield Truncation(metric, _distinct(row.case for row in cut), max(row.truncated_tokens for row in cut))


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
