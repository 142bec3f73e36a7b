"""A pipeline's sampling loop spelt out, so that a method can start in the middle, look and steer.

From noise (σ = 1) to the clean latent (σ = 0) over the levels of the pipeline's own scheduler, by Euler steps of the
flow-matching ODE (Wan) or by DDIM (CogVideoX), with classifier-free guidance. Left alone it gives the bytes of
``Backbone.generate``. Latents are ``[1, C, F, h, w]``, normalised, float32 unless the transformer computes in less.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from motionbench.backbones.backbone import Backbone, Conditions
from motionbench.contracts import Progress, silent
from motionbench.errors import UsageError
from motionbench.types import Video

__all__ = ["BeforeStep", "Conditions", "Sampler"]

BeforeStep = Callable[[int, Tensor, Tensor], Tensor]
"""``before_step(step, sigma, latents)`` gives the latents that the step starts from; ``sigma`` is a number in a tensor.

It runs in the caller's gradient mode, the step itself without gradients.
"""


class Sampler:
    """The sampler of a backbone's spec, or of another number of steps.

    Raises UsageError for fewer than 1 step, and for a pipeline whose loop is another one (``Backbone.solver``).
    """

    def __init__(self, backbone: Backbone, *, steps: int | None = None) -> None:
        self.backbone = backbone
        self.steps = backbone.spec.steps if steps is None else steps
        if self.steps < 1:
            raise UsageError(f"a Sampler takes 1 or more steps, got {self.steps}")
        self.sigmas: Tensor = backbone.solver(self.steps).sigmas
        """Noise levels, falling to 0: ``[steps + 1]``; step k leads from level k to level k + 1."""

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """(1, C, F, h, w) of the latents that the spec's video has."""
        return self.backbone.latent_shape

    def noise(self, seed: int) -> Tensor:
        """The noise that ``Backbone.generate`` starts from, drawn on the CPU as there."""
        return self.backbone.noise(seed)

    def entry(self, strength: float) -> int:
        """The first step where only the last ``strength`` of all steps are taken, as in diffusers' video-to-video.

        1 is the whole loop, 0 none of it; ⌊strength · steps⌋ steps are taken. Raises ValueError outside [0, 1].
        """
        if not 0 <= strength <= 1:
            raise ValueError(f"a strength lies in [0, 1], got {strength}")
        # 0.29 · 100 is 28.999…96 in floating point and means 29 steps.
        return self.steps - math.floor(strength * self.steps + 1e-9)

    def noised(self, clean: Tensor, noise: Tensor, step: int) -> Tensor:
        """x_σ of the backbone's process, (1 − σ)·x₀ + σ·ε for Wan, at the level that ``step`` starts from.

        Raises ValueError for latents of another shape.
        """
        if clean.shape != noise.shape:
            raise ValueError(
                f"latents {tuple(clean.shape)} and noise {tuple(noise.shape)} differ in shape; "
                f"bring the video to {self.backbone.spec.name}'s frames, height and width"
            )
        return self.backbone.process.interpolate(clean, noise, self.sigmas[step].view(1))

    def conditions(self, prompt: str) -> Conditions:
        """Embeddings of a prompt and, where the spec guides at all (above 1), of the spec's negative prompt."""
        backbone, spec = self.backbone, self.backbone.spec
        negative = backbone.embed(spec.negative_prompt).to(backbone.dtype) if spec.guidance > 1 else None
        return Conditions(backbone.embed(prompt).to(backbone.dtype), negative)

    def velocity(self, latents: Tensor, sigma: Tensor, conditions: Conditions) -> Tensor:
        """v̂ = v̂₋ + g·(v̂₊ − v̂₋) with the spec's guidance g (Ho & Salimans 2022), as the pipeline computes it."""
        return self.backbone.guided(latents, sigma.reshape(1), conditions)

    def sample(
        self,
        latents: Tensor,
        prompt: str,
        *,
        first_step: int = 0,
        before_step: BeforeStep | None = None,
        progress: Progress = silent,
    ) -> Tensor:
        """Clean latents from ``latents`` at the level of ``first_step``.

        ``first_step`` may be ``steps``, which leaves the latents as they are. Raises ValueError for another one, and
        for a ``before_step`` that gives latents of another shape.
        """
        if not 0 <= first_step <= self.steps:
            raise ValueError(f"first_step is 0 to {self.steps}, the number of steps; got {first_step}")
        solver, conditions = self.backbone.solver(self.steps, first_step), self.conditions(prompt)
        for step in range(first_step, self.steps):
            sigma = self.sigmas[step]
            if before_step is not None:
                latents = _same_shape(latents, before_step(step, sigma, latents))
            with torch.no_grad():
                latents = solver.step(step, self.velocity(latents, sigma, conditions), latents)
            progress("sampling", step - first_step + 1, self.steps - first_step)
        return latents

    def render(self, latents: Tensor) -> Video:
        """Video of clean latents by the pipeline's own arithmetic."""
        return self.backbone.render(latents)


def _same_shape(before: Tensor, after: Tensor) -> Tensor:
    if not isinstance(after, Tensor) or after.shape != before.shape:
        came = tuple(after.shape) if isinstance(after, Tensor) else type(after).__name__
        raise ValueError(f"before_step returned {came}, expected latents {tuple(before.shape)}")
    return after.detach()
