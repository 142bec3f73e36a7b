"""What tuning leaves in its folder.

``NAME.safetensors``, one an adapter (diffusers' LoRA format), and ``report.json`` (which stages are finished and what
they cost). ``NAME.checkpoint.pt`` is unfinished work. A method may add files of its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from motionbench.errors import MissingResourceError, UsageError
from motionbench.types import TuneReport


@dataclass(frozen=True)
class State:
    """The folder's index: one entry for each finished stage."""

    seconds: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, int] = field(default_factory=dict)
    """Trainable ones of each adapter; a stage with nothing to learn has none and leaves no adapter."""
    complete: bool = False

    @property
    def adapters(self) -> tuple[str, ...]:
        """Names of the trained adapters, in the order of training."""
        return tuple(self.parameters)

    def finished(self, stage: str, seconds: float, parameters: int = 0) -> State:
        """The index with one more finished stage."""
        trained = {stage: parameters} if parameters else {}
        return replace(self, seconds={**self.seconds, stage: seconds}, parameters={**self.parameters, **trained})

    def report(self) -> TuneReport:
        """What tuning cost in all."""
        return TuneReport(sum(self.seconds.values()), sum(self.parameters.values()), dict(self.seconds))

    def write(self, directory: Path) -> State:
        """Save whole or not at all."""
        unfinished = directory / "unfinished-report.json"
        unfinished.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        os.replace(unfinished, directory / "report.json")
        return self


def read(directory: Path) -> State:
    """The index of a folder, empty where tuning has finished no stage yet."""
    path = directory / "report.json"
    if not path.exists():
        return State()
    try:
        return State(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise MissingResourceError(f"{path} is not a tuning report: {error}. Delete its folder.") from error


def finished(directory: Path | None, method: str) -> Path:
    """The folder, if its tuning is finished; raises UsageError, which names ``method``, otherwise."""
    if directory is None or not read(directory).complete:
        raise UsageError(f"{method} generates from a finished tuning, got {directory}; run its tune stage first")
    return directory


def weights(directory: Path, adapter: str) -> Path:
    """File of an adapter."""
    return directory / f"{adapter}.safetensors"


def checkpoint(directory: Path, stage: str) -> Path:
    """File of a stage's unfinished work."""
    return directory / f"{stage}.checkpoint.pt"
