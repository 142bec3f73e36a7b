"""Workers on a Ray cluster (extra ``[ray]``): an actor a worker, which hosts it as a process.

Settings: ``address`` (a cluster's, ``auto``, or nothing for a Ray of this machine), ``cpus`` of each worker (1). Ray
places actors by their resources and tells when one is lost with its node; the driver then asks for another. The store
must lie in a folder that all nodes share, under the same path.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import os
import sys
import threading
from collections.abc import Mapping
from typing import Any

from motionbench.errors import MissingResourceError, UsageError
from motionbench.executors import hosting
from motionbench.executors.posts import Ending, Post

_HANDED_ON = ("MOTIONBENCH_", "HF_", "PYTHONPATH", "OMP_", "MKL_")
"""Variables of the driver that workers get."""


class Host:
    """The actor: hosts one worker until it ends. Ray ends the actor with the driver, and the worker ends with it."""

    def __init__(self) -> None:
        self._process: Any = None
        self._killed = threading.Event()

    def run(self, post: Post, folder: str) -> int:
        """The worker's exit code."""
        with contextlib.suppress(OSError):
            os.chdir(folder)
        words = [sys.executable, *post.words()[1:]]
        self._process = hosting.start(words, post.variables, post.output)
        if self._killed.is_set():
            hosting.kill(self._process)
        return int(self._process.wait())

    def kill(self) -> None:
        """End the worker."""
        self._killed.set()
        if self._process is not None:
            hosting.kill(self._process)


class OnRay:
    """Starts actors."""

    poll = 0.5

    def __init__(self, settings: Mapping[str, str], gpus: float) -> None:
        self._ray = _ray()
        known = {"address": "", "cpus": "1"}
        for name in settings:
            if name not in known:
                raise UsageError(f"--executor ray has no setting {name!r}; it has {', '.join(known)}")
        told = {**known, **settings}
        self._resources = {"num_gpus": gpus, "num_cpus": _cpus(told["cpus"])}
        self._joined = not self._ray.is_initialized()
        if self._joined:
            self._ray.init(
                address=told["address"] or None, include_dashboard=False, log_to_driver=False, logging_level="ERROR"
            )
        self._hosts: dict[str, Any] = {}
        self._ends: dict[str, Any] = {}

    def start(self, post: Post) -> None:
        """Ask for an actor; Ray starts it as soon as there is room."""
        actor = self._ray.remote(Host).options(max_concurrency=2, **self._resources).remote()
        told = {name: value for name, value in os.environ.items() if name.startswith(_HANDED_ON)}
        placed = dataclasses.replace(post, variables={**told, **post.variables})
        self._hosts[post.name] = actor
        self._ends[post.name] = actor.run.remote(placed, os.getcwd())

    def ended(self) -> list[Ending]:
        """Workers that ended, by themselves or with their node."""
        if not self._ends:
            return []
        ready, _ = self._ray.wait(list(self._ends.values()), num_returns=len(self._ends), timeout=0)
        gone = [name for name, end in self._ends.items() if end in ready]
        return [self._ending(name) for name in gone]

    def kill(self, name: str) -> None:
        """End a worker; its actor then ends by itself."""
        if name in self._hosts:
            self._hosts[name].kill.remote()

    def close(self) -> None:
        """End all actors, and the Ray that was started or joined here."""
        for name in list(self._hosts):
            self._let_go(name)
        if self._joined:
            self._ray.shutdown()

    def _ending(self, name: str) -> Ending:
        try:
            code = int(self._ray.get(self._ends[name]))
            ending = Ending(name, code, hosting.describe(code))
        except Exception as error:  # as many kinds as there are ways to lose an actor
            ending = Ending(name, None, f"was lost with its actor ({type(error).__name__})")
        self._let_go(name)
        return ending

    def _let_go(self, name: str) -> None:
        del self._ends[name]
        with contextlib.suppress(Exception):
            self._ray.kill(self._hosts.pop(name))


def _cpus(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"--with cpus takes a number, got {text!r}") from None


def _ray() -> Any:
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise MissingResourceError(
            f"--executor ray needs ray, which {sys.executable} does not have\n"
            "Install it: pip install 'motionbench-transfer[ray]'"
        ) from error
