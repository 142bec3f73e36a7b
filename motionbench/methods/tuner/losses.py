"""The loss of velocities and its weights over noise levels, pure.

Velocities are ``[B, C, F, h, w]``: batch, channel, latent frame, row, column. sigma is the share of noise, 0 to 1; t =
1000 sigma is flow matching's timestep.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from motionbench.backbones.process import FlowMatching, Process

Weighting = Literal["bell", "uniform"]
Loss = Callable[[Tensor, Tensor, torch.Generator], Tensor]
"""``loss(predicted, target, generator)``: one number an item, ``[B]`` in float32; random choices come from the
generator."""
LEVELS = 1000
"""Noise levels of the training schedule."""


def mean_squared_error(predicted: Tensor, target: Tensor) -> Tensor:
    """MSE of each item, ``[B]``."""
    return (predicted.float() - target.float()).square().flatten(1).mean(dim=1)


def flow_matching(predicted: Tensor, target: Tensor, generator: torch.Generator) -> Tensor:
    """MSE(v̂, v) of each item, ``[B]``: the plain loss (v = ε − x₀ in Lipman et al. 2023); draws nothing."""
    return mean_squared_error(predicted, target)


def loss_weight(sigma: Tensor, *, weighting: Weighting, shift: float, process: Process | None = None) -> Tensor:
    """w(t), mean 1 over the shifted schedule, ``[B]``.

    ``bell``: exp(-2 ((t - 500) / 1000)^2), lowered to 0 at its least value (t = 1000), as DiffSynth trains Wan. Another
    ``process`` than flow matching weighs its own levels by the same share of noise.
    """
    if weighting == "uniform":
        return torch.ones_like(sigma)
    return (_bell(sigma) - math.exp(-0.5)) / _mean_bell(shift, process or FlowMatching())


def _bell(sigma: Tensor) -> Tensor:
    return torch.exp(-2 * (sigma - 0.5).square())


@functools.cache
def _mean_bell(shift: float, process: Process) -> float:
    uniform = 1 - torch.arange(LEVELS, dtype=torch.float64) / LEVELS
    return float((_bell(process.levels(uniform, shift)) - math.exp(-0.5)).mean())
