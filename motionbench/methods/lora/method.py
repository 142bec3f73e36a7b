"""Plain LoRA tuning as a method: what a low-rank adapter learns from one clip when nobody separates anything.

W' = W + (α / r) B A on the self-attention projections of all layers (arXiv 2106.09685, section 4), trained by flow
matching on the whole clip with its caption. Appearance and motion are learned together, so it leaks by design.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from motionbench.contracts import Progress, silent
from motionbench.errors import UsageError
from motionbench.methods.lora.options import LoraOptions
from motionbench.methods.tuner import state as states
from motionbench.methods.tuner import views
from motionbench.methods.tuner.clip_tuner import ClipTuner
from motionbench.methods.tuner.generation import generate
from motionbench.methods.tuner.training import Stage
from motionbench.methods.tuner.whole_model import whole_model_stage
from motionbench.specs import Options
from motionbench.types import Case, TuneReport, Video

if TYPE_CHECKING:
    from motionbench.backbones.backbone import Backbone

ADAPTER = "lora"


class Lora:
    """One adapter on the whole clip. Raises UsageError for an unknown option or a backbone that is not there."""

    def __init__(self, backbone: Backbone | None, options: Options) -> None:
        if backbone is None:
            raise UsageError("lora needs a backbone; name one with --backbone")
        self.backbone = backbone
        self.options = LoraOptions.of(options)

    def tune(self, case: Case, *, seed: int, directory: Path, progress: Progress = silent) -> TuneReport:
        """Train the adapter on the reference with its caption.

        Goes on from what it finds in ``directory``; an interrupted run gives the same weights as an undisturbed one.
        """
        tuner = ClipTuner(self.backbone, seed, directory, progress, self.options.gradient_checkpointing)
        with tuner.session() as done:
            done = tuner.adapter(ADAPTER, done, lambda: self._stage(case))
        return tuner.complete(done).report()

    def _stage(self, case: Case) -> Stage:
        options = self.options
        return whole_model_stage(
            self.backbone,
            options,
            ADAPTER,
            views.whole_clip(self.backbone, case.reference),
            case.reference_prompt,
            steps=options.steps,
            learning_rate=options.learning_rate,
        )

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: Progress = silent) -> Video:
        """The prompt's video with the adapter acting.

        Raises UsageError without a finished tuning, InvalidOutputError where the adapter changes nothing.
        """
        folder = states.finished(state, "lora")
        scales = {ADAPTER: self.options.scale}
        return generate(self.backbone, case, folder, scales, method="lora", seed=seed, progress=progress)
