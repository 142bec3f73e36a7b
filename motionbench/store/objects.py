"""Objects: folders that are either wholly there or not at all.

A folder is filled elsewhere, gets its ``meta.json``, then ``DONE`` with the size and SHA-256 of every file, and is
renamed into place. On one filesystem the rename is atomic. The first of two writers wins; the other's copy is dropped.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from motionbench.store.keys import STAGES, Stage

Outcome = Literal["ok", "declined", "undefined"]
"""How a finished object ended; a method that declines and a metric without a value are answers, and are kept."""

_META, _DONE = "meta.json", "DONE"


@dataclass(frozen=True)
class Meta:
    """What is recorded beside a payload."""

    outcome: Outcome = "ok"
    reason: str = ""
    seconds: float = 0.0
    peak_memory_bytes: int = 0
    trainable_parameters: int = 0
    value: float | None = None
    """Of a score."""
    signature: str = ""
    """Of a score's metric or a track's tracker."""
    substages: Mapping[str, float] = field(default_factory=dict)
    """Seconds by stage of tuning."""


class Objects:
    """The ``objects/`` and ``work/`` folders of a store."""

    def __init__(self, root: Path) -> None:
        self._objects = root / "objects"
        self._work = root / "work"

    def path(self, stage: Stage, key: str) -> Path:
        """Where an object lies, whether it is there or not."""
        return self._objects / stage / key[:2] / key

    def done(self, stage: Stage, key: str) -> bool:
        """Whether the object is there with all its files at their recorded sizes."""
        return _intact(self.path(stage, key), lambda file, record: file.stat().st_size == record["size"])

    def meta(self, stage: Stage, key: str) -> Meta | None:
        """What is recorded of an object, or None where it is not there."""
        if not self.done(stage, key):
            return None
        try:
            return Meta(**json.loads((self.path(stage, key) / _META).read_text()))
        except (OSError, ValueError, TypeError):
            return None

    @contextlib.contextmanager
    def filling(self, stage: Stage, key: str) -> Iterator[Path]:
        """A fresh folder to fill and then ``commit``; it is removed where the block ends without that."""
        folder = self._work / f"{stage}-{key}.{uuid.uuid4().hex[:8]}"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextlib.contextmanager
    def resuming(self, stage: Stage, key: str) -> Iterator[Path]:
        """The folder of an object under way, with what an earlier attempt left; one process at a time."""
        folder = self._work / f"{stage}-{key}"
        folder.mkdir(parents=True, exist_ok=True)
        lock = self._work / f"{stage}-{key}.lock"
        with lock.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            folder.mkdir(exist_ok=True)
            yield folder
            if self.done(stage, key):
                shutil.rmtree(folder, ignore_errors=True)
                lock.unlink(missing_ok=True)

    def commit(self, stage: Stage, key: str, folder: Path, meta: Meta) -> None:
        """Make a filled folder the object."""
        (folder / _META).write_text(json.dumps(dataclasses.asdict(meta), sort_keys=True, allow_nan=False))
        files = {str(file.relative_to(folder)): _record(file) for file in _payload(folder)}
        _write_synced(folder / _DONE, json.dumps({"files": files}, sort_keys=True))
        target = self.path(stage, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        if self.done(stage, key):
            shutil.rmtree(folder)
            return
        self.discard(stage, key)
        folder.rename(target)

    def discard(self, stage: Stage, key: str) -> None:
        """Remove an object; a reader sees it whole or gone."""
        target = self.path(stage, key)
        if target.exists():
            aside = self._work / f"discarded.{uuid.uuid4().hex[:8]}"
            aside.parent.mkdir(parents=True, exist_ok=True)
            target.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)

    def verify(self) -> list[Path]:
        """Objects whose files do not have their recorded digests; reads every byte."""
        folders = sorted(folder for stage in STAGES for folder in self._objects.glob(f"{stage}/??/*"))
        return [folder for folder in folders if not _intact(folder, lambda file, record: _record(file) == record)]


def _intact(folder: Path, same: Callable[[Path, dict[str, Any]], bool]) -> bool:
    try:
        files = json.loads((folder / _DONE).read_bytes())["files"]
        return _META in files and all(same(folder / name, record) for name, record in files.items())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _payload(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file() and file.name != _DONE)


def _record(file: Path) -> dict[str, Any]:
    with file.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return {"size": file.stat().st_size, "sha256": digest}


def _write_synced(file: Path, text: str) -> None:
    with file.open("w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
