"""The files of a folder of results: records, submissions, reports of examinations; and why others were not read."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motionbench import provenance
from motionbench.conformance.records import Report
from motionbench.errors import MissingResourceError, MotionBenchError, NotComparableError, UsageError
from motionbench.gallery.shelf import INDEX, MARK
from motionbench.provenance import RunRecord
from motionbench.site.names import printable

LARGEST = 256 * 2**20
"""Bytes of a file; a hundred thousand scores take 80 MB as JSON."""
_RECORD = "motionbench run record"
_GALLERY = ".gallery"
_SUFFIXES = (".json", ".motionbench")


@dataclass(frozen=True)
class Source:
    """A record and the file that it is in."""

    name: str
    """Of the file, without its folder."""
    digest: str
    """SHA-256 of the file's bytes."""
    run: RunRecord
    gallery: Path | None = None
    """A gallery's folder beside the file: ``fym.gallery`` beside ``fym.json``."""


@dataclass(frozen=True)
class Broken:
    """A file that claims to be a record and cannot be used."""

    name: str
    error: MotionBenchError


@dataclass(frozen=True)
class Found:
    """All that a folder holds."""

    sources: tuple[Source, ...]
    reports: tuple[Report, ...]
    """As ``motionbench method test --format json`` prints them."""
    passed_over: tuple[str, ...]
    """Files that are no records."""
    broken: tuple[Broken, ...]


def find(folder: Path) -> Found:
    """Read every file of a folder, in alphabetical order; raises UsageError where there is no folder."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; name the one that holds the run records, such as results")
    sources, reports, passed_over, broken = [], [], [], []
    for path in sorted(path for path in folder.iterdir() if not path.is_dir() or path.is_symlink()):
        try:
            read = _read(path)
        except MotionBenchError as error:
            broken.append(Broken(path.name, error))
            continue
        if isinstance(read, RunRecord):
            sources.append(Source(path.name, _digest(path), read, _gallery(path)))
        elif isinstance(read, Report):
            reports.append(read)
        else:
            passed_over.append(path.name)
    return Found(tuple(sources), tuple(reports), tuple(passed_over), tuple(broken))


def _read(path: Path) -> RunRecord | Report | None:
    """None for a file of another kind; any defect is a MotionBenchError, as a stranger's file may have every defect."""
    if path.suffix not in _SUFFIXES or path.is_symlink() or not path.is_file():
        return None
    if path.stat().st_size > LARGEST:
        raise UsageError(f"{path} has {path.stat().st_size:,} bytes, expected at most {LARGEST:,}")
    try:
        return _submission(path) if path.suffix == ".motionbench" else _json(path)
    except MotionBenchError:
        raise
    except OSError as error:
        raise MissingResourceError(f"cannot read {path}: {error.strerror or error}") from error
    except Exception as error:  # types and sizes that nobody thought of
        raise UsageError(f"{path} is not a record of MotionBench: {type(error).__name__}: {error}") from error


def _submission(path: Path) -> RunRecord:
    # Imported when one is there: reading submissions takes pyarrow.
    from motionbench import submission

    return submission.read(path)


def _json(path: Path) -> RunRecord | Report | None:
    data = json.loads(path.read_bytes())
    if not isinstance(data, dict):
        return None
    if data.get("kind") == _RECORD:
        return provenance.read_record(path)
    return _report(data) if {"checks", "method", "package_version"} <= data.keys() else None


def _report(data: dict[str, Any]) -> Report:
    from pydantic import TypeAdapter

    fields = {field.name: data[field.name] for field in dataclasses.fields(Report) if field.name in data}
    return TypeAdapter(Report).validate_json(json.dumps(fields), strict=True)


def _gallery(path: Path) -> Path | None:
    folder = path.with_suffix(_GALLERY)
    index = folder / INDEX
    if folder.is_symlink() or index.is_symlink() or not index.is_file():
        return None
    return folder if MARK in index.read_text(encoding="utf-8", errors="replace") else None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def failure(broken: Sequence[Broken]) -> MotionBenchError:
    """One error for all: exit 5 where every file is of a newer schema, or else 2."""
    kind = NotComparableError if all(isinstance(one.error, NotComparableError) for one in broken) else UsageError
    lines = [f"  {printable(one.name)}: {printable(' '.join(str(one.error).split()))}" for one in broken]
    files = "1 file cannot" if len(broken) == 1 else f"{len(broken)} files cannot"
    return kind(f"{files} be read and left no row:\n" + "\n".join(lines) + "\nMend or remove what is listed.")
