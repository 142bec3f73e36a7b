"""Unfinished tuning on disk: what one stage needs to go on as if nothing had happened, to the bit."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from motionbench.errors import MissingResourceError


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """One stage after ``step`` optimiser steps."""

    step: int
    seconds: float
    weights: list[Tensor]
    """The trained parameters, in ``attach``'s order."""
    optimizer: Any
    """``state_dict`` of the optimiser."""
    generator: Tensor
    """State of the random generator."""

    def write(self, path: Path) -> None:
        """Save whole or not at all."""
        unfinished = path.with_name(f"unfinished-{path.name}")
        torch.save(vars(self), unfinished)
        os.replace(unfinished, path)

    @classmethod
    def read(cls, path: Path) -> Checkpoint:
        """Load without running any code of the file; raises MissingResourceError where it is not a checkpoint."""
        try:
            return cls(**torch.load(path, map_location="cpu", weights_only=True))
        except (OSError, RuntimeError, TypeError, EOFError, pickle.UnpicklingError) as error:
            raise MissingResourceError(f"{path} is not a checkpoint: {error}. Delete its folder.") from error

    def restore(
        self, parameters: list[nn.Parameter], optimizer: torch.optim.Optimizer, generator: torch.Generator
    ) -> None:
        """Put weights, moments and the random state back in place."""
        with torch.no_grad():
            for parameter, weight in zip(parameters, self.weights, strict=True):
                parameter.copy_(weight)
        optimizer.load_state_dict(self.optimizer)
        generator.set_state(self.generator)
