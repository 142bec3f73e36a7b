"""A loop of optimiser steps that an interruption does not change, to the bit; it knows no model and no adapter."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from motionbench.contracts import Progress
from motionbench.methods.tuner.checkpoint import Checkpoint

CHECKPOINT_SECONDS = 10.0


@dataclass(frozen=True)
class Schedule:
    """The optimiser's numbers (AdamW)."""

    steps: int
    learning_rate: float
    lr_schedule: str
    """``constant`` or ``cosine``."""
    weight_decay: float


def learning_rate(schedule: Schedule, step: int) -> float:
    """Rate of a step, counted from 0: constant, or half a cosine down to 0."""
    if schedule.lr_schedule == "constant":
        return schedule.learning_rate
    return schedule.learning_rate * 0.5 * (1 + math.cos(math.pi * step / schedule.steps))


def optimise(
    name: str,
    parameters: Sequence[nn.Parameter],
    loss: Callable[[torch.Generator], Tensor],
    schedule: Schedule,
    *,
    generator: torch.Generator,
    checkpoint: Path,
    progress: Progress,
) -> float:
    """Minimise ``loss(generator)`` over ``parameters``; returns the seconds, those before an interruption included.

    ``checkpoint`` is written every ten seconds and taken up again where it exists; it is left for the caller to delete.
    Every random choice must come from ``generator``, whose state is part of the checkpoint.
    """
    weights = list(parameters)
    optimizer = torch.optim.AdamW(weights, lr=schedule.learning_rate, weight_decay=schedule.weight_decay, fused=True)
    clock = _Clock()
    first = clock.resume(checkpoint, weights, optimizer, generator)
    for step in range(first, schedule.steps):
        optimizer.param_groups[0]["lr"] = learning_rate(schedule, step)
        optimizer.zero_grad(set_to_none=True)
        loss(generator).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        clock.tick(checkpoint, step + 1, weights, optimizer, generator)
        progress(name, step + 1, schedule.steps)
    return clock.seconds


class _Clock:
    """Counts a stage's seconds over interruptions and says when a checkpoint is due."""

    def __init__(self) -> None:
        self._started = self._written = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def resume(
        self, path: Path, parameters: list[nn.Parameter], optimizer: torch.optim.Optimizer, generator: torch.Generator
    ) -> int:
        """The first step to do."""
        if not path.exists():
            return 0
        found = Checkpoint.read(path)
        found.restore(parameters, optimizer, generator)
        self._started -= found.seconds
        return found.step

    def tick(
        self,
        path: Path,
        step: int,
        parameters: list[nn.Parameter],
        optimizer: torch.optim.Optimizer,
        generator: torch.Generator,
    ) -> None:
        if time.monotonic() - self._written < CHECKPOINT_SECONDS:
            return
        weights = [parameter.detach().cpu() for parameter in parameters]
        Checkpoint(step, self.seconds, weights, optimizer.state_dict(), generator.get_state()).write(path)
        self._written = time.monotonic()
