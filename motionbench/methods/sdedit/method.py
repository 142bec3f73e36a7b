"""SDEdit (arXiv 2108.01073) on a video diffusion model: noise the reference, then sample on under the prompt.

The paper adds noise up to a time t₀ of a diffusion SDE and solves it backwards. Here x_σ is on the path of the
backbone's own process, (1 − σ)·x₀ + σ·ε for flow matching, and its ODE leads back; where it starts is given as a share
of the steps, as diffusers' video-to-video pipelines do. Nothing separates motion from look, so what motion it keeps it
pays for in leakage: every method that starts from the reference, or pulls towards it, is to be read beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from motionbench.backbones.sampling import Sampler
from motionbench.contracts import Progress, silent
from motionbench.errors import UsageError
from motionbench.methods.sdedit.options import SdeditOptions
from motionbench.specs import Options
from motionbench.types import Case, TuneReport, Video

if TYPE_CHECKING:
    from motionbench.backbones.backbone import Backbone


class Sdedit:
    """Training-free. Raises UsageError for an unknown option or a backbone that is not there."""

    def __init__(self, backbone: Backbone | None, options: Options) -> None:
        if backbone is None:
            raise UsageError("sdedit needs a backbone; name one with --backbone")
        self.backbone = backbone
        self.options = SdeditOptions.of(options)

    def tune(self, case: Case, *, seed: int, directory: Path, progress: Progress = silent) -> TuneReport:
        """Nothing to learn."""
        return TuneReport(seconds=0.0, trainable_parameters=0)

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: Progress = silent) -> Video:
        """The reference drawn towards the prompt.

        At strength 0 it is the reference encoded and decoded, at 1 the backbone's own video of the prompt and seed.
        """
        sampler = Sampler(self.backbone)
        first_step = sampler.entry(self.options.strength)
        start = sampler.noised(self.backbone.encode(case.reference), sampler.noise(seed), first_step)
        return sampler.render(sampler.sample(start, case.prompt, first_step=first_step, progress=progress))
