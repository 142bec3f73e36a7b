"""Two runs, method by method and metric by metric: paired differences, and which of them are regressions.

A difference is a regression where two keys turn: its 95 % interval excludes 0, and it is larger than the metric's
practical threshold, for the worse (asv, "continuous"). Generations are paired by case and seed; where the runs' seeds
differ, by case, over whose seeds each run is averaged. Intervals draw reference videos and are widened for few of them
(``statistics``, kind ``expanded``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from motionbench.leaderboard import alike, statistics
from motionbench.leaderboard.alike import Side
from motionbench.leaderboard.gates import Gates
from motionbench.leaderboard.statistics import Interval, Observation
from motionbench.store import MetricLine, Row

Verdict = Literal["regression", "inconclusive", "improvement", "steady", "shown"]
"""``steady``: not both keys turn. ``shown``: the metric has no better side, or no gate, or no value to lose."""
VERDICTS: tuple[Verdict, ...] = ("regression", "inconclusive", "improvement", "steady", "shown")

_Unit = tuple[str, int]
"""A case and a seed; the seed is −1 where seeds are averaged."""
_AVERAGED = -1


@dataclass(frozen=True)
class Change:
    """One method in one metric."""

    method: str
    metric: str
    better: str
    decimals: int
    verdict: Verdict
    reason: str = ""
    """Why it is inconclusive, or only shown."""
    base: float | None = None
    """Mean over the reference videos that both runs have."""
    head: float | None = None
    difference: Interval | None = None
    """Of ``head − base``."""
    threshold: float | None = None
    missing: tuple[str, ...] = ()
    """Cases that the base has a value for and the head has not."""


@dataclass(frozen=True)
class Comparison:
    """All that a comparison found."""

    base: str
    head: str
    suite: str
    changes: tuple[Change, ...]
    """Regressions first, controls last among equals."""
    notes: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of the changes; inconclusive where there is nothing to compare."""
        found = {change.verdict for change in self.changes if change.verdict != "shown"}
        worst = next((verdict for verdict in VERDICTS[:2] if verdict in found), None)
        return worst or ("steady" if found else "inconclusive")

    def of(self, verdict: Verdict) -> tuple[Change, ...]:
        """The changes with a verdict."""
        return tuple(change for change in self.changes if change.verdict == verdict)


def compare(base: Side, head: Side, gates: Gates, *, common: bool = False) -> Comparison:
    """Compare ``head`` with ``base``; raises NotComparableError.

    ``common`` leaves out the methods, metrics and cases that only one of the runs asked for; without it, what the base
    has and the head lacks is inconclusive.
    """
    alike.check(base, head, gates.may_differ or ())
    notes = [
        *_scope_notes(base, head, common),
        *alike.changes_of_methods(base.configuration, head.configuration),
        *alike.changes_of_environments(base, head),
    ]
    if common:
        base = _restricted(base, head)
    averaged = base.configuration.seeds != head.configuration.seeds
    if averaged:
        notes.append(f"seeds {_listed(base)} against {_listed(head)}: pairs are cases, seeds are averaged in them")
    ours, theirs = _by_column(base.rows), _by_column(head.rows)
    changes = [
        _change(
            (method.label, metric),
            _units(ours.get((method.label, metric.name), ()), base, averaged),
            _units(theirs.get((method.label, metric.name), ()), head, averaged),
            gates,
        )
        for method in sorted(base.configuration.methods, key=lambda line: line.control)
        for metric in base.configuration.metrics
    ]
    changes.sort(key=lambda change: VERDICTS.index(change.verdict))
    return Comparison(base.name, head.name, base.configuration.suite, tuple(changes), tuple(notes))


def renamed(side: Side, names: Mapping[str, str]) -> Side:
    """A run whose methods bear other labels; a method that has such a label already is left out."""
    hidden = set(names.values()) - set(names)
    lines = tuple(
        replace(line, label=names.get(line.label, line.label))
        for line in side.configuration.methods
        if line.label not in hidden
    )
    return replace(
        side,
        configuration=replace(side.configuration, methods=lines),
        rows=[replace(row, method=names.get(row.method, row.method)) for row in side.rows if row.method not in hidden],
    )


