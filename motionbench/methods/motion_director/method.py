"""MotionDirector (arXiv 2310.08465) on a video DiT.

The spatial adapter learns single frames by flow matching; the temporal one learns the clip by the appearance-debiased
loss while the spatial one acts, frozen; generation keeps the temporal one only. The paper puts them on the spatial and
the temporal layers of a UNet. Full 3D attention has no such layers, so both act on the same self-attention of all
layers and only what they see separates them. Other than in the public code they are trained one after the other, not in
turns; the spatial one acts in every temporal step, not in four of five; and generation starts from plain noise, without
the reference's inverted latents.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from motionbench.contracts import Progress, silent
from motionbench.errors import UsageError
from motionbench.methods.motion_director.losses import TemporalLoss
from motionbench.methods.motion_director.options import MotionDirectorOptions
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

SPATIAL, TEMPORAL = "spatial", "temporal"


class MotionDirector:
    """Two adapters, one kept. Raises UsageError for an unknown option or a backbone that is not there."""

    def __init__(self, backbone: Backbone | None, options: Options) -> None:
        if backbone is None:
            raise UsageError("motion-director needs a backbone; name one with --backbone")
        self.backbone = backbone
        self.options = MotionDirectorOptions.of(options)

    def tune(self, case: Case, *, seed: int, directory: Path, progress: Progress = silent) -> TuneReport:
        """Train the spatial adapter on frames, then the temporal one on the clip beside it.

        Goes on from what it finds in ``directory``; an interrupted run gives the same weights as an undisturbed one.
        """
        tuner = ClipTuner(self.backbone, seed, directory, progress, self.options.gradient_checkpointing)
        with tuner.session() as done:
            done = tuner.adapter(SPATIAL, done, lambda: self._spatial(case))
            frozen = done.adapters
            done = tuner.adapter(TEMPORAL, done, lambda: self._temporal(case, frozen))
        return tuner.complete(done).report()

    def _spatial(self, case: Case) -> Stage | None:
        options = self.options
        if not options.spatial_steps:
            return None
        return whole_model_stage(
            self.backbone,
            options,
            SPATIAL,
            views.single_frames(self.backbone, case.reference),
            case.reference_prompt,
            steps=options.spatial_steps,
            learning_rate=options.spatial_learning_rate or options.learning_rate,
        )

    def _temporal(self, case: Case, frozen: tuple[str, ...]) -> Stage:
        options = self.options
        return whole_model_stage(
            self.backbone,
            options,
            TEMPORAL,
            views.whole_clip(self.backbone, case.reference),
            case.reference_prompt,
            steps=options.temporal_steps,
            learning_rate=options.learning_rate,
            loss=TemporalLoss(options.beta, options.debias_weight),
            frozen=frozen,
        )

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: Progress = silent) -> Video:
        """The prompt's video with the temporal adapter acting and the spatial one off.

        Raises UsageError without a finished tuning, InvalidOutputError where the adapter changes nothing.
        """
        folder = states.finished(state, "motion-director")
        scales = {TEMPORAL: self.options.temporal_scale}
        return generate(self.backbone, case, folder, scales, method="motion-director", seed=seed, progress=progress)
