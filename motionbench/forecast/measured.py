"""What earlier work of the same kind took: on the same device, backbone, dtype and frame.

Tuning and generating come from rows, which say where they were made. Tracking and scoring come from the objects that
rows of this plan and, for metrics, of other plans stand for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from motionbench import provenance
from motionbench.placement import Placement
from motionbench.plan import GenerateItem, Item, Plan, TrackItem, TuneItem
from motionbench.store import Environment, Row, Stage, Store

Group = tuple[Stage, str]
"""A stage, and the method's label, the tracker or the metric's column that it is done with."""
_DONE = ("ok", "undefined")
_MOST = 200
"""Objects that are read for one metric's mean."""


@dataclass(frozen=True)
class Measured:
    """Means and peaks; what was never measured is absent."""

    seconds: Mapping[Group, float] = field(default_factory=dict)
    memory: Mapping[str, int] = field(default_factory=dict)
    """Peak bytes by method's label."""
    bytes: Mapping[Group, float] = field(default_factory=dict)
    """On disk, of one object."""


def group(item: Item, plan: Plan) -> Group:
    """What an item is measured together with."""
    if isinstance(item, TuneItem | GenerateItem):
        return item.stage, item.choice.label
    if isinstance(item, TrackItem):
        return item.stage, plan.request.protocol.tracker
    return item.stage, item.column.name


def measure(plan: Plan, store: Store, placed: Placement) -> Measured:
    """From all rows of a store that were made as this plan would be."""
    rows = list(_comparable(plan, store, placed))
    seconds: dict[Group, float] = {**_methods(rows), **_scores(plan, rows, store), **_tracks(plan, rows, store)}
    memory: dict[str, int] = defaultdict(int)
    for row in rows:
        memory[row.method] = max(memory[row.method], row.peak_memory_bytes)
    return Measured(seconds, {label: peak for label, peak in memory.items() if peak}, _sizes(plan, store))


def _comparable(plan: Plan, store: Store, placed: Placement) -> Iterable[Row]:
    request, found = plan.request, store.rows()
    environments = store.environments(row.environment for row in found)
    here = {name for name, one in environments.items() if is_here(one, placed)}
    frame = request.protocol.frames, request.protocol.height, request.protocol.width
    for row in found:
        alike = row.backbone == request.backbone_name and (row.frames, row.height, row.width) == frame
        if alike and row.environment in here and row.status in _DONE:
            yield row


def is_here(environment: Environment, placed: Placement) -> bool:
    """Whether something was made on the device that this run would use, under the same rules."""
    same = environment.device == provenance.device() and environment.deterministic == placed.deterministic
    return same and _full_name(environment.used_device) == _full_name(placed.device)


def _full_name(device: str) -> str:
    """``cuda:0`` for ``cuda``, and for "" on a machine with an accelerator of that kind."""
    chosen = device or ("cuda" if provenance.accelerators() else "cpu")
    return "cuda:0" if chosen == "cuda" else chosen


def uses_accelerator(placed: Placement) -> bool:
    """Whether a run so placed works on a GPU."""
    return _full_name(placed.device) != "cpu"


def _methods(rows: Sequence[Row]) -> dict[Group, float]:
    tuned = {(row.method, row.suite, row.reference): row.tune_seconds for row in rows if row.tune_seconds}
    made = {(row.method, row.suite, row.case, row.seed): row.generate_seconds for row in rows}
    found: dict[Group, list[float]] = defaultdict(list)
    for (label, *_), value in tuned.items():
        found["tune", label].append(value)
    for (label, *_), value in made.items():
        found["generate", label].append(value)
    return _means(found)


def _scores(plan: Plan, rows: Sequence[Row], store: Store) -> dict[Group, float]:
    """Of the plan's columns; a row's signature tells which image-text model it was made with."""
    marks = {column.name: f"{column.encoder.name}@" if column.encoder else "" for column in plan.request.columns}
    keys: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.metric in marks and marks[row.metric] in row.signature:
            keys[row.metric].append(row.key)
    found: dict[Group, list[float]] = {}
    for name, known in keys.items():
        found["score", name] = _seconds(store, "score", known[-_MOST:])
    return _means(found)


def _tracks(plan: Plan, rows: Sequence[Row], store: Store) -> dict[Group, float]:
    """Of generations with rows, and of references that other methods were scored against on this device."""
    tracker = plan.request.protocol.tracker
    there = {row.key for row in rows}
    seen = {row.case for row in rows if row.suite == plan.request.suite.name and row.tracker == tracker}
    own = {item.tracks.key for item in plan.scores if item.tracks and item.key in there}
    references = {
        item.reference_tracks.key for item in plan.scores if item.reference_tracks and item.generation.entry.id in seen
    }
    keys = own | references
    return _means({("track", tracker): _seconds(store, "track", sorted(keys)[:_MOST])})


def _seconds(store: Store, stage: Stage, keys: Iterable[str]) -> list[float]:
    metas = [store.objects.meta(stage, key) for key in keys]
    return [meta.seconds for meta in metas if meta is not None]


def _means(found: Mapping[Group, Sequence[float]]) -> dict[Group, float]:
    return {group: fmean(values) for group, values in found.items() if values}


def _sizes(plan: Plan, store: Store) -> dict[Group, float]:
    """On disk, of this plan's objects that are there."""
    needed = (need for score in plan.scores for need in (score.generation, score.generation.tune, score.tracks))
    items: dict[str, Item] = {item.key: item for item in needed if item is not None}
    found: dict[Group, list[float]] = defaultdict(list)
    for item in items.values():
        folder = store.objects.path(item.stage, item.key)
        if store.objects.done(item.stage, item.key):
            found[group(item, plan)].append(float(folder_bytes(folder)))
    return _means(found)


def folder_bytes(folder: Path) -> int:
    """Of all files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
