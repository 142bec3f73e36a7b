"""From rows of scores to standings: means with intervals, never without their n."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from motionbench.leaderboard import comparable, statistics
from motionbench.leaderboard.costs import Cost, costs
from motionbench.leaderboard.statistics import Interval, Observation
from motionbench.store import Configuration, MethodLine, Rejection, Row
from motionbench.types import CATEGORIES, Standing

ALL = "all"
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

    @property
    def categories(self) -> tuple[str, ...]:
        """Those that the suite has, in their fixed order."""
        present = {case.category for case in self.configuration.cases}
        return tuple(category for category in CATEGORIES if category in present)

    def total(self, category: str) -> int:
        """Cases of a category, or all."""
        return sum(category in (ALL, case.category) for case in self.configuration.cases)

    @property
    def references(self) -> int:
        """How many reference videos the cases have."""
        return len({case.reference for case in self.configuration.cases})

    def standing(self, method: str, metric: str, category: str = ALL) -> Standing:
        """The standing of a method; raises StopIteration where the board has none."""
        return next(s for s in self.standings if (s.method, s.metric, s.category) == (method, metric, category))


def board(configuration: Configuration, rows: Sequence[Row], rejections: Sequence[Rejection] = ()) -> Board:
    """Aggregate the rows of a configuration; raises NotComparableError where they were not made alike."""
    comparable.check(rows)
    omissions = _omissions(configuration, rows)
    left_out = {omission.method for omission in omissions}
    rows = [row for row in rows if row.method not in left_out]
    methods = [line for line in configuration.methods if line.label not in left_out]
    standings = [
        _standing(configuration, rows, method, metric.name, category)
        for method in methods
        for metric in configuration.metrics
        for category in (ALL, *_categories(configuration))
    ]
    asked = len(methods) * len(configuration.metrics) * len(configuration.cases) * len(configuration.seeds)
    return Board(
        configuration=configuration,
        methods=_ranked(configuration, methods, standings),
        standings=tuple(standings),
        contrasts=tuple(_contrasts(configuration, rows, methods)),
        failures=tuple(_failures(rows)),
        omissions=tuple(omissions),
        costs=costs(rows, methods),
        unfinished=max(0, asked - len(rows)),
        rejections=_of_the_table(configuration, rejections),
        truncations=tuple(_truncations(rows)),
    )


def _categories(configuration: Configuration) -> list[str]:
    present = {case.category for case in configuration.cases}
    return [category for category in CATEGORIES if category in present]


def _of_the_table(configuration: Configuration, rejections: Sequence[Rejection]) -> tuple[Rejection, ...]:
    """A check of another version says nothing of this one."""
    used = {(metric.name, metric.version) for metric in configuration.metrics}
    return tuple(rejection for rejection in rejections if (rejection.metric, rejection.version) in used)


def _standing(
    configuration: Configuration, rows: Sequence[Row], method: MethodLine, metric: str, category: str
) -> Standing:
    column = _select(rows, method.label, metric, category)
    found = statistics.interval(statistics.by_reference(_observations(column)))
    valued = {row.case for row in column if row.value is not None}
    failed = {row.case for row in column} - valued
    return Standing(
        method=method.label,
        metric=metric,
        category=category,
        mean=found.mean if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        n=len(valued),
        n_failed=len(failed),
        control=method.control,
    )


def _select(rows: Sequence[Row], method: str, metric: str, category: str) -> list[Row]:
    return [row for row in rows if row.method == method and row.metric == metric and category in (ALL, row.category)]


def _observations(rows: Iterable[Row]) -> list[Observation]:
    return [Observation(row.reference, row.case, row.value) for row in rows if row.value is not None]


def _contrasts(configuration: Configuration, rows: Sequence[Row], methods: Sequence[MethodLine]) -> Iterable[Contrast]:
    for method in methods:
        for metric in configuration.metrics:
            for category in (ALL, *_categories(configuration)):
                found = None if method.control else _difference(rows, method.label, metric.name, category)
                if found is not None:
                    yield Contrast(method.label, metric.name, category, found)


def _difference(rows: Sequence[Row], method: str, metric: str, category: str) -> Interval | None:
    """Paired on case and seed: a generation counts only where the anchor has a value too."""
    ours = {(row.case, row.seed): row for row in _select(rows, method, metric, category) if row.value is not None}
    theirs = {(row.case, row.seed): row for row in _select(rows, ANCHOR, metric, category) if row.value is not None}
    shared = sorted(ours.keys() & theirs.keys())
    first, second = (statistics.by_reference(_observations(side[pair] for pair in shared)) for side in (ours, theirs))
    return statistics.paired(first, second)


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
    for method in configuration.methods:
        own = [row for row in rows if row.method == method.label]
        if method.control and own and all(row.status == "declined" for row in own):
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
