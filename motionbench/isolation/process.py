"""A worker process: started, talked to, killed. One request at a time, each with exactly one answer.

The process leads a session of its own, so that Ctrl-C reaches the host alone and killing it takes its children along.
"""

from __future__ import annotations

import atexit
import collections
import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from motionbench.contracts import Progress
from motionbench.errors import Declined, WorkerError

_WORKER = Path(__file__).with_name("worker.py")
_TAIL, _GRACE = 40, 5.0
_HIDDEN = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV")
"""Variables by which the host's packages would leak into the environment."""


class RemoteError(Exception):
    """What a method raised in its own process."""

    def __init__(self, kind: str, text: str, traceback: str) -> None:
        super().__init__(f"{kind}: {text}")
        self.traceback = traceback


class WorkerProcess:
    """``python worker.py`` of one environment; raises WorkerError where it dies, is silent or babbles."""

    def __init__(self, name: str, python: Path, patience: float) -> None:
        self._name, self._patience = name, patience
        self._tail: collections.deque[str] = collections.deque(maxlen=_TAIL)
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._process = subprocess.Popen(
            [str(python), str(_WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env={name: value for name, value in os.environ.items() if name not in _HIDDEN},
            start_new_session=True,
        )
        self._threads = [self._follow(self._read_answers), self._follow(self._read_log)]
        atexit.register(self.close)
        try:
            self._greet()
        except BaseException:
            self.close()
            raise

    def call(self, request: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        """The result of a request; raises Declined, RemoteError or WorkerError."""
        try:
            self._pipe(self._process.stdin).write(json.dumps(request) + "\n")
            self._pipe(self._process.stdin).flush()
        except OSError as error:
            raise self._died() from error
        while True:
            message = self._message(self._line())
            if "progress" in message:
                progress(*message["progress"])
            elif "declined" in message:
                raise Declined(message["declined"])
            elif "error" in message:
                raise RemoteError(*(message["error"][part] for part in ("type", "text", "traceback")))
            else:
                return dict(message["result"])

    @property
    def tail(self) -> str:
        """The last lines that the process wrote on stderr."""
        return "\n".join(self._tail)

    def close(self) -> None:
        """Kill the process and its children; safe to call again."""
        atexit.unregister(self.close)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for thread in self._threads:
            thread.join(_GRACE)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                self._pipe(pipe).close()

    def _greet(self) -> None:
        """Wait for the worker's first message; what an environment prints before it belongs to the log."""
        while True:
            line = self._line()
            with contextlib.suppress(ValueError):
                if "ready" in json.loads(line):
                    return
            self._tail.append(line)

    def _line(self) -> str:
        try:
            line = self._lines.get(timeout=self._patience)
        except queue.Empty:
            raise self._failure(f"was silent for {self._patience:g} s and has been killed") from None
        if line is None:
            raise self._died()
        return line

    def _message(self, line: str) -> dict[str, Any]:
        with contextlib.suppress(ValueError):
            message = json.loads(line)
            if isinstance(message, dict) and {"progress", "declined", "error", "result"} & message.keys():
                return message
        raise self._failure(f"wrote something that is no message: {line[:80]!r}")

    def _died(self) -> WorkerError:
        code = self._process.wait()
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        return self._failure(f"died {how}")

    def _failure(self, what: str) -> WorkerError:
        self.close()
        last = f"; its last line: {self._tail[-1]}" if self._tail else ""
        error = WorkerError(f"the worker of {self._name} {what}{last}")
        error.add_note(f"Its log ends:\n{self.tail}")
        return error

    def _read_answers(self) -> None:
        for line in self._pipe(self._process.stdout):
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def _read_log(self) -> None:
        lines: Iterable[str] = self._pipe(self._process.stderr)
        self._tail.extend(line.rstrip("\n") for line in lines)

    def _follow(self, target: Any) -> threading.Thread:
        thread = threading.Thread(target=target, daemon=True)
        thread.start()
        return thread

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        if pipe is None:
            raise ValueError("the worker was started without pipes")
        return pipe
