"""Places of workers, and what an adapter to an engine has to do: start processes, say which ended, end them."""

from __future__ import annotations

import sys
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Post:
    """One worker to be started."""

    name: str
    """Of this process; whoever takes its place has another."""
    rank: int
    count: int
    store: Path
    run_id: str
    output: Path
    """Where it prints to outside of items."""
    shared: bool = False
    """Whether others use the same device."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Of its environment, besides those of its host."""

    def words(self, seconds: float | None = None) -> list[str]:
        """The command line of the worker with the interpreter at hand."""
        words = [sys.executable, "-m", "motionbench.executors.worker"]
        words += ["--store", str(self.store), "--run", self.run_id, "--name", self.name]
        words += ["--rank", str(self.rank), "--count", str(self.count)]
        words += ["--shared"] if self.shared else []
        return words + (["--seconds", f"{seconds:g}"] if seconds else [])


@dataclass(frozen=True)
class Ending:
    """A worker that is no more."""

    name: str
    code: int | None
    """Its exit code; None where nobody could tell."""
    how: str
    """In words, such as ``died by SIGKILL``."""


class Executor(typing.Protocol):
    """An adapter to an engine that runs processes."""

    poll: float
    """Seconds between two looks."""

    def start(self, post: Post) -> None:
        """Start a worker, or have it queued."""

    def ended(self) -> list[Ending]:
        """The workers that ended since the last call."""

    def kill(self, name: str) -> None:
        """End a worker at once."""

    def close(self) -> None:
        """End all workers that are left."""
