"""FlowMotion's guidance of the first sampling steps: latents moved so that their clean estimates near the reference's.

Other than in the guidance loop of attention features the loss is of the velocity under classifier-free guidance, and no
gradient passes through the transformer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from motionbench.backbones.flow_matching import interpolate
from motionbench.backbones.sampling import Conditions, Sampler
from motionbench.contracts import Progress, silent
from motionbench.methods.flow_motion.estimates import (
    average_velocity,
    clean_estimate,
    flow_motion_loss,
    regulated,
)
from motionbench.methods.guidance.descent import Schedule, descend
from motionbench.methods.guidance.loop import Updates

if TYPE_CHECKING:
    from motionbench.methods.flow_motion.options import FlowMotionOptions


@dataclass(eq=False)
class FlowGuidance:
    """``before_step`` is the sampler's callback."""

    sampler: Sampler
    options: FlowMotionOptions
    clean: Tensor
    """Of the reference."""
    noise: Tensor
    """That sampling starts from."""
    conditions: Conditions
    empty: Conditions
    """Of the empty prompt, without guidance, under which the reference is read."""
    generator: torch.Generator
    """Of the noise that the reference is read in, fresh in each step; on the CPU."""
    progress: Progress = silent
    history: list[Updates] = field(default_factory=list)

    def __post_init__(self) -> None:
        rate = self.options.learning_rate
        self.schedule = Schedule.over(self.options.window, self.sampler.steps, rate, rate, 0)

    def before_step(self, step: int, sigma: Tensor, latents: Tensor) -> Tensor:
        """Latents nearer to the reference's clean estimate, where the step is guided."""
        if step >= self.schedule.steps or not self.options.inner_steps:
            return latents
        reference = self._reference(sigma)
        average = average_velocity(latents, self.noise, sigma, self.sampler.sigmas[0]) if step else None

        def loss(moved: Tensor) -> Tensor:
            self.progress("guiding", step, self.schedule.steps)
            estimate = clean_estimate(moved, self._velocity(moved, sigma, average), sigma)
            return flow_motion_loss(estimate, reference, alpha=self.options.alpha, beta=self.options.beta).sum()

        rate = self.schedule.rate(step)
        moved, losses = descend(latents, loss, steps=self.options.inner_steps, rate=rate)
        self.history.append(Updates(step, float(sigma), rate, losses))
        return moved

    @torch.no_grad()
    def _velocity(self, latents: Tensor, sigma: Tensor, average: Tensor | None) -> Tensor:
        velocity = self.sampler.velocity(latents, sigma, self.conditions).float()
        return velocity if average is None else regulated(velocity, average, self.options.perpendicular)

    @torch.no_grad()
    def _reference(self, sigma: Tensor) -> Tensor:
        if self.options.reference_estimate == "clean":
            return self.clean
        noise = torch.randn(self.clean.shape, generator=self.generator).to(self.clean)
        noised = interpolate(self.clean, noise, sigma.view(1))
        return clean_estimate(noised, self.sampler.velocity(noised, sigma, self.empty).float(), sigma)
