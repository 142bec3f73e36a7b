"""From a file to its records, each checked as it is read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motionbench.errors import UsageError
from motionbench.provenance import RunRecord
from motionbench.store import records, verdicts
from motionbench.store.records import Checked, Row
from motionbench.submission.archive import HEAD, RECEIPTS, SCORES, Archive

KIND = "motionbench submission"
_MOST_ROWS = 2_000_000
_MOST_TEXT = 1 << 30
"""Bytes of all texts of a table: a table of a few bytes may say the same long text a million times."""


@dataclass(frozen=True)
class FileLine(Checked):
    """A member as the submission lists it."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class ReceiptLine(Checked):
    """What is behind the scores of one generation."""

    method: str
    case: str
    seed: int
    generation: str = ""
    """Key of the video in the store that it came from; "" where it could not be told, for ``reason``."""
    tuning: str = ""
    video: str = ""
    """SHA-256 of the video's file, whether it is included or not; "" where the store has it no more."""
    reason: str = ""


@dataclass(frozen=True)
class Submission:
    """All of a file but its videos."""

    record: RunRecord
    files: tuple[FileLine, ...]
    receipts: tuple[ReceiptLine, ...]


def read(path: Path) -> RunRecord:
    """The run of a submission, as ``provenance.read_record`` gives that of a record.

    Raises UsageError where the file is no submission, NotComparableError for a newer schema.
    """
    return open_submission(path).record


def open_submission(path: Path) -> Submission:
    """Records, listed files and receipts; raises as ``read`` does."""
    with Archive(path) as archive:
        return parse(archive)


def parse(archive: Archive) -> Submission:
    """The records of an open file."""
    name = archive.path.name
    head = records.loads(archive.read(HEAD), f"{name}: {HEAD}")
    if head.get("kind") != KIND:
        raise UsageError(f"{name} is not a submission; make one with motionbench submit export {name}")
    records.check_schema(head, f"{name}: {HEAD}")
    rejections = head.get("rejections")
    files = records.checked(list[FileLine], head.get("files"), lambda place: f"{name}: {HEAD}")
    return Submission(
        RunRecord(
            records.configuration_from(head.get("configuration"), f"{name}: {HEAD}"),
            dict(_environments(head.get("environments"), name)),
            tuple(_rows(archive)),
            verdicts.rejections_listed(rejections if isinstance(rejections, list) else [], f"{name}: {HEAD}"),
        ),
        tuple(files),
        tuple(_receipts(archive)),
    )


def _environments(data: object, name: str) -> Iterator[tuple[str, records.Environment]]:
    if not isinstance(data, Mapping):
        raise UsageError(f"{name}: {HEAD} has no environments by name; export it again")
    for identity, part in data.items():
        yield identity, records.environment_from(part, f"{name}: {HEAD}")


def _receipts(archive: Archive) -> list[ReceiptLine]:
    name = f"{archive.path.name}: {RECEIPTS}"
    try:
        data = [json.loads(line) for line in archive.read(RECEIPTS).splitlines()]
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not JSON lines: {error}; export it again") from error
    return records.checked(list[ReceiptLine], data, lambda place: f"{name}, line {int(place[0]) + 1 if place else 1}")


def _rows(archive: Archive) -> list[Row]:
    name = f"{archive.path.name}: {SCORES}"
    data = _listed(archive.read(SCORES), name)
    for row in data:
        if row.get("value") != row.get("value"):  # NaN is how pandas writes that there is none
            row["value"] = None
    return records.rows_from(data, lambda place: f"{name}, row {place + 1}")


def _listed(content: bytes, name: str) -> list[dict[str, Any]]:
    """The rows of the table, once its own claims and the length of its texts are within the bounds."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        texts = [field.name for field in file.schema_arrow if field.type in (pa.string(), pa.large_string())]
        if file.metadata.num_rows > _MOST_ROWS or file.metadata.num_columns > len(Row.__dataclass_fields__):
            raise UsageError(f"{name} claims {file.metadata.num_rows} rows and {file.metadata.num_columns} columns")
        table = pq.read_table(pa.BufferReader(content), read_dictionary=texts)
        if sum(map(_text_bytes, table.columns)) > _MOST_TEXT:
            raise UsageError(f"{name} holds texts of more than {_MOST_TEXT >> 30} GiB")
        table.validate(full=True)  # texts that are no UTF-8, places beyond a dictionary
        return list(table.to_pylist())
    except (pa.ArrowException, OSError, ValueError, TypeError) as error:
        raise UsageError(
            f"{name} is not a table of scores: {str(error).splitlines()[0][:200]}; export it again"
        ) from error


def _text_bytes(column: Any) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = (pc.take(pc.binary_length(chunk.dictionary), chunk.indices) for chunk in column.chunks)
    return sum(int(pc.sum(found).as_py() or 0) for found in lengths)
