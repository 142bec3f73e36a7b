"""Wan's sampling loop spelt out, so that a method can start in the middle, look and steer.

The flow-matching ODE dx/dσ = v̂(x, σ) from noise (σ = 1) to the clean latent (σ = 0) by Euler steps over the levels of
the pipeline's own scheduler, with classifier-free guidance. Left alone it gives the bytes of ``WanBackbone.generate``.
Latents are ``[1, C, F, h, w]``, normalised, float32 unless the transformer computes in less.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from torch import Tensor

from motionbench.backbones.flow_matching import interpolate
from motionbench.contracts import Progress, silent
from motionbench.errors import UsageError
from motionbench.types import Video

if TYPE_CHECKING:
    from motionbench.backbones.wan import WanBackbone

BeforeStep = Callable[[int, Tensor, Tensor], Tensor]
"""``before_step(step, sigma, latents)`` gives the latents that the step starts from; ``sigma`` is a number in a tensor.

It runs in the caller's gradient mode, the step itself without gradients.
"""


@dataclass(frozen=True, eq=False)
class Conditions:
    """What the velocity is guided towards and away from: text embeddings ``[1, L, D]``."""

    prompt: Tensor
    negative: Tensor | None
    """None where guidance is off: one pass a step instead of two."""


class Sampler:
    """The sampler of a backbone's spec, or of another number of steps.

    Raises UsageError for fewer than 1 step, and for a pipeline with two transformers or a noise level for each token
    (Wan 2.2), whose loop is another one.
    """

    def __init__(self, backbone: WanBackbone, *, steps: int | None = None) -> None:
        self.backbone = backbone
        self.steps = backbone.spec.steps if steps is None else steps
        if self.steps < 1:
            raise UsageError(f"a Sampler takes 1 or more steps, got {self.steps}")
        config = backbone.pipe.config
        if config.boundary_ratio is not None or config.expand_timesteps:
            raise UsageError(f"{backbone.spec.name}: this sampling loop is Wan 2.1's, not that of a Wan 2.2 pipeline")
        scheduler = self._scheduler(0)
        self.sigmas: Tensor = scheduler.sigmas.to(backbone.device)
        """Noise levels, falling from 1 to 0: ``[steps + 1]``; step k leads from level k to level k + 1."""

    def _scheduler(self, first_step: int) -> FlowMatchEulerDiscreteScheduler:
        """One of its own: the pipeline's keeps its place in its own loop."""
        scheduler = FlowMatchEulerDiscreteScheduler.from_config(self.backbone.pipe.scheduler.config)
        scheduler.set_timesteps(self.steps, device=self.backbone.device)
        scheduler.set_begin_index(first_step)
        return scheduler

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Of the latents of the spec's videos: (1, C, F, h, w)."""
        spec, pipe = self.backbone.spec, self.backbone.pipe
        side = pipe.vae_scale_factor_spatial
        frames = (spec.frames - 1) // pipe.vae_scale_factor_temporal + 1
        return 1, pipe.transformer.config.in_channels, frames, spec.height // side, spec.width // side

    def noise(self, seed: int) -> Tensor:
        """ε of a seed, float32: what ``WanBackbone.generate`` starts from, drawn on the CPU as there."""
        generator = torch.Generator("cpu").manual_seed(seed)
        return torch.randn(self.shape, generator=generator).to(self.backbone.device)

    def entry(self, strength: float) -> int:
        """The first step where only the last ``strength`` of all steps are taken, as in diffusers' video-to-video.

        1 is the whole loop, 0 none of it; ⌊strength · steps⌋ steps are taken. Raises ValueError outside [0, 1].
        """
        if not 0 <= strength <= 1:
            raise ValueError(f"a strength lies in [0, 1], got {strength}")
        # 0.29 · 100 is 28.999…96 in floating point and means 29 steps.
        return self.steps - math.floor(strength * self.steps + 1e-9)

    def noised(self, clean: Tensor, noise: Tensor, step: int) -> Tensor:
        """(1 − σ)·x₀ + σ·ε at the level that ``step`` starts from; raises ValueError for latents of another shape."""
        if clean.shape != noise.shape:
            raise ValueError(
                f"latents {tuple(clean.shape)} and noise {tuple(noise.shape)} differ in shape; "
                f"bring the video to {self.backbone.spec.name}'s frames, height and width"
            )
        return interpolate(clean, noise, self.sigmas[step].view(1))

    def conditions(self, prompt: str) -> Conditions:
        """Embeddings of a prompt and, where the spec guides at all (above 1), of the spec's negative prompt."""
        backbone, spec = self.backbone, self.backbone.spec
        negative = backbone.embed(spec.negative_prompt).to(backbone.dtype) if spec.guidance > 1 else None
        return Conditions(backbone.embed(prompt).to(backbone.dtype), negative)

    def velocity(self, latents: Tensor, sigma: Tensor, conditions: Conditions) -> Tensor:
        """v̂ = v̂₋ + g·(v̂₊ − v̂₋) with the spec's guidance g (Ho & Salimans 2022); one pass where guidance is off."""
        levels = sigma.reshape(1)
        towards = self.backbone.velocity(latents, levels, conditions.prompt)
        if conditions.negative is None:
            return towards
        away = self.backbone.velocity(latents, levels, conditions.negative)
        return away + self.backbone.spec.guidance * (towards - away)

    def sample(
        self,
        latents: Tensor,
        prompt: str,
        *,
        first_step: int = 0,
        before_step: BeforeStep | None = None,
        progress: Progress = silent,
    ) -> Tensor:
        """Clean latents from ``latents`` at the level of ``first_step``: x_σ′ = x_σ + (σ′ − σ)·v̂(x_σ, σ).

        ``first_step`` may be ``steps``, which leaves the latents as they are. Raises ValueError for another one, and
        for a ``before_step`` that gives latents of another shape.
        """
        if not 0 <= first_step <= self.steps:
            raise ValueError(f"first_step is 0 to {self.steps}, the number of steps; got {first_step}")
        scheduler, conditions = self._scheduler(first_step), self.conditions(prompt)
        for step in range(first_step, self.steps):
            sigma = self.sigmas[step]
            if before_step is not None:
                latents = _same_shape(latents, before_step(step, sigma, latents))
            with torch.no_grad():
                velocity = self.velocity(latents, sigma, conditions)
                latents = scheduler.step(velocity, scheduler.timesteps[step], latents, return_dict=False)[0]
            progress("sampling", step - first_step + 1, self.steps - first_step)
        return latents

    @torch.no_grad()
    def render(self, latents: Tensor) -> Video:
        """Video of clean latents by the pipeline's own arithmetic; ``WanBackbone.decode`` rounds otherwise at times."""
        pipe = self.backbone.pipe
        latents = latents.to(pipe.vae.dtype)
        config = pipe.vae.config
        mean, std = (torch.tensor(values).view(1, -1, 1, 1, 1) for values in (config.latents_mean, config.latents_std))
        pixels = pipe.vae.decode(latents / (1.0 / std).to(latents) + mean.to(latents), return_dict=False)[0]
        frames = pipe.video_processor.postprocess_video(pixels, output_type="np")[0]
        return Video(np.round(np.clip(frames, 0, 1) * 255).astype(np.uint8), self.backbone.spec.fps)


def _same_shape(before: Tensor, after: Tensor) -> Tensor:
    if not isinstance(after, Tensor) or after.shape != before.shape:
        came = tuple(after.shape) if isinstance(after, Tensor) else type(after).__name__
        raise ValueError(f"before_step returned {came}, expected latents {tuple(before.shape)}")
    return after.detach()
