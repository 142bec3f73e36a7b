"""Workers as tasks of a Slurm array, through submitit (extra ``[slurm]``).

Each task hosts one worker. Settings are Slurm's by name, such as ``partition=gpu`` or ``time=240`` (minutes), and
``cluster=local`` for processes of this machine. A task near its time limit begins nothing that would not end in time; a
task that is preempted, or that runs into its limit, is queued again by submitit. Nothing is read from what submitit
brings back.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from motionbench.errors import MissingResourceError, UsageError
from motionbench.executors import hosting
from motionbench.executors.posts import Ending, Post

_MINUTES = 60
_MARGIN = 120.0
"""Seconds before the limit by which a worker is to be through."""


class Task:
    """What runs on a node: submitit calls it, and asks it for ``checkpoint`` when its time is up."""

    def __init__(self, post: Post, seconds: float) -> None:
        self._post, self._seconds = post, seconds
        self._process: subprocess.Popen[bytes] | None = None

    def __call__(self) -> int:
        """Host the worker; its exit code."""
        self._process = hosting.start(self._post.words(self._seconds), self._post.variables, self._post.output)
        return self._process.wait()

    def checkpoint(self) -> Any:
        """End the worker, whose work is in the store, and go on in the queue."""
        if self._process is not None:
            hosting.kill(self._process)
        again = Task(self._post, self._seconds)
        return importlib.import_module("submitit").helpers.DelayedSubmission(again)


class Slurm:
    """Submits tasks; those of one look together, as one array."""

    poll = 1.0

    def __init__(self, settings: Mapping[str, str], gpus: float) -> None:
        self._submitit = _submitit()
        self._settings = dict(settings)
        self._cluster = self._settings.pop("cluster", None)
        self._minutes = _number("time", self._settings.pop("time", "60"))
        self._gpus = int(gpus)
        self._waiting: list[Post] = []
        self._jobs: dict[str, Any] = {}
        self._executor: Any = None

    def start(self, post: Post) -> None:
        """Submitted with the next look."""
        self._waiting.append(post)

    def ended(self) -> list[Ending]:
        """Submit what is waiting; tasks that Slurm no longer knows as queued or running."""
        self._submit()
        gone = [name for name, job in self._jobs.items() if job.done()]
        return [_ending(name, self._jobs.pop(name)) for name in gone]

    def kill(self, name: str) -> None:
        """Cancel a task; the others go on."""
        if name in self._jobs:
            self._jobs[name].cancel()

    def close(self) -> None:
        """Cancel all that is left."""
        for job in self._jobs.values():
            job.cancel()
        self._jobs, self._waiting = {}, []

    def _submit(self) -> None:
        if not self._waiting:
            return
        executor = self._executor = self._executor or self._opened(self._waiting[0])
        tasks = [Task(post, max(_MINUTES * self._minutes - _MARGIN, _MINUTES)) for post in self._waiting]
        with executor.batch():
            jobs = [executor.submit(task) for task in tasks]
        self._jobs |= {post.name: job for post, job in zip(self._waiting, jobs, strict=True)}
        self._waiting = []

    def _opened(self, post: Post) -> Any:
        folder: Path = post.output.parent.parent / "submitit"
        try:
            executor = self._submitit.AutoExecutor(folder=folder, cluster=self._cluster)
            executor.update_parameters(
                name="motionbench",
                timeout_min=int(self._minutes),
                **({"gpus_per_node": self._gpus} if self._gpus else {}),
                **self._parameters(),
            )
        except (RuntimeError, ValueError, NameError, TypeError) as error:
            raise UsageError(f"--executor slurm: {error}\nSettings are given as --with partition=NAME") from error
        return executor

    def _parameters(self) -> dict[str, Any]:
        """Those that submitit has, by its names; whatever else ``sbatch`` takes goes through as it is."""
        known = {"account", "array_parallelism", "comment", "constraint", "cpus_per_gpu", "cpus_per_task", "dependency"}
        known |= {"exclude", "exclusive", "gres", "mem", "mem_per_cpu", "mem_per_gpu", "nodelist", "partition", "qos"}
        known |= {"signal_delay_s", "wckey"}
        told = {name: _typed(value) for name, value in self._settings.items()}
        others = {name.replace("_", "-"): value for name, value in told.items() if name not in known}
        return {
            **{f"slurm_{name}": value for name, value in told.items() if name in known},
            **({"slurm_additional_parameters": others} if others else {}),
        }


def _ending(name: str, job: Any) -> Ending:
    try:
        code = int(job.result())
    except Exception as error:  # whatever submitit makes of a task that died
        return Ending(name, None, f"was lost ({_last_line(error)})")
    return Ending(name, code, hosting.describe(code))


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"--with {name} takes a number of minutes, got {text!r}") from None


def _typed(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def _submitit() -> Any:
    try:
        return importlib.import_module("submitit")
    except ImportError as error:
        raise MissingResourceError(
            f"--executor slurm needs submitit, which {sys.executable} does not have\n"
            "Install it: pip install 'motionbench-transfer[slurm]'"
        ) from error
