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
