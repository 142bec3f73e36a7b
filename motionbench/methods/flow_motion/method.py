"""FlowMotion (arXiv 2603.06289): latents guided by the one-step clean estimates of a flow-matching model.

As its public code for Wan: before each of the first steps the latents are moved by Adam towards the reference's clean
estimate and its differences between frames; the velocity is a constant for the gradient, and inside the loss its part
across the running average is shrunk. The step itself takes the plain velocity.

What follows from that (read it beside ``sdedit``): the gradient is the difference to the reference's estimate itself,
look included, and the latents move by at most about learning rate × updates an entry in all, 0.09 at the paper's
settings. So it is a soft, bounded pull towards the reference's latents.

Other than in the public code the sampler is the backbone's (Euler at its own levels, as there) with its own guidance
and negative prompt (there 6 and empty), and the reference's latents are the mode of the encoder, not a draw of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from motionbench.backbones.process import FlowMatching
from motionbench.backbones.sampling import Conditions, Sampler
from motionbench.contracts import Progress, silent
from motionbench.errors import UsageError
from motionbench.methods.flow_motion.guidance import FlowGuidance
from motionbench.methods.flow_motion.options import FlowMotionOptions
from motionbench.methods.tuner.seeds import seeded
from motionbench.specs import Options
from motionbench.types import Case, TuneReport, Video

if TYPE_CHECKING:
    from motionbench.backbones.backbone import Backbone


class FlowMotion:
    """Training-free. Raises UsageError for an unknown option or a backbone that is not there."""

    def __init__(self, backbone: Backbone | None, options: Options) -> None:
        if backbone is None:
            raise UsageError("flow-motion needs a backbone; name one with --backbone")
        if not isinstance(backbone.process, FlowMatching):
            raise UsageError(
                f"flow-motion is of flow matching, whose velocity leads straight to the clean latent; "
                f"{backbone.spec.name} predicts another one. Choose a Wan backbone"
            )
        self.backbone = backbone
        self.options = FlowMotionOptions.of(options)

    def tune(self, case: Case, *, seed: int, directory: Path, progress: Progress = silent) -> TuneReport:
        """Nothing to learn."""
        return TuneReport(seconds=0.0, trainable_parameters=0)

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: Progress = silent) -> Video:
        """The prompt's video, pulled towards the reference in the window.

        With no window, no inner steps or a rate of 0 it is the backbone's own to the byte.
        """
        guidance = self.guidance(case, seed, progress)
        latents = guidance.sampler.sample(
            guidance.noise, case.prompt, before_step=guidance.before_step, progress=progress
        )
        return guidance.sampler.render(latents)

    def guidance(self, case: Case, seed: int, progress: Progress = silent) -> FlowGuidance:
        """What guides one generation; raises UsageError for a reference of another size than the backbone's."""
        sampler = Sampler(self.backbone)
        noise, clean = sampler.noise(seed), self.backbone.encode(case.reference)
        if clean.shape != noise.shape:
            raise UsageError(
                f"flow-motion: the reference's latents are {tuple(clean.shape)}, the backbone's {tuple(noise.shape)}; "
                f"bring the video to {self.backbone.spec.name}'s frames, height and width"
            )
        return FlowGuidance(
            sampler,
            self.options,
            clean,
            noise,
            sampler.conditions(case.prompt),
            Conditions(self.backbone.embed("").to(self.backbone.dtype), None),
            torch.Generator().manual_seed(seeded(seed, "reference")),
            progress,
        )
