"""The motion loss of Follow-Your-Motion (arXiv 2506.05207), pure.

Velocities are ``[B, C, F, h, w]``: batch, channel, latent frame, row, column. Results are one number an item, ``[B]``,
in float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from motionbench.methods.tuner.losses import mean_squared_error

MotionLoss = Literal["signed", "release", "none"]


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


@dataclass(frozen=True)
class StageLoss:
    """MSE + λ L_motion of each item, ``[B]``; draws nothing."""

    motion: MotionLoss = "none"
    weight: float = 1.0
    """λ."""

    def __call__(self, predicted: Tensor, target: Tensor, generator: torch.Generator) -> Tensor:
        total = mean_squared_error(predicted, target)
        if self.motion == "signed":
            total = total + self.weight * motion_loss(predicted, target)
        elif self.motion == "release":
            total = total + self.weight * release_motion_loss(predicted, target)
        return total
