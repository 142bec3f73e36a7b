"""Candidates by a table: a CSV with the columns ``video`` and ``case``, and where needed ``seed`` and ``fps``.

A video's path counts from the folder of videos. ``seed`` is 0 where it is left out; ``fps`` is the rate of a folder
of frames, the protocol's where it is left out. Faults are reported all at once, with their lines.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from motionbench.errors import UsageError
from motionbench.precomputed.records import Candidate
from motionbench.spelling import suggest

REQUIRED, OPTIONAL = ("video", "case"), ("seed", "fps")
_EXAMPLE = "video,case,seed\nout/0001.mp4,pan-1--p1,0"


def candidates(table: Path, directory: Path) -> tuple[Candidate, ...]:
    """The rows of a table; raises UsageError with a line for each fault."""
    rows = _rows(table)
    faults = [f"{table.name}:{line}: {fault}" for line, cells in rows for fault in _faults(cells, directory)]
    if not rows:
        faults = [f"{table.name}: the table lists no video; add a row for each:\n{_EXAMPLE}"]
    if faults:
        raise UsageError("\n".join(faults))
    return tuple(_candidate(cells, directory, f"{table.name}:{line} ({cells['video']})") for line, cells in rows)


def _rows(table: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = [name.strip() for name in next(reader, [])]
            _check_header(table, header)
            return [(reader.line_num, _cells(header, row)) for row in reader if any(map(str.strip, row))]
    except OSError as error:
        raise UsageError(f"cannot read the table {table}: {error.strerror}") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise UsageError(
            f"{table.name}: not a comma-separated table in UTF-8: {error}; save {table} as CSV UTF-8"
        ) from error


def _check_header(table: Path, header: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        got = ",".join(header) or "nothing"
        raise UsageError(f"{table.name}:1: the header lacks {', '.join(missing)}, got {got}; for example\n{_EXAMPLE}")
    for name in header:
        if name not in REQUIRED + OPTIONAL:
            raise UsageError(f"{table.name}:1: unknown column {name!r}; {suggest(name, REQUIRED + OPTIONAL)}")
        if header.count(name) > 1:
            raise UsageError(f"{table.name}:1: the column {name!r} stands there twice; remove one")


def _cells(header: list[str], row: list[str]) -> dict[str, str]:
    padded = [cell.strip() for cell in row] + [""] * (len(header) - len(row))
    return dict(zip(header, padded, strict=False))


def _faults(cells: dict[str, str], directory: Path) -> Iterator[str]:
    for name in REQUIRED:
        if not cells[name]:
            yield f"{name} is empty; fill it in"
    if cells["video"] and not (directory / cells["video"]).exists():
        yield f"{directory / cells['video']} does not exist; paths count from the folder given as --videos"
    seed, fps = cells.get("seed", ""), cells.get("fps", "")
    if seed and not (seed.isascii() and seed.isdigit()):
        yield f"seed is a whole number of at least 0, got {seed!r}"
    if fps and not _positive(fps):
        yield f"fps is a number above 0, got {fps!r}"


def _positive(text: str) -> bool:
    try:
        return 0 < float(text) < float("inf")
    except ValueError:
        return False


def _candidate(cells: dict[str, str], directory: Path, shown: str) -> Candidate:
    fps = cells.get("fps")
    return Candidate(
        directory / cells["video"], cells["case"], int(cells.get("seed") or 0), shown, float(fps) if fps else None
    )