def _by_column(rows: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    columns: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        columns.setdefault((row.method, row.metric), []).append(row)
    return columns


def _units(rows: Sequence[Row], side: Side, averaged: bool) -> dict[_Unit, Observation]:
    """What can be paired; a case whose seeds are averaged counts where each of them has a value."""
    values: dict[_Unit, list[float]] = {}
    references = {row.case: row.reference for row in rows}
    for row in rows:
        if row.value is not None:
            values.setdefault((row.case, _AVERAGED if averaged else row.seed), []).append(row.value)
    asked = len(side.configuration.seeds) if averaged else 1
    return {
        unit: Observation(references[unit[0]], unit[0], statistics.mean(found))
        for unit, found in values.items()
        if len(found) == asked
    }


def _change(
    column: tuple[str, MetricLine],
    base: Mapping[_Unit, Observation],
    head: Mapping[_Unit, Observation],
    gates: Gates,
) -> Change:
    method, metric = column
    start = Change(method, metric.name, metric.better, metric.decimals, "shown")
    if not base:
        return replace(start, reason="the base has no value")
    missing = tuple(sorted({case for case, _ in base.keys() - head.keys()}))
    pairs = base.keys() & head.keys()
    ours, theirs = (statistics.by_reference(side[unit] for unit in sorted(pairs)) for side in (base, head))
    difference = statistics.paired(theirs, ours)
    if difference is None:
        return replace(
            start, verdict="inconclusive", missing=missing, reason="the head has no value that can be paired"
        )
    before, after = statistics.mean(ours.values()), statistics.mean(theirs.values())
    gate = gates.of(metric.name, before)
    found = replace(start, base=before, head=after, difference=difference, missing=missing)
    if metric.better == "none" or not gate.gate:
        return replace(found, reason="it has no better side" if metric.better == "none" else "it has no gate")
    found = replace(found, threshold=gate.threshold)
    verdict, reason = _judge(difference, gate.threshold, metric.better == "higher", missing)
    return replace(found, verdict=verdict, reason=reason)


def _judge(difference: Interval, threshold: float, higher: bool, missing: Sequence[str]) -> tuple[Verdict, str]:
    if missing:
        return "inconclusive", "the head has no value where the base has one"
    if abs(difference.mean) <= threshold:
        return "steady", ""
    if difference.low is None or difference.high is None:
        return "inconclusive", "one reference video gives no interval"
    if difference.low <= 0 <= difference.high:
        return "steady", ""
    return ("improvement" if (difference.mean > 0) == higher else "regression"), ""


def _restricted(base: Side, head: Side) -> Side:
    """The part of the base that the head asked for too."""
    theirs = head.configuration
    labels = {line.label for line in theirs.methods}
    metrics, cases = {line.name for line in theirs.metrics}, {line.id for line in theirs.cases}
    kept = replace(
        base.configuration,
        methods=tuple(line for line in base.configuration.methods if line.label in labels),
        metrics=tuple(line for line in base.configuration.metrics if line.name in metrics),
        cases=tuple(line for line in base.configuration.cases if line.id in cases),
    )
    return replace(base, configuration=kept, rows=[row for row in base.rows if row.case in cases])


def _scope_notes(base: Side, head: Side, common: bool) -> Iterator[str]:
    for part, name in (("methods", "label"), ("metrics", "name"), ("cases", "id")):
        ours, theirs = ([getattr(line, name) for line in getattr(side.configuration, part)] for side in (base, head))
        only = [one for one in theirs if one not in set(ours)]
        if only:
            yield f"not compared, only in {head.name}: {_some(part, only)}"
        left = [one for one in ours if one not in set(theirs)]
        if left:
            yield (
                f"not compared, only in {base.name}: {_some(part, left)}"
                if common
                else f"{head.name} did not ask for {_some(part, left)} of {base.name}; --common leaves them out"
            )


def _some(part: str, names: Sequence[str]) -> str:
    return (
        f"{len(names)} {part if len(names) > 1 else part[:-1]} ({', '.join(names[:3])}{'…' if len(names) > 3 else ''})"
    )


def _listed(side: Side) -> str:
    return ", ".join(map(str, side.configuration.seeds))
