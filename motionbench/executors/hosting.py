"""Hosts one worker as a child process: the child ends with its host, by the pipe that is its standard input."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

GRACE = 5.0
"""Seconds between asking a worker to go and making it."""


def start(words: Sequence[str], variables: Mapping[str, str], output: Path) -> subprocess.Popen[bytes]:
    """Start a worker in a session of its own, so that Ctrl-C is for the host alone."""
    with output.open("ab") as printed:
        return subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=printed,
            stderr=printed,
            env={**os.environ, **variables},
            start_new_session=True,
        )


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a worker and the processes of its session; safe to call again."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin:
        process.stdin.close()


def describe(code: int | None) -> str:
    """How a process ended, in words."""
    if code is None:
        return "was lost"
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"died by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
