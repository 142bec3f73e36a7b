"""Rows of scores: JSON lines while running, Parquet once compacted.

Each writer has a file of its own and holds a lock on it, so writers never meet and compaction passes over files in use.
A line that a kill has torn is dropped: the object behind it writes its row again on the next run.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import uuid
from collections.abc import Iterable, Sequence
from io import FileIO
from pathlib import Path
from typing import Any

from motionbench.errors import UsageError
from motionbench.store import locking, records
from motionbench.store.records import Row, to_json
from motionbench.store.writing import writing


class RowWriter:
    """Appends rows to a file of its own, made with the first row."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._path = root / "rows" / f"{time.time_ns():020d}-{os.getpid()}-{uuid.uuid4().hex[:6]}.jsonl"
        self._handle: FileIO | None = None

    def append(self, row: Row) -> None:
        """Write one row through to the operating system; raises MissingResourceError where it refuses."""
        with writing(self._root):
            if self._handle is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                # Without a buffer, closing has nothing left to write: what a full disk refused is told once, here.
                self._handle = FileIO(self._path, "ab")
                locking.wait(self._handle.fileno())
            _write(self._handle, (json.dumps(to_json(row), allow_nan=False) + "\n").encode())

    def close(self) -> None:
        """Let go of the file."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None


def _write(file: FileIO, line: bytes) -> None:
    """All of it: the last block of a disk takes only a part."""
    while line:
        line = line[file.write(line) :]


def read(root: Path) -> list[Row]:
    """All rows of a store, one a score: the latest that is not a failure, or else the latest."""
    return newest(_read_parquet(root / "compact") + _read_lines(_jsonl(root)))


def newest(rows: Iterable[Row]) -> list[Row]:
    """One row an identity, in the order of their first appearance."""
    kept: dict[tuple[str, str, str, str, int, str], Row] = {}
    for row in sorted(rows, key=lambda row: row.written_at):
        present = kept.get(row.identity)
        if present is None or settled(row) or not settled(present):
            kept[row.identity] = row
    return list(kept.values())


def settled(row: Row) -> bool:
    """Whether the row is an answer, rather than a failure that the next run tries again."""
    return row.status not in ("failed", "invalid_output")


def compact(root: Path) -> Path | None:
    """Join all rows that nobody is writing into one Parquet file; None where there are none."""
    import pandas as pd

    folder = root / "compact"
    with contextlib.ExitStack() as locks:
        idle = [path for path in _jsonl(root) if _lock(path, locks)]
        earlier = sorted(folder.glob("rows-*.parquet"))
        rows = newest(_read_parquet(folder) + _read_lines(idle))
        if not rows:
            return None
        folder.mkdir(exist_ok=True)
        target = folder / f"rows-{time.time_ns():020d}.parquet"
        partial = target.with_suffix(".partial")
        pd.DataFrame([to_json(row) for row in rows]).to_parquet(partial, index=False)
        partial.rename(target)
        for path in idle + earlier:
            path.unlink()
    return target


def _jsonl(root: Path) -> list[Path]:
    return sorted((root / "rows").glob("*.jsonl"))


def _lock(path: Path, locks: contextlib.ExitStack) -> bool:
    handle = locks.enter_context(path.open())
    return locking.attempt(handle.fileno())


def _read_lines(paths: Sequence[Path]) -> list[Row]:
    return [row for path in paths for row in _read_file(path)]


def _read_file(path: Path) -> list[Row]:
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]
    return records.rows_from(
        [_parsed(line, number, path) for number, line in enumerate(lines, start=1)],
        lambda place: f"line {place + 1} of {path}",
    )


def _parsed(line: str, number: int, path: Path) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"line {number} of {path} is not JSON: {error}\n"
            f"Remove the file; its rows are written again from the objects: rm {path}"
        ) from error


def _read_parquet(folder: Path) -> list[Row]:
    return [row for path in sorted(folder.glob("rows-*.parquet")) for row in _read_table(path)]


def _read_table(path: Path) -> list[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        data = pq.read_table(path).to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:  # also texts that are no UTF-8
        raise UsageError(
            f"{path} is not the Parquet file that was written: {str(error).splitlines()[0]}\n"
            f"Remove it; its rows are written again from the objects: rm {path}"
        ) from error
    for row in data:
        if row.get("value") != row.get("value"):  # NaN is how pandas writes that there is none
            row["value"] = None
    return records.rows_from(data, lambda place: f"row {place + 1} of {path}")
