"""Which objects of the store are the videos and tracks of a run: one plan a method, resolved again from the record."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from motionbench import plan, registry
from motionbench.contracts import Suite
from motionbench.errors import MissingResourceError, MotionBenchError
from motionbench.plan import GenerateItem, ScoreItem, TrackItem
from motionbench.retrace import Trace, retrace
from motionbench.sources import Sources
from motionbench.store import Configuration, MethodLine, Row
from motionbench.types import CaseEntry, Protocol

Slot = tuple[str, int]
"""Case and seed."""


@dataclass(frozen=True)
class Piece:
    """A video and the points followed through it."""

    generation: GenerateItem
    tracks: TrackItem | None
    reference_tracks: TrackItem | None


@dataclass(frozen=True, eq=False)
class Series:
    """The videos of one method."""

    line: MethodLine
    pieces: Mapping[Slot, Piece]
    sees_other: bool
    """Whether it is given another clip of the suite."""
    reason: str = ""
    """Why there are no pieces, or ""."""


@dataclass(frozen=True, eq=False)
class Collection:
    """All that a gallery shows, before a picture is decoded."""

    configuration: Configuration
    suite: Suite
    protocol: Protocol
    entries: tuple[CaseEntry, ...]
    series: tuple[Series, ...]
    rows: tuple[Row, ...]


def collect(
    configuration: Configuration, rows: Iterable[Row], methods: Sequence[str], sources: Sources | None = None
) -> Collection:
    """Find the videos of some methods of a run; raises MissingResourceError where none of them can be told."""
    kept = tuple(row for row in rows if row.method in methods)
    lines = {line.label: line for line in configuration.methods}
    found = [_series(configuration, lines[label], kept, sources) for label in methods]
    trace = next((trace for _, trace in found if trace), None)
    if trace is None:
        why = next((series.reason for series, _ in found), "it has no methods")
        raise MissingResourceError(
            f"the videos of the run {configuration.plan_id} cannot be told: {why}\n"
            "Make the run again: motionbench eval does only what is missing."
        )
    cases = {line.id for line in configuration.cases}
    entries = tuple(entry for entry in trace.request.entries if entry.id in cases)
    series = tuple(one for one, _ in found)
    return Collection(configuration, trace.request.suite, trace.request.protocol, entries, series, kept)


def _series(
    configuration: Configuration, line: MethodLine, rows: Sequence[Row], sources: Sources | None
) -> tuple[Series, Trace | None]:
    reason = "not run"
    for row in _tellers([row for row in rows if row.method == line.label]):
        try:
            trace = retrace(configuration, row, sources)
        except MotionBenchError as error:
            reason = str(error).splitlines()[0]
            continue
        request = dataclasses.replace(trace.request, seeds=configuration.seeds)
        keys = set(configuration.score_keys)
        pieces = {_slot(item): _piece(item) for item in plan.make(request).scores if item.key in keys}
        return Series(line, pieces, "other" in trace.item.generation.choice.spec.inputs), trace
    return Series(line, {}, False, reason), None


def _tellers(rows: Sequence[Row]) -> list[Row]:
    """A score of a metric that needs tracks, then one of a metric that does not: either has the key of its video."""
    needs = {entry.name: getattr(entry.spec, "needs", ()) for entry in registry.entries("metrics")}
    with_tracks = [row for row in rows if "tracks" in needs.get(row.metric.partition("@")[0], ())]
    without = [row for row in rows if "tracks" not in needs.get(row.metric.partition("@")[0], ())]
    return [*with_tracks[:1], *without[:1]]


def _slot(item: ScoreItem) -> Slot:
    return item.generation.entry.id, item.generation.seed


def _piece(item: ScoreItem) -> Piece:
    return Piece(item.generation, item.tracks, item.reference_tracks)
