"""Follow-Your-Motion as a method of the benchmark: tune once a clip, generate for any prompt and seed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from motionbench.contracts import Progress, silent
from motionbench.errors import UsageError
from motionbench.methods.fym.norm_leak import suppressed
from motionbench.methods.fym.options import FymOptions
from motionbench.methods.fym.stages import Tuning
from motionbench.methods.tuner import state as states
from motionbench.methods.tuner.generation import generate
from motionbench.specs import Options
from motionbench.types import Case, TuneReport, Video

if TYPE_CHECKING:
    from motionbench.backbones.backbone import Backbone


class FollowYourMotion:
    """Spatial-temporal decoupled LoRA tuning of a video transformer (arXiv 2506.05207).

    Raises UsageError for an option that it does not have or a backbone that is not there.
    """

    def __init__(self, backbone: Backbone | None, options: Options) -> None:
        if backbone is None:
            raise UsageError("fym needs a backbone; name one with --backbone")
        self.backbone = backbone
        self.options = FymOptions.of(options)

    def tune(self, case: Case, *, seed: int, directory: Path, progress: Progress = silent) -> TuneReport:
        """Classify the heads, train the spatial LoRA on frames and the temporal one on the sparse clip.

        Goes on from what it finds in ``directory``; an interrupted run gives the same bytes as an undisturbed one.
        """
        tuning = Tuning(self.backbone, self.options, case.reference, case.reference_prompt, seed, directory, progress)
        return tuning.run().report()

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: Progress = silent) -> Video:
        """The prompt's video with both adapters acting, at native positions and the full number of frames.

        Raises UsageError without a finished tuning, InvalidOutputError where the adapters change nothing.
        """
        folder = states.finished(state, "fym")
        return generate(
            self.backbone,
            case,
            folder,
            self._scales(states.read(folder).adapters),
            method="fym",
            seed=seed,
            progress=progress,
            changes=(suppressed,) if self.options.suppress_norm_leak else (),
        )

    def _scales(self, trained: tuple[str, ...]) -> dict[str, float]:
        wanted = {"spatial": self.options.spatial_scale, "temporal": self.options.temporal_scale}
        scales = {name: wanted[name] for name in trained if wanted[name] != 0}
        if not scales:
            raise UsageError("fym.spatial_scale and fym.temporal_scale leave no trained adapter on; set one above 0")
        return scales
