"""Objects: folders that are either wholly there or not at all.

A folder is filled elsewhere, gets its ``meta.json``, then ``DONE`` with the size and SHA-256 of every file, and is
renamed into place. On one filesystem the rename is atomic. The first of two writers wins; the other's copy is dropped.
What the operating system refuses raises MissingResourceError.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from motionbench.store import locking
from motionbench.store.keys import STAGES, Stage
from motionbench.store.writing import until_full, writing

Outcome = Literal["ok", "declined", "undefined"]
"""How a finished object ended; a method that declines and a metric without a value are answers, and are kept."""

_META, _DONE = "meta.json", "DONE"
_THERE_ALREADY = {errno.EEXIST, errno.ENOTEMPTY}


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
    truncated_tokens: int = 0
    """Of a score: tokens at the end of a prompt that its encoder did not read."""
    substages: Mapping[str, float] = field(default_factory=dict)
    """Seconds by stage of tuning."""
    shared: bool = False
    """Whether other workers used the same device meanwhile."""
    spared: str = ""
    """How the backbone was made to take less memory, where it would not fit otherwise; the output is the same."""


class Objects:
    """The ``objects/`` and ``work/`` folders of a store, and the lock under which objects are renamed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._objects = root / "objects"
        self._work = root / "work"
        self._commits = root / "commits.lock"
        self._sound: set[str] = set()

    def path(self, stage: Stage, key: str) -> Path:
        """Where an object lies, whether it is there or not."""
        return self._objects / stage / key[:2] / key

    def done(self, stage: Stage, key: str) -> bool:
        """Whether the object is there with all its files at their recorded sizes, and its record undamaged."""
        return _intact(self.path(stage, key), _looks_same)

    def sound(self, stage: Stage, key: str) -> bool:
        """Whether every byte of the object is what was written; read once a process."""
        if key not in self._sound and _intact(self.path(stage, key), _is_same):
            self._sound.add(key)
        return key in self._sound

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
        """A fresh folder to fill and then ``commit``; it is removed where the block ends without that.

        What a killed attempt at the same object has left is removed too: nobody holds it any more.
        """
        folder = self._work / f"{stage}-{key}.{uuid.uuid4().hex[:8]}"
        with contextlib.ExitStack() as held:
            with self._locked(self._commits), writing(self._root):
                for left in _named(self._work, f"{stage}-{key}."):
                    _remove_unheld(left)
                folder.mkdir()
                _hold(folder, held)
            try:
                with until_full(self._root):
                    yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    @contextlib.contextmanager
    def resuming(self, stage: Stage, key: str) -> Iterator[Path]:
        """The folder of an object under way, with what an earlier attempt left; one process at a time.

        Without locks the folder is renamed instead: whoever was in it before finds it gone.
        """
        folder, lock = self._work / f"{stage}-{key}", self._work / f"{stage}-{key}.lock"
        with self._locked(lock) as locked:
            with writing(self._root):
                folder = folder if locked else self._seized(folder)
                folder.mkdir(exist_ok=True)
            with until_full(self._root):
                yield folder
            if self.done(stage, key):
                shutil.rmtree(folder, ignore_errors=True)
                lock.unlink(missing_ok=True)

    def _seized(self, folder: Path) -> Path:
        """A name of our own for a folder under way, whatever its name was."""
        own = folder.with_name(f"{folder.name}.{uuid.uuid4().hex[:8]}")
        for left in filter(Path.is_dir, (folder, *self._work.glob(f"{folder.name}.*"))):
            with contextlib.suppress(OSError):  # another was faster
                left.rename(own)
                break
        return own

    def commit(self, stage: Stage, key: str, folder: Path, meta: Meta) -> None:
        """Make a filled folder the object."""
        with writing(self._root):
            (folder / _META).write_text(json.dumps(dataclasses.asdict(meta), sort_keys=True, allow_nan=False))
            files = {str(file.relative_to(folder)): _record(file) for file in _payload(folder)}
            _write_synced(folder / _DONE, json.dumps({"files": files}, sort_keys=True))
        with self._locked(self._commits), writing(self._root):
            if self.done(stage, key):
                shutil.rmtree(folder)
                return
            target = self.path(stage, key)
            self._put_aside(target)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                folder.rename(target)
            except OSError as error:  # where locks do not reach other machines, another may have been faster
                if error.errno not in _THERE_ALREADY or not self.done(stage, key):
                    raise
                shutil.rmtree(folder)

    def entries(self) -> Iterator[tuple[Stage, str]]:
        """Stage and key of every object, whole or not."""
        for stage in STAGES:
            for folder in sorted(self._objects.glob(f"{stage}/??/*")):
                yield stage, folder.name

    def times(self, stage: Stage) -> dict[str, float]:
        """When each object of a stage was made, whole or not, in seconds since 1970: one listing, no file is read."""
        shards = [entry.path for entry in _listing(self._objects / stage) if entry.is_dir()]
        return {entry.name: entry.stat().st_mtime for shard in shards for entry in _listing(shard)}

    def adopt(self, other: Objects, stage: Stage, key: str) -> bool:
        """Copy an object of another store; False, and nothing, where it differs from its digests."""
        source, meta = other.path(stage, key), other.meta(stage, key)
        if meta is None or not _intact(source, _is_same):
            return False
        with self.filling(stage, key) as folder:
            with writing(self._root):
                shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(_DONE, _META))
            self.commit(stage, key, folder, meta)
        return True

    def discard(self, stage: Stage, key: str) -> None:
        """Remove an object; a reader sees it whole or gone."""
        self._sound.discard(key)
        with self._locked(self._commits), writing(self._root):
            self._put_aside(self.path(stage, key))

    def _put_aside(self, target: Path) -> None:
        if target.exists():
            aside = self._work / f"discarded.{uuid.uuid4().hex[:8]}"
            target.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)

    @contextlib.contextmanager
    def _locked(self, lock: Path) -> Iterator[bool]:
        """Alone among the processes that ask for the same lock file; False where the file system has no locks."""
        with contextlib.ExitStack() as stack:
            with writing(self._root):
                self._work.mkdir(parents=True, exist_ok=True)
                handle = stack.enter_context(lock.open("w"))
                locked = locking.wait(handle.fileno())
            yield locked

    def verify(self) -> list[Path]:
        """Objects whose files do not have their recorded digests; reads every byte."""
        folders = sorted(folder for stage in STAGES for folder in self._objects.glob(f"{stage}/??/*"))
        return [folder for folder in folders if not _intact(folder, _is_same)]


