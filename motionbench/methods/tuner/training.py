"""One stage of tuning: a LoRA learns the velocities of given latents at drawn noise levels, resumable to the bit.

Loss of a draw: w(σ) L(v̂, v) with L the stage's own; x_σ and v are those of the backbone's process, for flow matching
x_σ = (1 − σ) x₀ + σ ε and v = ε − x₀. Noise levels are uniform over 1000 steps of the shifted schedule.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from motionbench.backbones import adapters
from motionbench.backbones.rotary import temporal_scale
from motionbench.contracts import Progress
from motionbench.methods.tuner import losses
from motionbench.methods.tuner.optimising import Schedule, optimise

if TYPE_CHECKING:
    from motionbench.backbones.backbone import Backbone

Change = Callable[[Any], AbstractContextManager[None]]
"""Given the transformer, a context in which it works differently."""


@dataclass(frozen=True)
class Draws:
    """How a batch is drawn."""

    batch_size: int
    shift: float
    """Of the noise levels towards 1."""
    weighting: losses.Weighting


@dataclass(frozen=True, eq=False)
class Stage:
    """What an adapter learns, from what, and how."""

    plan: adapters.AdapterPlan
    latents: Tensor
    """``[N, C, F, h, w]``; each draw of a batch takes one of the N."""
    embeds: Tensor
    """Of the reference's caption, ``[1, L, D]``."""
    schedule: Schedule
    draws: Draws
    loss: losses.Loss = losses.flow_matching
    frozen: tuple[str, ...] = ()
    """Attached adapters that act, at scale 1, without learning."""
    position_scale: float = 1.0
    """On temporal positions."""
    changes: tuple[Change, ...] = ()
    """Of the transformer, while it is trained."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Latents at drawn noise levels, and what the model makes of them."""

    noisy: Tensor
    """x_σ, ``[B, C, F, h, w]``."""
    sigma: Tensor
    """``[B]``."""
    predicted: Tensor
    """v̂, with a gradient to what is trained."""
    target: Tensor
    """v."""
    weight: Tensor
    """w(σ), ``[B]``."""


def drawn(backbone: Backbone, latents: Tensor, embeds: Tensor, draws: Draws, generator: torch.Generator) -> Batch:
    """A batch of fresh noise, noise levels and items of ``latents``; randomness is drawn on the CPU."""
    process = backbone.process
    items = torch.randint(len(latents), (draws.batch_size,), generator=generator)
    x0 = latents[items.to(latents.device)]
    noise = torch.randn(x0.shape, generator=generator).to(x0)
    levels = 1 - torch.randint(losses.LEVELS, (draws.batch_size,), generator=generator) / losses.LEVELS
    sigma = process.levels(levels, draws.shift).to(x0)
    noisy = process.interpolate(x0, noise, sigma)
    return Batch(
        noisy,
        sigma,
        predicted=backbone.velocity(noisy, sigma, embeds),
        target=process.velocity_target(x0, noise, sigma),
        weight=losses.loss_weight(sigma, weighting=draws.weighting, shift=draws.shift, process=process),
    )


def draw_loss(backbone: Backbone, stage: Stage, generator: torch.Generator) -> Tensor:
    """Loss of one batch."""
    batch = drawn(backbone, stage.latents, stage.embeds, stage.draws, generator)
    return (batch.weight * stage.loss(batch.predicted, batch.target, generator)).mean()


def train(
    backbone: Backbone, stage: Stage, *, generator: torch.Generator, checkpoint: Path, progress: Progress
) -> float:
    """Attach the stage's adapter and train it; returns the seconds it took, those before an interruption included.

    The model must be borrowed (``adapters.borrowed``). About ``checkpoint`` see ``optimise``.
    """
    transformer, name = backbone.transformer, stage.plan.name
    parameters = adapters.attach(transformer, stage.plan, generator)
    adapters.activate(transformer, dict.fromkeys((*stage.frozen, name), 1.0), trainable=name)
    with ExitStack() as stack:
        stack.enter_context(temporal_scale(transformer, stage.position_scale))
        for change in stage.changes:
            stack.enter_context(change(transformer))
        return optimise(
            name,
            parameters,
            lambda generator: draw_loss(backbone, stage, generator),
            stage.schedule,
            generator=generator,
            checkpoint=checkpoint,
            progress=progress,
        )
