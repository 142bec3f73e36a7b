"""The guidance loop: in the first steps of sampling the latents are moved towards features of the reference's motion.

Before each guided step the latents z_σ go downhill on L(features(z_σ), features of the reference); the features are
those of some blocks in a pass at the step's noise level under the prompt, which ends behind the last of these blocks.
Then the sampler takes its step as ever. DiTFlow (arXiv 2412.07776, algorithm 1) and DMT (arXiv 2311.17009, section 4)
do so. With ``positions`` the latents stay and the rotary embedding is moved in their place.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from motionbench.backbones.attention_capture import Captured, Injection, capture, injection
from motionbench.contracts import Progress, silent
from motionbench.methods.guidance.descent import Schedule, descend
from motionbench.methods.guidance.positions import Positions
from motionbench.methods.guidance.reference import ReferencePath

if TYPE_CHECKING:
    from motionbench.backbones.backbone import Backbone

Objective = Callable[[Captured], Tensor]
"""The loss of captured features, one number an item."""
ObjectiveOf = Callable[[Captured], Objective]
"""Makes it, from features of the reference."""


def of_blocks(losses: Sequence[Tensor]) -> Tensor:
    """Losses ``[B]`` of several blocks as ``[blocks, B]``, on one device: the blocks need not be."""
    return torch.stack([loss.to(losses[0].device) for loss in losses])


@dataclass(frozen=True)
class Wanted:
    """The blocks whose features a pass is run for."""

    attention: tuple[int, ...] = ()
    outputs: tuple[int, ...] = ()

    def of(self, backbone: Backbone, latents: Tensor, sigma: Tensor, embeds: Tensor) -> Captured:
        """Features of ``latents [B, C, F, h, w]`` at a noise level, or one an item, in the caller's gradient mode.

        The pass ends behind the last of the blocks.
        """
        with capture(backbone.transformer, attention=self.attention, outputs=self.outputs, stop=True) as seen:
            backbone.velocity(latents, sigma.reshape(-1), embeds)
        return seen


@dataclass(frozen=True)
class Updates:
    """What the optimiser did in one guided step."""

    step: int
    sigma: float
    rate: float
    losses: tuple[float, ...]
    """Before each update."""


@dataclass(eq=False)
class Guidance:
    """Guides steps from ``first_step`` on, as many as the schedule has; ``before_step`` is the sampler's callback."""

    backbone: Backbone
    wanted: Wanted
    objective_of: ObjectiveOf
    path: ReferencePath
    schedule: Schedule
    embeds: Tensor
    """Of the prompt, ``[1, L, D]``."""
    empty: Tensor
    """Of the empty prompt, under which the reference is read."""
    inner_steps: int
    optimiser: str = "adam"
    first_step: int = 0
    reference_sigma: float | None = 0.0
    """Level at which the reference is read, once; None to read it at the level of every guided step."""
    positions: Positions | None = None
    """What is moved in place of the latents."""
    injected: Injection | None = None
    progress: Progress = silent
    history: list[Updates] = field(default_factory=list)
    _objective: Objective | None = None

    def before_step(self, step: int, sigma: Tensor, latents: Tensor) -> Tensor:
        """Latents with the reference's motion, where the step is guided; with positions the latents that came."""
        if self.positions is not None:
            self.positions.withdraw()
        if self.injected is not None:
            self.injected.clear()
        if step - self.first_step >= self.schedule.steps:
            return latents
        if self.injected is not None:
            self._inject(self.injected, step, sigma)
        return self._moved(step, sigma, latents) if self.inner_steps else latents

    def _moved(self, step: int, sigma: Tensor, latents: Tensor) -> Tensor:
        objective, guided = self._reference(step, sigma), step - self.first_step

        def loss(moved: Tensor) -> Tensor:
            self.progress("guiding", guided, self.schedule.steps)
            return objective(self.wanted.of(self.backbone, moved, sigma, self.embeds)).sum()

        rate = self.schedule.rate(guided)
        down = functools.partial(descend, steps=self.inner_steps, rate=rate, optimiser=self.optimiser)
        if self.positions is not None:
            losses = self.positions.descend(lambda: loss(latents), down)
        else:
            latents, losses = down(latents, loss)
        self.history.append(Updates(step, float(sigma), rate, losses))
        return latents

    @torch.no_grad()
    def _reference(self, step: int, sigma: Tensor) -> Objective:
        if self._objective is not None:
            return self._objective
        once = self.reference_sigma
        latents, level = self.path.at_sigma(once) if once is not None else (self.path.at_step(step), sigma)
        objective = self.objective_of(self.wanted.of(self.backbone, latents, level, self.empty))
        if once is not None:
            self._objective = objective
        return objective

    @torch.no_grad()
    def _inject(self, injected: Injection, step: int, sigma: Tensor) -> None:
        wanted = Wanted(attention=injected.layers)
        seen = wanted.of(self.backbone, self.path.at_step(step), sigma, self.embeds)
        for layer, features in seen.attention.items():
            injected.put(layer, features)


def opened(backbone: Backbone, layers: Iterable[int], stack: ExitStack) -> Injection | None:
    """An injection into these layers until ``stack`` closes; None where there are none."""
    chosen = tuple(layers)
    return stack.enter_context(injection(backbone.transformer, chosen)) if chosen else None
