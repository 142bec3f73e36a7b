"""What a run has to show: the methods and slots of a study, and the reasons for whatever is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from motionbench import stages
from motionbench.errors import UsageError
from motionbench.gallery import licences
from motionbench.gallery.collection import Collection, Series
from motionbench.store import Store
from motionbench.study.records import Entrant, Slot
from motionbench.types import CaseEntry, Video


@dataclass(frozen=True, eq=False)
class Stock:
    """Methods that all have a video in every slot."""

    methods: tuple[Entrant, ...]
    slots: tuple[Slot, ...]
    entries: Mapping[str, CaseEntry]
    """By case."""
    notes: tuple[str, ...]
    """What was left out, and why."""


class Videos:
    """Loads what a study shows."""

    def __init__(self, collection: Collection, store: Store) -> None:
        self._suite, self._store = collection.suite, store
        self._series = {series.line.label: series for series in collection.series}

    def reference(self, entry: CaseEntry) -> Video:
        """The clip of a case."""
        return self._suite.load(entry).reference

    def generation(self, method: str, slot: Slot) -> Video:
        """What a method made of a slot."""
        piece = self._series[method].pieces[slot.case, slot.seed]
        return stages.load_video(self._store.objects.path("generate", piece.generation.key) / stages.VIDEO)


def stock(collection: Collection, store: Store, private: bool = False) -> Stock:
    """Raises UsageError where fewer than two methods, or no slot, remain."""
    notes: list[str] = []
    slots = _open_slots(collection, private, notes)
    have = {series.line.label: _have(series, slots, collection, store, private) for series in collection.series}
    for series in collection.series:
        if not have[series.line.label]:
            notes.append(f"{series.line.label} is left out: {series.reason or 'none of its videos may be shown'}")
    kept = [series.line for series in collection.series if have[series.line.label]]
    if len(kept) < 2:
        raise UsageError(f"a study compares two methods or more that have videos; {'; '.join(notes) or 'one is named'}")
    common = [slot for slot in slots if all(slot in have[line.label] for line in kept)]
    for line in kept:
        lacks = [slot for slot in slots if slot not in have[line.label]]
        if lacks:
            named = ", ".join(f"{slot.case} (seed {slot.seed})" for slot in lacks[:3])
            notes.append(f"no video of {line.label}, so not in the study: {named}{' …' if len(lacks) > 3 else ''}")
    if not common:
        raise UsageError("no case has videos of all methods: " + "; ".join(notes))
    entries = {entry.id: entry for entry in collection.entries}
    return Stock(tuple(Entrant(line.label, line.control) for line in kept), tuple(common), entries, tuple(notes))


def _open_slots(collection: Collection, private: bool, notes: list[str]) -> list[Slot]:
    """Those of clips that may be passed on, or of all."""
    closed = licences.withheld(collection.suite, dict.fromkeys(entry.reference_id for entry in collection.entries))
    listed = "; ".join(f"{clip} ({reason})" for clip, reason in closed.items())
    if closed and private:
        notes.append(f"only raters who may see them may have this folder: {listed}")
    elif closed:
        notes.append(f"left out, as they must not be passed on: {listed}; --private shows them")
    slots = [
        Slot(entry.id, seed, entry.reference_id)
        for entry in collection.entries
        if private or entry.reference_id not in closed
        for seed in collection.configuration.seeds
    ]
    if not slots:
        raise UsageError(f"nothing may be shown: {listed}\nTo raters who may see them: --private")
    return slots


def _have(
    series: Series, slots: Sequence[Slot], collection: Collection, store: Store, private: bool
) -> frozenset[Slot]:
    """Slots whose video is in the store and shows no clip that must not be passed on."""
    found = []
    for slot in slots:
        piece = series.pieces.get((slot.case, slot.seed))
        if piece is None or (not private and _shows_closed(series, slot, collection)):
            continue
        if (store.objects.path("generate", piece.generation.key) / stages.VIDEO).is_file():
            found.append(slot)
    return frozenset(found)


def _shows_closed(series: Series, slot: Slot, collection: Collection) -> bool:
    other = licences.neighbour(collection.suite, slot.reference) if series.sees_other else None
    return other is not None and bool(licences.withheld(collection.suite, [other]))
