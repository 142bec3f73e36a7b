"""A worker's second thread: renews leases, sees when to stop, ends the process when an item takes too long.

An item that hangs cannot be interrupted from Python, so the whole process goes, with an exit code of its own; whoever
started it starts another. Where even this thread cannot run, the driver kills the process (``crew``).
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from motionbench.errors import MissingResourceError
from motionbench.store.leases import Leases

TIMED_OUT, OUT_OF_TIME = 76, 75
"""Exit codes: an item took too long; the worker's own time is used up and more is to do."""
_TICK, _LOOK = 0.2, 1.0


class Vigil(threading.Thread):
    """Watches until it is closed."""

    def __init__(self, leases: Leases, interval: float, stopping: Callable[[], bool], halt: threading.Event) -> None:
        super().__init__(daemon=True)
        self._leases, self._interval, self._stopping, self._halt = leases, interval, stopping, halt
        self._closed = threading.Event()
        self._deadline: float | None = None
        self._react: Callable[[], None] = lambda: None

    def run(self) -> None:
        """Until closed; without a store that can be written there is no further work."""
        last = looked = time.monotonic()
        while not self._closed.wait(_TICK):
            deadline, now = self._deadline, time.monotonic()
            if deadline is not None and now > deadline:
                self._end()
            if now - looked >= _LOOK:
                looked = now
                self._look()
            if now - last >= self._interval:
                last = now
                self._beat()

    def guard(self, seconds: float | None, react: Callable[[], None]) -> None:
        """An item begins: after so many seconds call ``react`` and end the process."""
        self._react = react
        self._deadline = time.monotonic() + seconds if seconds else None

    def unguard(self) -> None:
        """The item ended."""
        self._deadline = None

    def close(self) -> None:
        """End the watch."""
        self._closed.set()

    def _look(self) -> None:
        if self._stopping():
            self._halt.set()

    def _beat(self) -> None:
        try:
            self._leases.beat()
        except MissingResourceError:
            self._halt.set()

    def _end(self) -> None:
        with contextlib.suppress(Exception):
            faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
            self._react()
        os._exit(TIMED_OUT)


def leash(halt: threading.Event) -> None:
    """Halt when standard input ends, as it does when whoever started this process is gone."""

    def wait() -> None:
        with contextlib.suppress(OSError, ValueError):
            while os.read(0, 4096):
                pass
        halt.set()

    threading.Thread(target=wait, daemon=True).start()


def terminable(halt: threading.Event) -> None:
    """SIGTERM halts as Ctrl-C does once in the driver; Ctrl-C itself is the driver's to hear."""
    signal.signal(signal.SIGTERM, lambda *_: halt.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class Capture:
    """Puts whatever a process and its children print into a file meanwhile, by descriptor."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._own = os.dup(1), os.dup(2)
        self._file: Path | None = None

    def begin(self, name: str, *, again: bool) -> None:
        """From here on into this file; below what it holds where the item is tried ``again``."""
        with contextlib.suppress(OSError):  # a disk that is full must not stop the item
            self._logs.mkdir(exist_ok=True)
            self._file = self._logs / name
            fresh = 0 if again else os.O_TRUNC
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | fresh, 0o666)
            _redirect(descriptor, descriptor)
            os.close(descriptor)

    def end(self) -> None:
        """As before; a file in which nothing was written is removed."""
        if self._file is None:
            return
        _redirect(*self._own)
        with contextlib.suppress(OSError):
            if not self._file.stat().st_size:
                self._file.unlink()
        self._file = None


def _redirect(out: int, err: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os.dup2(out, 1)
    os.dup2(err, 2)
