"""A row of the gallery: a case and a seed, its reference and a cell a method, written to the folder as it is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from motionbench import stages
from motionbench.errors import MotionBenchError
from motionbench.gallery import licences
from motionbench.gallery.collection import Collection, Series, Slot
from motionbench.gallery.disagreement import Disagreement, disagreements
from motionbench.gallery.shelf import Shelf
from motionbench.plan import TrackItem
from motionbench.store import Row, Store
from motionbench.types import CaseEntry, Tracks


@dataclass(frozen=True)
class Still:
    """A video as the page finds it."""

    name: str = ""
    """Of its picture, or "" where there is none."""
    points: bool = False
    """Whether there are points of that name."""
    reason: str = ""
    """Why there is no picture."""


@dataclass(frozen=True)
class Cell:
    """What one method made of a case."""

    method: str
    still: Still
    values: tuple[float | None, ...]
    """In the order of the run's metrics."""
    reasons: tuple[str, ...]
    """Why a value is not there, or ""."""
    disagreement: Disagreement | None


@dataclass(frozen=True)
class Exhibit:
    """A case and a seed."""

    entry: CaseEntry
    seed: int
    reference: Still
    cells: tuple[Cell, ...]
    terms: str = ""
    """The clip's licence, and whom it asks to name."""


@dataclass(frozen=True)
class Exhibition:
    """The whole gallery."""

    exhibits: tuple[Exhibit, ...]
    withheld: Mapping[str, str]
    """Clips left out, each with its reason."""
    private: Mapping[str, str]
    """Clips shown that must not be passed on, each with its reason."""


def exhibition(collection: Collection, store: Store, shelf: Shelf, private: bool = False) -> Exhibition:
    """Put all pictures and points on the shelf, those of clips that must not be passed on only where ``private``."""
    references = list(dict.fromkeys(entry.reference_id for entry in collection.entries))
    closed = licences.withheld(collection.suite, references)
    hidden = {} if private else closed
    exhibits = tuple(_Hanging(collection, store, shelf, private).exhibits(hidden))
    return Exhibition(exhibits, hidden, closed if private else {})


class _Hanging:
    """The exhibits of a collection, one after another."""

    def __init__(self, collection: Collection, store: Store, shelf: Shelf, private: bool) -> None:
        self._collection, self._store, self._shelf, self._private = collection, store, shelf, private
        self._metrics = [metric.name for metric in collection.configuration.metrics]
        self._rows = {(row.method, row.case, row.seed, row.metric): row for row in collection.rows}
        self._apart = disagreements(collection.rows, collection.configuration.metrics)
        pieces = [piece for series in collection.series for piece in series.pieces.values()]
        self._followed = {piece.generation.entry.reference_id: piece.reference_tracks for piece in pieces}

    def exhibits(self, hidden: Mapping[str, str]) -> Iterator[Exhibit]:
        for entry in self._collection.entries:
            if entry.reference_id in hidden:
                continue
            reference = self._reference(entry)
            terms = licences.terms(self._collection.suite, entry.reference_id)
            for seed in self._collection.configuration.seeds:
                cells = tuple(self._cell(series, entry, seed) for series in self._collection.series)
                yield Exhibit(entry, seed, reference, cells, terms)

    def _reference(self, entry: CaseEntry) -> Still:
        name = self._shelf.name(f"reference {entry.digest}")
        try:
            self._shelf.video(name, lambda: self._collection.suite.load(entry).reference)
        except (MotionBenchError, ValueError) as error:
            return Still(reason=str(error).splitlines()[0])
        return Still(name, self._points(name, self._followed.get(entry.reference_id)))

    def _cell(self, series: Series, entry: CaseEntry, seed: int) -> Cell:
        label = series.line.label
        rows = [self._rows.get((label, entry.id, seed, metric)) for metric in self._metrics]
        return Cell(
            label,
            self._still(series, entry, (entry.id, seed), rows),
            tuple(row.value if row else None for row in rows),
            tuple((row.reason or row.status if row.value is None else "") if row else "not run" for row in rows),
            self._apart.get((label, entry.id, seed)),
        )

    def _still(self, series: Series, entry: CaseEntry, slot: Slot, rows: list[Row | None]) -> Still:
        closed = self._closed(series, entry)
        piece = series.pieces.get(slot)
        if closed or piece is None:
            return Still(reason=closed or series.reason or "not run")
        path = self._store.objects.path("generate", piece.generation.key) / stages.VIDEO
        if not path.is_file():
            failed = (row.reason for row in rows if row and row.reason)
            return Still(reason=next(failed, "its video is not in the store"))
        name = self._shelf.name(f"generation {piece.generation.key}")
        try:
            self._shelf.video(name, lambda: stages.load_video(path))
        except (MotionBenchError, ValueError) as error:
            return Still(reason=str(error).splitlines()[0])
        return Still(name, self._points(name, piece.tracks))

    def _closed(self, series: Series, entry: CaseEntry) -> str:
        """Why a method's video may show a clip that must not be passed on, or ""."""
        other = licences.neighbour(self._collection.suite, entry.reference_id) if series.sees_other else None
        if self._private or other is None:
            return ""
        found = licences.withheld(self._collection.suite, [other])
        return f"left out: made of the clip {other}, {found[other]}" if found else ""

    def _points(self, name: str, item: TrackItem | None) -> bool:
        if item is None:
            return False
        path = self._store.objects.path("track", item.key) / stages.TRACKS
        if not path.is_file():
            return False
        protocol = self._collection.protocol
        with np.load(path, allow_pickle=False) as arrays:
            self._shelf.points(name, Tracks(arrays["xy"], arrays["visible"]), (protocol.height, protocol.width))
        return True
