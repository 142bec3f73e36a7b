"""Stages whose adapter acts on all heads of all layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from torch import Tensor

from motionbench.backbones.adapters import AdapterPlan, Projections, everywhere
from motionbench.methods.tuner.losses import Loss, Weighting, flow_matching
from motionbench.methods.tuner.optimising import Schedule
from motionbench.methods.tuner.options import TunerOptions
from motionbench.methods.tuner.training import Draws, Stage

if TYPE_CHECKING:
    from motionbench.backbones.backbone import Backbone


def whole_model_stage(
    backbone: Backbone,
    options: TunerOptions,
    name: str,
    latents: Tensor,
    caption: str,
    *,
    steps: int,
    learning_rate: float,
    loss: Loss = flow_matching,
    frozen: tuple[str, ...] = (),
) -> Stage:
    """The adapter ``name`` learns ``latents [N, C, F, h, w]`` under their caption; see ``Stage``."""
    return Stage(
        AdapterPlan(
            name,
            everywhere(backbone.transformer),
            options.rank,
            options.alpha,
            cast(Projections, options.projections),
            backbone.architecture,
        ),
        latents,
        backbone.embed(caption),
        Schedule(steps, learning_rate, options.lr_schedule, options.weight_decay),
        Draws(options.batch_size, options.tuning_shift, cast(Weighting, options.loss_weighting)),
        loss,
        frozen,
    )
