"""One stage of tuning: a LoRA learns the velocities of given latents by flow matching, resumable to the bit.

Loss of a draw: w(t) (MSE(v̂, ε − x₀) + λ L_motion(v̂, ε − x₀)), at x_σ = (1 − σ) x₀ + σ ε, t = 1000 σ. Noise levels are
uniform over 1000 steps of the shifted schedule.
"""

from __future__ import annotations

import math
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from motionbench.backbones import adapters
from motionbench.backbones.flow_matching import interpolate, shifted, velocity_target
from motionbench.backbones.rotary import temporal_scale
from motionbench.contracts import Progress
from motionbench.methods.fym import losses
from motionbench.methods.fym.checkpoint import Checkpoint
from motionbench.methods.fym.norm_leak import suppressed

if TYPE_CHECKING:
    from motionbench.backbones.wan import WanBackbone

CHECKPOINT_SECONDS = 10.0


@dataclass(frozen=True)
class Recipe:
    """The numbers of a stage."""

    steps: int
    learning_rate: float
    lr_schedule: str
    weight_decay: float
    batch_size: int
    shift: float
    weighting: losses.Weighting
    motion_loss: losses.MotionLoss
    motion_weight: float
    position_scale: float
    """On temporal rotary positions."""
    suppress_norm_leak: bool


@dataclass(frozen=True, eq=False)
class Stage:
    """What a stage learns from."""

    plan: adapters.AdapterPlan
    frozen: tuple[str, ...]
    """Attached adapters that act, at scale 1, without learning."""
    latents: Tensor
    """``[N, C, F, h, w]``; each draw of a batch takes one of the N."""
    embeds: Tensor
    """Of the reference's caption, ``[1, L, D]``."""
    recipe: Recipe


def learning_rate(recipe: Recipe, step: int) -> float:
    """Rate of a step, counted from 0: constant, or half a cosine down to 0."""
    if recipe.lr_schedule == "constant":
        return recipe.learning_rate
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * step / recipe.steps))


def draw_loss(backbone: WanBackbone, stage: Stage, generator: torch.Generator) -> Tensor:
    """Loss of one batch of fresh noise, noise levels and items; randomness is drawn on the CPU."""
    recipe, latents = stage.recipe, stage.latents
    items = torch.randint(len(latents), (recipe.batch_size,), generator=generator)
    x0 = latents[items.to(latents.device)]
    noise = torch.randn(x0.shape, generator=generator).to(x0)
    levels = 1 - torch.randint(losses.LEVELS, (recipe.batch_size,), generator=generator) / losses.LEVELS
    sigma = shifted(levels, recipe.shift).to(x0)
    predicted = backbone.velocity(interpolate(x0, noise, sigma), sigma, stage.embeds)
    return weighted_loss(predicted, velocity_target(x0, noise), sigma, recipe)


def weighted_loss(predicted: Tensor, target: Tensor, sigma: Tensor, recipe: Recipe) -> Tensor:
    """Mean over the batch of w(t) (MSE + λ L_motion)."""
    total = losses.mean_squared_error(predicted, target)
    if recipe.motion_loss == "signed":
        total = total + recipe.motion_weight * losses.motion_loss(predicted, target)
    elif recipe.motion_loss == "release":
        total = total + recipe.motion_weight * losses.release_motion_loss(predicted, target)
    return (losses.loss_weight(sigma, weighting=recipe.weighting, shift=recipe.shift) * total).mean()


def train(
    backbone: WanBackbone, stage: Stage, *, generator: torch.Generator, checkpoint: Path, progress: Progress
) -> float:
    """Attach the stage's adapter and train it; returns the seconds it took, those before an interruption included.

    ``checkpoint`` is written every ten seconds and taken up again where it exists; it is left for the caller to delete.
    """
    transformer, name = backbone.transformer, stage.plan.name
    parameters = adapters.attach(transformer, stage.plan, generator)
    adapters.activate(transformer, dict.fromkeys((*stage.frozen, name), 1.0), trainable=name)
    recipe = stage.recipe
    optimizer = torch.optim.AdamW(parameters, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True)
    clock = _Clock()
    first = clock.resume(checkpoint, parameters, optimizer, generator)
    with ExitStack() as stack:
        stack.enter_context(temporal_scale(transformer, recipe.position_scale))
        if recipe.suppress_norm_leak:
            stack.enter_context(suppressed(transformer))
        for step in range(first, recipe.steps):
            optimizer.param_groups[0]["lr"] = learning_rate(recipe, step)
            optimizer.zero_grad(set_to_none=True)
            draw_loss(backbone, stage, generator).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            clock.tick(checkpoint, step + 1, parameters, optimizer, generator)
            progress(name, step + 1, recipe.steps)
    return clock.seconds


class _Clock:
    """Counts a stage's seconds over interruptions and says when a checkpoint is due."""

    def __init__(self) -> None:
        self._started = self._written = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def resume(
        self, path: Path, parameters: list[nn.Parameter], optimizer: torch.optim.Optimizer, generator: torch.Generator
    ) -> int:
        """The first step to do."""
        if not path.exists():
            return 0
        found = Checkpoint.read(path)
        found.restore(parameters, optimizer, generator)
        self._started -= found.seconds
        return found.step

    def tick(
        self,
        path: Path,
        step: int,
        parameters: list[nn.Parameter],
        optimizer: torch.optim.Optimizer,
        generator: torch.Generator,
    ) -> None:
        if time.monotonic() - self._written < CHECKPOINT_SECONDS:
            return
        weights = [parameter.detach().cpu() for parameter in parameters]
        Checkpoint(step, self.seconds, weights, optimizer.state_dict(), generator.get_state()).write(path)
        self._written = time.monotonic()