def _is_same(file: Path, record: dict[str, Any]) -> bool:
    return _record(file) == record


def _looks_same(file: Path, record: dict[str, Any]) -> bool:
    """By size: a payload's digest is read before it is used. A record is small, and a score's value is in it."""
    return _is_same(file, record) if file.name == _META else file.stat().st_size == record["size"]


def _intact(folder: Path, same: Callable[[Path, dict[str, Any]], bool]) -> bool:
    try:
        files = json.loads((folder / _DONE).read_bytes())["files"]
        return _META in files and all(same(folder / name, record) for name, record in files.items())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _named(folder: Path, prefix: str) -> list[Path]:
    """The folders in a folder whose names begin so; ``glob`` would compile each prefix as a pattern of its own."""
    return [Path(entry.path) for entry in _listing(folder) if entry.name.startswith(prefix) and entry.is_dir()]


def _listing(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _hold(folder: Path, held: contextlib.ExitStack) -> bool:
    """Lock a folder as long as ``held`` is open; False where another holds it."""
    descriptor = os.open(folder, os.O_RDONLY)
    held.callback(os.close, descriptor)
    return locking.attempt(descriptor)


def _remove_unheld(folder: Path) -> None:
    with contextlib.ExitStack() as held:
        if _hold(folder, held):
            shutil.rmtree(folder, ignore_errors=True)


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
