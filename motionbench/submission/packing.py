"""From a run of a store to the members of a submission."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from motionbench import provenance, stages
from motionbench.errors import MissingResourceError
from motionbench.gallery import licences
from motionbench.gallery.collection import Collection, Piece, collect
from motionbench.provenance import RunRecord
from motionbench.sources import Sources
from motionbench.store import Configuration, Row, Store, records
from motionbench.submission import archive
from motionbench.submission.reading import KIND, FileLine, ReceiptLine


@dataclasses.dataclass(frozen=True)
class Packed:
    """What went into a file."""

    receipts: tuple[ReceiptLine, ...]
    scores: int
    videos: int
    withheld: Mapping[str, str]
    """Clips whose videos may not be passed on, each with its reason."""


def export(
    store: Store, configuration: Configuration, path: Path, *, videos: bool = False, sources: Sources | None = None
) -> Packed:
    """Write a run into one file; the same run gives the same bytes.

    Raises MissingResourceError where the store has no score of the run, UsageError where the file cannot be written.
    """
    run = provenance.record(store, configuration)
    if not run.scores:
        raise MissingResourceError(f"the store {store.root} has no score of the run {configuration.plan_id} yet")
    receipts = list(_receipts(store, run, sources))
    members: dict[str, bytes | Path] = {
        archive.SCORES: _parquet(run.scores),
        archive.RECEIPTS: "".join(_line(dataclasses.asdict(receipt)) for receipt, _, _ in receipts).encode(),
    }
    withheld: dict[str, str] = {}
    for receipt, file, reason in receipts:
        if videos and file and reason:
            withheld[receipt.case] = reason
        elif videos and file:
            members[f"videos/{receipt.video}.mkv"] = file
    files = [_listed(name, content) for name, content in sorted(members.items())]
    archive.write(path, {archive.HEAD: _head(run, files), **members})
    included = sum(name.startswith("videos/") for name in members)
    return Packed(tuple(receipt for receipt, _, _ in receipts), len(run.scores), included, withheld)


def _head(run: RunRecord, files: list[FileLine]) -> bytes:
    data = {
        "kind": KIND,
        "schema_version": records.SCHEMA_VERSION,
        "configuration": records.to_json(run.configuration),
        "environments": {name: records.environment_to_json(one) for name, one in sorted(run.environments.items())},
        "rejections": [records.to_json(one) for one in run.rejections],
        "files": [dataclasses.asdict(file) for file in files],
    }
    return (json.dumps(data, indent=1, allow_nan=False) + "\n").encode()


def _parquet(rows: tuple[Row, ...]) -> bytes:
    import pandas as pd

    buffer = io.BytesIO()
    pd.DataFrame([records.to_json(row) for row in rows]).to_parquet(buffer, index=False)
    return buffer.getvalue()


def _receipts(store: Store, run: RunRecord, sources: Sources | None) -> Iterator[tuple[ReceiptLine, Path | None, str]]:
    """Of each generation: its line, its video's file where it is there, and why that may not be passed on, or ""."""
    labels = [line.label for line in run.configuration.methods]
    slots = list(dict.fromkeys((row.method, row.case, row.seed) for row in run.scores))
    try:
        found = collect(run.configuration, run.scores, labels, sources)
    except MissingResourceError as error:
        for method, case, seed in slots:
            yield ReceiptLine(method, case, seed, reason=str(error).splitlines()[0]), None, ""
        return
    pieces = {(s.line.label, *slot): piece for s in found.series for slot, piece in s.pieces.items()}
    reasons = {series.line.label: series.reason for series in found.series}
    closed = _closed(found)
    for method, case, seed in slots:
        piece = pieces.get((method, case, seed))
        if piece is None:
            yield ReceiptLine(method, case, seed, reason=reasons.get(method) or "not in the plan any more"), None, ""
        else:
            receipt, file = _receipt(store, method, piece)
            yield receipt, file, closed.get(case, "")


def _receipt(store: Store, method: str, piece: Piece) -> tuple[ReceiptLine, Path | None]:
    generation = piece.generation
    path = store.objects.path("generate", generation.key) / stages.VIDEO
    file = path if path.is_file() else None
    digest = hashlib.sha256(file.read_bytes()).hexdigest() if file else ""
    tuning = generation.tune.key if generation.tune else ""
    return ReceiptLine(method, generation.entry.id, generation.seed, generation.key, tuning, digest), file


def _closed(found: Collection) -> dict[str, str]:
    """Cases whose videos may show a clip that must not be passed on, the neighbour's included."""
    references = {entry.reference_id for entry in found.entries}
    neighbours = {name: licences.neighbour(found.suite, name) for name in references}
    withheld = licences.withheld(found.suite, references | {name for name in neighbours.values() if name})
    return {
        entry.id: withheld.get(entry.reference_id) or withheld[neighbours[entry.reference_id] or ""]
        for entry in found.entries
        if entry.reference_id in withheld or neighbours[entry.reference_id] in withheld
    }


def _listed(name: str, content: bytes | Path) -> FileLine:
    data = content.read_bytes() if isinstance(content, Path) else content
    return FileLine(name, hashlib.sha256(data).hexdigest(), len(data))


def _line(data: Mapping[str, object]) -> str:
    return json.dumps(data, sort_keys=True) + "\n"
