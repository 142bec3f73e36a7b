"""Keys and values of the reference in the self-attention of the generation.

This is what DiTFlow (arXiv 2412.07776) does beside its guidance, and ablates as "injection only"; no paper proposes it
as a method of its own. As its public code has it: at each step of the window the reference's latents are noised to the
step's level with the generation's own initial noise and passed under the prompt; the keys and values of the chosen
blocks then replace the generation's, in the guided and in the unguided pass. Written there for CogVideoX, whose text
tokens keep their own, as they do here; Wan's self-attention has none. In block 0, whose tokens have not met the text
yet, the first step changes nothing: at σ = 1 the noised reference is the noise.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from motionbench.backbones.attention_capture import capture, injection
from motionbench.backbones.sampling import Sampler
from motionbench.contracts import Progress, silent
from motionbench.errors import UsageError
from motionbench.methods.kv_injection.options import KvInjectionOptions
from motionbench.specs import Options
from motionbench.types import Case, TuneReport, Video

if TYPE_CHECKING:
    from motionbench.backbones.backbone import Backbone


class KvInjection:
    """Training-free. Raises UsageError for an unknown option, a block or a backbone that is not there."""

    def __init__(self, backbone: Backbone | None, options: Options) -> None:
        if backbone is None:
            raise UsageError("kv-injection needs a backbone; name one with --backbone")
        self.backbone = backbone
        self.options = KvInjectionOptions.of(options)
        self.layers = self.options.layers(backbone.depth)

    def tune(self, case: Case, *, seed: int, directory: Path, progress: Progress = silent) -> TuneReport:
        """Nothing to learn."""
        return TuneReport(seconds=0.0, trainable_parameters=0)

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: Progress = silent) -> Video:
        """The prompt's video from plain noise, with the reference's keys and values in the window's steps."""
        backbone, transformer = self.backbone, self.backbone.transformer
        sampler, embeds = Sampler(backbone), backbone.embed(case.prompt)
        clean, noise = backbone.encode(case.reference), sampler.noise(seed)
        last = math.ceil(self.options.window * sampler.steps - 1e-9)

        with injection(transformer, self.layers) as injected:

            def before_step(step: int, sigma: Tensor, latents: Tensor) -> Tensor:
                injected.clear()
                if step < last:
                    reference = sampler.noised(clean, noise, step)
                    with torch.no_grad(), capture(transformer, attention=self.layers, stop=True) as seen:
                        backbone.velocity(reference, sigma.view(1), embeds)
                    for layer, features in seen.attention.items():
                        injected.put(layer, features)
                return latents

            return sampler.render(sampler.sample(noise, case.prompt, before_step=before_step, progress=progress))
