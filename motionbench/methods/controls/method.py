"""The controls: each makes its video from the case alone, or from the backbone and the prompt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from motionbench.contracts import Progress, silent
from motionbench.errors import Declined, UsageError
from motionbench.specs import Options
from motionbench.types import Case, TuneReport, Video

if TYPE_CHECKING:
    from motionbench.backbones.backbone import Backbone as VideoModel


@dataclass(frozen=True)
class _Control:
    """Takes no option and tunes nothing."""

    backbone: VideoModel | None
    options: Options

    def __post_init__(self) -> None:
        if self.options:
            raise UsageError(f"{type(self).__name__} takes no options, got {sorted(self.options)}")

    def tune(self, case: Case, *, seed: int, directory: Path, progress: Progress = silent) -> TuneReport:
        """Nothing to learn."""
        return TuneReport(seconds=0.0, trainable_parameters=0)

    def _prompted(self, case: Case, seed: int, progress: Progress) -> Video:
        if self.backbone is None:
            raise UsageError(f"{type(self).__name__} needs a backbone; name one with --backbone")
        return self.backbone.generate(case.prompt, seed=seed, progress=progress)


class Backbone(_Control):
    """Prompt only, same seed and sampler as the methods."""

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: Progress = silent) -> Video:
        """The backbone's own video of the prompt."""
        return self._prompted(case, seed, progress)


class Frozen(_Control):
    """The floor of motion."""

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: Progress = silent) -> Video:
        """Frame 0 of the backbone's video of the same seed, repeated."""
        video = self._prompted(case, seed, progress)
        return replace(video, frames=np.repeat(video.frames[:1], len(video.frames), axis=0))


class CopyReference(_Control):
    """All of the motion with the content that was not asked for."""

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: Progress = silent) -> Video:
        """The reference video."""
        return case.reference


class TimeReversed(_Control):
    """The right paths in the wrong direction."""

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: Progress = silent) -> Video:
        """The perfect transfer backwards where it is known, otherwise the reference backwards."""
        video = case.perfect or case.reference
        return replace(video, frames=np.ascontiguousarray(video.frames[::-1]))


class OtherClip(_Control):
    """Motion that has nothing to do with the reference's."""

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: Progress = silent) -> Video:
        """Another clip of the suite; raises Declined where there is none."""
        if case.other is None:
            raise Declined("the suite has no other reference video")
        return case.other


class Oracle(_Control):
    """The best that a method can do."""

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: Progress = silent) -> Video:
        """The perfect transfer; raises Declined where it is not known."""
        if case.perfect is None:
            raise Declined("the perfect transfer is known for procedural clips only")
        return case.perfect
