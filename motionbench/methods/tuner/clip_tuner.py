"""Tuning on one clip: stages done once each, in order, taken up where they stopped.

A method opens a ``session`` and asks for its adapters one after the other; what is finished already is loaded.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from motionbench.backbones import adapter_files, adapters
from motionbench.contracts import Progress
from motionbench.methods.tuner import state
from motionbench.methods.tuner.seeds import seeded
from motionbench.methods.tuner.state import State
from motionbench.methods.tuner.training import Stage, train

if TYPE_CHECKING:
    from motionbench.backbones.backbone import Backbone


@dataclass(frozen=True)
class ClipTuner:
    """A backbone, the folder that tuning fills, and the seed of everything random in it."""

    backbone: Backbone
    seed: int
    directory: Path
    progress: Progress
    gradient_checkpointing: bool = False

    @contextmanager
    def session(self) -> Iterator[State]:
        """Lend the model out for adapters; gives what is finished already and leaves the model as it was."""
        self.directory.mkdir(parents=True, exist_ok=True)
        done = state.read(self.directory)
        transformer = self.backbone.transformer
        with adapters.borrowed(transformer), self.backbone.checkpointing(wanted=self.gradient_checkpointing):
            yield done

    def adapter(self, name: str, done: State, stage: Callable[[], Stage | None]) -> State:
        """Train the adapter ``name``, or load it where it is trained; the index with it finished.

        ``stage`` is called where there is work, and gives None where there is nothing to learn.
        """
        done = self._trained(name, done, stage).write(self.directory)
        state.checkpoint(self.directory, name).unlink(missing_ok=True)
        return done

    def _trained(self, name: str, done: State, stage: Callable[[], Stage | None]) -> State:
        path = state.weights(self.directory, name)
        if name in done.seconds:
            if name in done.adapters:
                adapter_files.load(self.backbone.pipe, name, path)
            return done
        started = time.monotonic()
        found = stage()
        if found is None:
            return done.finished(name, 0.0)
        preparing = time.monotonic() - started
        seconds = train(
            self.backbone,
            found,
            generator=torch.Generator().manual_seed(seeded(self.seed, name)),
            checkpoint=state.checkpoint(self.directory, name),
            progress=self.progress,
        )
        adapter_files.save(self.backbone.pipe, name, path)
        # Later stages find it as they would after an interruption.
        adapters.settle(self.backbone.transformer, name)
        return done.finished(name, preparing + seconds, adapters.count_trainable(self.backbone.transformer, found.plan))

    def complete(self, done: State) -> State:
        """Say in the folder that all is done."""
        return dataclasses.replace(done, complete=True).write(self.directory)
