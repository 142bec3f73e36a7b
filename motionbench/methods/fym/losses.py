"""The motion loss and the loss weights of Follow-Your-Motion (arXiv 2506.05207), pure.

Velocities are ``[B, C, F, h, w]``: batch, channel, latent frame, row, column. Results are one number an item, ``[B]``,
in float32. sigma is the share of noise, 0 to 1; the timestep is t = 1000 sigma.
"""

from __future__ import annotations

import functools
import math
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from motionbench.backbones.flow_matching import shifted

MotionLoss = Literal["signed", "release", "none"]
Weighting = Literal["bell", "uniform"]
LEVELS = 1000
"""Noise levels of the training schedule."""


def motion_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """L_motion = mean(1 - cos(Δ_pred, Δ_target)) with Δ_k = v_k - v_{k-1}, cosine over channels, ``[B]`` in [0, 2].

    Signed: opposite motion gives 2. Raises ValueError for fewer than two latent frames.
    """
    found, wanted = _differences(predicted), _differences(target)
    return (1 - cosine_similarity(found, wanted, dim=1)).mean(dim=(1, 2, 3))


def release_motion_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """The public code's form: absolute differences, cosine along time, ``[B]`` in [0, 1].

    Blind to direction: 0 under a change of sign (maohanw6-afk/FollowYourMotion, EffiVMT_train_wan_t2v_Head.py).
    """
    found, wanted = _differences(predicted).abs(), _differences(target).abs()
    return (1 - cosine_similarity(found, wanted, dim=2)).mean(dim=(1, 2, 3))


def _differences(velocity: Tensor) -> Tensor:
    if velocity.ndim != 5 or velocity.shape[2] < 2:
        raise ValueError(f"a motion loss needs [B, C, F >= 2, h, w], got {list(velocity.shape)}")
    return velocity.float().diff(dim=2)


def mean_squared_error(predicted: Tensor, target: Tensor) -> Tensor:
    """MSE of each item, ``[B]``."""
    return (predicted.float() - target.float()).square().flatten(1).mean(dim=1)


def loss_weight(sigma: Tensor, *, weighting: Weighting, shift: float) -> Tensor:
    """w(t), mean 1 over the shifted schedule, ``[B]``.

    ``bell``: exp(-2 ((t - 500) / 1000)^2), lowered to 0 at its least value (t = 1000), as in the public code.
    """
    if weighting == "uniform":
        return torch.ones_like(sigma)
    return (_bell(sigma) - math.exp(-0.5)) / _mean_bell(shift)


def _bell(sigma: Tensor) -> Tensor:
    return torch.exp(-2 * (sigma - 0.5).square())


@functools.cache
def _mean_bell(shift: float) -> float:
    uniform = 1 - torch.arange(LEVELS, dtype=torch.float64) / LEVELS
    return float((_bell(shifted(uniform, shift)) - math.exp(-0.5)).mean())
