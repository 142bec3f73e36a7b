"""What FlowMotion compares, and how (arXiv 2603.06289), pure.

Latents, velocities and clean estimates are ``[B, C, F, h, w]``; σ is the noise level, 0 to 1. The model's velocity is a
constant for the gradient, so that of the loss to a latent is that to its clean estimate: no pass is differentiated.
"""

from __future__ import annotations

import torch
from torch import Tensor

_TINY = 1e-8
"""Keeps the direction of a zero vector finite."""


def clean_estimate(latents: Tensor, velocity: Tensor, sigma: Tensor | float) -> Tensor:
    """ẑ₀ = z_σ − σ·v: one step to the clean latent. Gradients reach ``latents`` alone."""
    return latents - sigma * velocity.detach()


def average_velocity(latents: Tensor, noise: Tensor, sigma: Tensor, first_sigma: Tensor) -> Tensor:
    """(z_σ − ε)/(σ − σ₀): the mean velocity of the steps taken since the noise ε of level σ₀.

    Raises ValueError where no step is taken yet.
    """
    if float(sigma) == float(first_sigma):
        raise ValueError(f"an average velocity needs two noise levels, got {float(sigma)} twice")
    return (latents - noise) / (sigma - first_sigma)


def regulated(velocity: Tensor, average: Tensor, share: float) -> Tensor:
    """v∥ + share·v⊥: the part of v across the running average is shrunk, place by place over the channels."""
    along = (velocity * average).sum(dim=1, keepdim=True) / (average.square().sum(dim=1, keepdim=True) + _TINY)
    parallel = along * average
    return parallel + share * (velocity - parallel)


def difference_error(estimate: Tensor, reference: Tensor) -> Tensor:
    """MSE of absolute differences between frames, ``[B]``.

    Σ w_ij (|ẑ_i − ẑ_j| − |ẑ_i^ref − ẑ_j^ref|)² over pairs i < j, averaged over channels and places; Σ w_ij = 1. As the
    public code counts them, neighbours weigh 3 and all other pairs 2: each ordered pair once, neighbours once more. Two
    frames swapped give the same value: it does not see direction. Raises ValueError for fewer than two frames.
    """
    frames = estimate.shape[2]
    if frames < 2:
        raise ValueError(f"differences need [B, C, F >= 2, h, w], got {list(estimate.shape)}")
    total = estimate.new_zeros(len(estimate))
    for gap in range(1, frames):
        found, wanted = (_absolute_differences(field, gap) for field in (estimate, reference))
        # A sum over pairs and a mean over what is in each.
        errors = (found - wanted).square().mean(dim=(1, 3, 4)).sum(dim=1)
        total = total + (3 if gap == 1 else 2) * errors
    return total / ((frames + 1) * (frames - 1))


def _absolute_differences(field: Tensor, gap: int) -> Tensor:
    return (field[:, :, gap:] - field[:, :, :-gap]).abs()


def flow_motion_loss(estimate: Tensor, reference: Tensor, *, alpha: float, beta: float) -> Tensor:
    """α·MSE(ẑ₀, ẑ₀^ref) + β·MSE of absolute frame differences, ``[B]``.

    The first term compares the latents themselves: whatever look they hold is pulled towards the reference's. Raises
    ValueError for estimates of different shapes.
    """
    if estimate.shape != reference.shape or estimate.ndim != 5:
        raise ValueError(
            f"clean estimates are two [B, C, F, h, w], got {tuple(estimate.shape)} and {tuple(reference.shape)}"
        )
    alike = torch.nn.functional.mse_loss(estimate, reference, reduction="none").flatten(1).mean(dim=1)
    return alpha * alike + beta * difference_error(estimate, reference) if beta else alpha * alike
