"""From the words of the command line to an executor and the places of its workers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from motionbench.errors import UsageError
from motionbench.executors.crew import Places
from motionbench.executors.posts import Executor
from motionbench.spelling import suggest
from motionbench.store import STAGES

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
_GPUS = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Wanted:
    """The words."""

    executor: str = "local"
    workers: int = 0
    """0 for one, or one a GPU where GPUs are named."""
    gpus: str = ""
    """``local``: ``all`` or numbers such as ``0,2``; ``ray``, ``slurm``: how many each worker gets."""
    settings: Mapping[str, str] | None = None
    """Of the engine."""

    @property
    def in_this_process(self) -> bool:
        """Whether nothing was asked for that needs another process."""
        return self.executor == "local" and self.workers in (0, 1) and not self.gpus


def choose(wanted: Wanted) -> tuple[Executor, Places]:
    """Raises UsageError for what does not fit, MissingResourceError where the engine is not installed."""
    if wanted.workers < 0:
        raise UsageError(f"--workers takes a number above 0, got {wanted.workers}")
    if wanted.executor == "local":
        return _local(wanted)
    count = wanted.workers or 1
    gpus = _count(wanted.gpus, wanted.executor)
    settings = dict(wanted.settings or {})
    if wanted.executor == "slurm":
        from motionbench.executors.on_slurm import Slurm

        return Slurm(settings, gpus), Places(({},) * count, shared=settings.get("cluster") in ("local", "debug"))
    from motionbench.executors.on_ray import OnRay

    return OnRay(settings, gpus), Places(({},) * count, shared=gpus < 1)


def _local(wanted: Wanted) -> tuple[Executor, Places]:
    from motionbench.executors.local import Local

    if wanted.settings:
        raise UsageError(f"--executor local has no settings; leave --with {next(iter(wanted.settings))}=... out")
    gpus = _named(wanted.gpus) if wanted.gpus else []
    count = wanted.workers or len(gpus) or 1
    threads = _threads(count)
    cards = [{_GPUS: gpus[rank % len(gpus)]} if gpus else {} for rank in range(count)]
    shared = count > len(gpus) if gpus else count > 1
    return Local(), Places(tuple({**threads, **card} for card in cards), shared)


def _threads(count: int) -> dict[str, str]:
    """Cores divided among workers, where the user has not said it."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share = str(max(1, available // count))
    return {name: share for name in _THREADS if name not in os.environ}


def _named(text: str) -> list[str]:
    """GPUs by what ``CUDA_VISIBLE_DEVICES`` calls them; numbers count among those that are visible now."""
    visible = _visible()
    if text == "all":
        if not visible:
            raise UsageError("--gpus all: torch sees no GPU here; leave it out, or see: motionbench doctor")
        return visible
    try:
        return [visible[int(part)] for part in text.split(",")]
    except (ValueError, IndexError) as error:
        found = ", ".join(str(number) for number in range(len(visible))) or "none"
        raise UsageError(f"--gpus takes all, or numbers of GPUs with commas ({found} here), got {text!r}") from error


def _visible() -> list[str]:
    import importlib

    torch = importlib.import_module("torch")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    named = [part.strip() for part in os.environ.get(_GPUS, "").split(",") if part.strip()]
    return (named or [str(number) for number in range(count)])[:count]


def _count(text: str, executor: str) -> float:
    try:
        number = float(text) if text else 0.0
    except ValueError:
        number = -1.0
    if number < 0:
        raise UsageError(
            f"--gpus with --executor {executor} is how many GPUs each worker gets, such as 1, got {text!r}"
        )
    return number


def timeouts(texts: Sequence[str]) -> dict[str, float]:
    """``600`` for every stage, ``generate=600`` for one; raises UsageError for anything else."""
    found: dict[str, float] = {}
    for text in texts:
        stage, equals, number = text.rpartition("=")
        try:
            seconds = float(number)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < float("inf"):
            raise UsageError(f"--timeout takes seconds, as 600 or generate=600, got {text!r}")
        if equals and stage not in STAGES:
            raise UsageError(f"--timeout {text}: there is no stage {stage!r}; {suggest(stage, STAGES)}")
        found |= {stage: seconds} if equals else {name: found.get(name, seconds) for name in STAGES}
    return found


def settings(texts: Sequence[str]) -> dict[str, str]:
    """``partition=gpu``, each once; raises UsageError for anything else."""
    pairs = [text.partition("=") for text in texts]
    wrong = [text for text, (name, equals, _) in zip(texts, pairs, strict=True) if not name or not equals]
    if wrong:
        raise UsageError(f"--with takes NAME=VALUE, such as partition=gpu, got {wrong[0]!r}")
    return {name: value for name, _, value in pairs}
