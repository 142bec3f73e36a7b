"""Workers as processes of this machine."""

from __future__ import annotations

import subprocess

from motionbench.executors import hosting
from motionbench.executors.posts import Ending, Post


class Local:
    """Starts a process a worker; one that ends takes nobody along."""

    poll = 0.1

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, post: Post) -> None:
        """Start a process."""
        self._running[post.name] = hosting.start(post.words(), post.variables, post.output)

    def ended(self) -> list[Ending]:
        """Processes that have an exit code."""
        codes = {name: process.poll() for name, process in self._running.items()}
        found = [Ending(name, code, hosting.describe(code)) for name, code in codes.items() if code is not None]
        for ending in found:
            hosting.kill(self._running.pop(ending.name))
        return found

    def kill(self, name: str) -> None:
        """End a process and its children."""
        if name in self._running:
            hosting.kill(self._running[name])

    def close(self) -> None:
        """End all."""
        for process in self._running.values():
            hosting.kill(process)
        self._running = {}
