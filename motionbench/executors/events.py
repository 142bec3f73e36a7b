"""Events of workers: JSON lines, a file each, that the driver follows; and all of them in one file for programs.

A line is ``{"at", "worker", "event", ...}``; ``event`` is one of ``KINDS``, items are told by their key. A line that is
not complete yet is read later; one that is no event is counted and passed over.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

KINDS = ("start", "hello", "begin", "progress", "end", "warn", "fatal", "lost", "bye", "stop")
"""The driver's own are start, lost and stop."""
_BLOCK = 1 << 20


class EventWriter:
    """Appends events to one file, from any thread; a disk that is full must not stop the work."""

    def __init__(self, path: Path, worker: str) -> None:
        self._worker = worker
        self._alone = threading.Lock()
        self._handle: IO[str] = path.open("a", encoding="utf-8")

    def write(self, event: str, **fields: object) -> None:
        """One line, through to the operating system."""
        record = {"at": time.time(), "worker": self._worker, "event": event, **fields}
        with self._alone, contextlib.suppress(OSError, ValueError):
            self._handle.write(json.dumps(record) + "\n")
            self._handle.flush()

    def copy(self, record: dict[str, Any]) -> None:
        """An event as somebody else wrote it."""
        with self._alone, contextlib.suppress(OSError, ValueError):
            self._handle.write(json.dumps(record) + "\n")
            self._handle.flush()

    def close(self) -> None:
        """Let go of the file."""
        self._handle.close()


class Tail:
    """Reads what is appended to a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0
        self.garbage = 0
        """Lines that were no events."""

    def read(self) -> Iterator[dict[str, Any]]:
        """The events since the last call; none where the file is not there yet."""
        while block := self._block():
            for line in block.split(b"\n"):
                event = _parsed(line)
                if event is not None:
                    yield event
                elif line:
                    self.garbage += 1

    def _block(self) -> bytes:
        """Whole lines, without the last line's end; what is longer than a block and has no end is passed over."""
        try:
            with self._path.open("rb") as handle:
                handle.seek(self._at)
                data = handle.read(_BLOCK)
        except OSError:
            return b""
        end = data.rfind(b"\n")
        if end < 0:
            self._at += len(data) if len(data) == _BLOCK else 0
            return data if len(data) == _BLOCK else b""
        self._at += end + 1
        return data[:end] or b"\n"


def _parsed(line: bytes) -> dict[str, Any] | None:
    with contextlib.suppress(ValueError, RecursionError):
        event = json.loads(line)
        if isinstance(event, dict) and event.get("event") in KINDS and isinstance(event.get("worker"), str):
            return event
    return None
