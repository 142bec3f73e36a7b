"""Leases: who is at work on what, in a folder that several machines share.

A lease is a file that only one process can create, rewritten at each heartbeat. Whoever finds one tells its age by its
own clock, from when it first saw these bytes: clocks of two machines are never compared. One that stays the same for
``patience`` seconds belongs to nobody, and is taken away by a rename, which one process wins. No file is ever locked.

A lease is advice. A process that was only asleep may wake up and go on beside its successor: both make the same object,
and the first to rename it into place wins (``objects``).
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from motionbench.store.writing import writing

Answer = Literal["taken", "inherited", "held"]
"""Ours; ours, left by an owner who fell silent; another's."""
_FOLDER = "leases"
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class Leases:
    """The leases of one owner; its methods may be called from several threads."""

    def __init__(
        self, root: Path, owner: str, *, patience: float = 30.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._root, self._folder = root, root / _FOLDER
        self._owner, self._patience, self._clock = owner, patience, clock
        self._held: dict[str, int] = {}
        self._seen: dict[str, tuple[bytes, float]] = {}
        self._alone = threading.RLock()
        with writing(root):
            self._folder.mkdir(exist_ok=True)

    def take(self, name: str) -> Answer:
        """Try to become the owner; a lease that is already ours is taken."""
        with self._alone:
            if name in self._held or self._create(name):
                return "taken"
            content = self._read(name)
            if content is None:
                return "taken" if self._create(name) else "held"
            seen = self._seen.get(name)
            if seen is None or seen[0] != content:
                self._seen[name] = content, self._clock()
                return "held"
            if self._clock() - seen[1] < self._patience:
                return "held"
            return "inherited" if self._remove(name, content) and self._create(name) else "held"

    def beat(self) -> None:
        """Tell the others that this owner lives; a lease that was taken from us is let go."""
        with self._alone:
            for name, count in list(self._held.items()):
                if _owner(self._read(name)) != self._owner:
                    del self._held[name]
                    continue
                self._held[name] = count + 1
                partial = self._write(name)
                with writing(self._root):
                    partial.replace(self._folder / name)

    def release(self, name: str) -> None:
        """Give a lease back; nothing where it is not ours."""
        with self._alone:
            if self._held.pop(name, None) is not None and _owner(self._read(name)) == self._owner:
                (self._folder / name).unlink(missing_ok=True)

    def release_all(self) -> None:
        """Give all back."""
        for name in list(self._held):
            self.release(name)

    @property
    def held(self) -> tuple[str, ...]:
        """The leases that are ours, the latest last."""
        with self._alone:
            return tuple(self._held)

    def bury(self, owner: str) -> tuple[str, ...]:
        """Remove the leases of an owner that is known to be dead; their names."""
        left = [name for name, content in self._contents() if _owner(content) == owner]
        for name in left:
            (self._folder / name).unlink(missing_ok=True)
        return tuple(left)

    def listed(self) -> dict[str, str]:
        """Owners by the names of leases, stale ones included."""
        return {name: _owner(content) for name, content in self._contents()}

    def _contents(self) -> list[tuple[str, bytes]]:
        names = [path.name for path in self._folder.iterdir() if not path.name.startswith(".")]
        return [(name, content) for name in sorted(names) if (content := self._read(name)) is not None]

    def _read(self, name: str) -> bytes | None:
        # Opening a file makes NFS look at the server; a look at the time stamps alone may be answered from its cache.
        with contextlib.suppress(OSError):
            return (self._folder / name).read_bytes()
        return None

    def _create(self, name: str) -> bool:
        self._held[name] = 0
        partial = self._write(name)
        try:
            with writing(self._root):
                created = _put(partial, self._folder / name)
        finally:
            partial.unlink(missing_ok=True)
        if not created:
            del self._held[name]
        return created

    def _write(self, name: str) -> Path:
        partial = self._folder / f".{name}.{uuid.uuid4().hex[:8]}"
        record = {"owner": self._owner, "beat": self._held[name], "id": partial.suffix}
        with writing(self._root):
            partial.write_text(json.dumps(record), encoding="utf-8")
        return partial

    def _remove(self, name: str, content: bytes) -> bool:
        """Take a stale lease away; False where another was faster."""
        aside = self._folder / f".{name}.{uuid.uuid4().hex[:8]}"
        try:
            (self._folder / name).rename(aside)
        except OSError:
            return False
        try:
            if aside.read_bytes() == content:
                return True
            with contextlib.suppress(OSError):  # somebody's fresh one: put it back
                os.link(aside, self._folder / name)
            return False
        finally:
            aside.unlink(missing_ok=True)


def _put(partial: Path, target: Path) -> bool:
    """Make a written file appear under a name that nobody has yet."""
    try:
        os.link(partial, target)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        try:  # a file system without hard links: the name appears before its content, which readers take for a beat
            descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            return False
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(partial.read_bytes())
    return True


def _owner(content: bytes | None) -> str:
    """Who a lease names; "" where it says nothing readable."""
    try:
        return str(json.loads(content or b"")["owner"])
    except (ValueError, KeyError, TypeError):
        return ""
