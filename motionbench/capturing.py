"""What an item prints goes into its log: a table on standard output is to be a table, whatever a method says."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from motionbench.display import Display
from motionbench.plan import Item
from motionbench.scoring import Verdict

_PRINTED = (1, 2)
"""Descriptors of standard output and standard error."""


class Capture:
    """Puts what a process and its children print into a file meanwhile, by descriptor."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._own = {number: os.dup(number) for number in _PRINTED}
        self._file: Path | None = None

    def begin(self, name: str, *, again: bool) -> None:
        """From here on into this file; below what it holds where the item is tried ``again``."""
        with contextlib.suppress(OSError):  # a disk that is full must not stop the item
            self._logs.mkdir(exist_ok=True)
            self._file = self._logs / name
            fresh = 0 if again else os.O_TRUNC
            file = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | fresh, 0o666)
            self._redirect(dict.fromkeys(self._own, file))
            os.close(file)

    def end(self) -> None:
        """As before; a file in which nothing was written is removed."""
        if self._file is None:
            return
        self._redirect(self._own)
        with contextlib.suppress(OSError):
            if not self._file.stat().st_size:
                self._file.unlink()
        self._file = None

    def _redirect(self, targets: dict[int, int]) -> None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        for number, target in targets.items():
            os.dup2(target, number)


class Capturing:
    """A display of a run in this process that keeps what items print in their logs; it has a stream of its own."""

    def __init__(self, display: Display, logs: Path) -> None:
        self._display, self._capture = display, Capture(logs)

    def start(self, missing: int, cached: int) -> None:
        """The run begins."""
        self._display.start(missing, cached)

    def begin(self, item: Item) -> None:
        """From here on into the item's log."""
        self._display.begin(item)
        self._capture.begin(log_name(item), again=False)

    def progress(self, stage: str, done: int, total: int) -> None:
        """Shown."""
        self._display.progress(stage, done, total)

    def end(self, item: Item, verdict: Verdict, seconds: float) -> None:
        """An item ended."""
        self._capture.end()
        self._display.end(item, verdict, seconds)

    def warn(self, text: str) -> None:
        """Shown."""
        self._display.warn(text)

    def stop(self) -> None:
        """Also where an item spoilt the run."""
        self._capture.end()
        self._display.stop()


def log_name(item: Item) -> str:
    """The file under ``logs/`` of what an item has to say."""
    return f"{item.stage}-{item.key[:16]}.txt"
