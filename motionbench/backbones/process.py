"""The two diffusion processes of the backbones, in one currency of noise levels; pure.

A level σ in [0, 1] is the noise's share: σ / (1 − σ) is the ratio of noise to signal, so that one level means one
ratio on every backbone. σ = 0 is the clean latent x₀, σ = 1 is noise ε. With c(σ) = 1 for flow matching and
c(σ) = √((1 − σ)² + σ²) where the variance is kept, x_σ = ((1 − σ)·x₀ + σ·ε) / c(σ).
Latents are ``[B, C, F, h, w]``, levels ``[B]`` or ``[1]``.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from motionbench.backbones import flow_matching


class Process(Protocol):
    """What a velocity means, and how levels, clean latents and noise hang together."""

    def __hash__(self) -> int: ...

    def levels(self, share: Tensor, shift: float) -> Tensor:
        """Levels that tuning draws, from shares in (0, 1] of the schedule, moved towards noise by ``shift``."""

    def interpolate(self, x0: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
        """x_σ."""

    def velocity_target(self, x0: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
        """The velocity v that a model learns at σ."""

    def estimates(self, latents: Tensor, velocity: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        """(x̂₀, ε̂) from x_σ and a velocity: the inverse of ``interpolate`` and ``velocity_target``."""

    def moved(self, latents: Tensor, velocity: Tensor, here: Tensor, there: Tensor) -> Tensor:
        """x at level ``there`` from x at level ``here``: one deterministic step, towards the clip or towards noise."""


@dataclass(frozen=True)
class FlowMatching:
    """Wan's: x_σ = (1 − σ)·x₀ + σ·ε and v = ε − x₀ (Lipman et al. 2023)."""

    def levels(self, share: Tensor, shift: float) -> Tensor:
        """σ = s·u / (1 + (s − 1)·u)."""
        return flow_matching.shifted(share, shift)

    def interpolate(self, x0: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
        """x_σ = (1 − σ)·x₀ + σ·ε."""
        return flow_matching.interpolate(x0, noise, sigma)

    def velocity_target(self, x0: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
        """v = ε − x₀, the same at every level."""
        return flow_matching.velocity_target(x0, noise)

    def estimates(self, latents: Tensor, velocity: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        """x̂₀ = x_σ − σ·v, ε̂ = x_σ + (1 − σ)·v."""
        level = _column(sigma, latents)
        return latents - level * velocity, latents + (1 - level) * velocity

    def moved(self, latents: Tensor, velocity: Tensor, here: Tensor, there: Tensor) -> Tensor:
        """Euler's step of dx/dσ = v."""
        return latents + _column(there - here, latents) * velocity


@dataclass(frozen=True)
class VPrediction:
    """CogVideoX's: x_t = √ᾱ_t·x₀ + √(1 − ᾱ_t)·ε and v = √ᾱ_t·ε − √(1 − ᾱ_t)·x₀ (Salimans & Ho 2022, section 4).

    The level of timestep t is σ_t = √(1 − ᾱ_t) / (√ᾱ_t + √(1 − ᾱ_t)). Raises ValueError unless ᾱ falls, within [0, 1].
    """

    alphas_cumprod: tuple[float, ...]
    """ᾱ_t of every timestep t = 0, 1, …, as the scheduler has them."""

    def __post_init__(self) -> None:
        alphas = torch.tensor(self.alphas_cumprod, dtype=torch.float64)
        if len(alphas) < 2 or not bool((alphas.diff() < 0).all()) or not 0 <= alphas[-1] < alphas[0] <= 1:
            raise ValueError("alphas_cumprod is two numbers or more that fall, from 1 at most to 0 at least")

    @functools.cached_property
    def table(self) -> Tensor:
        """σ_t of every timestep, rising, float64."""
        return self.level(torch.tensor(self.alphas_cumprod, dtype=torch.float64))

    @staticmethod
    def level(alphas_cumprod: Tensor) -> Tensor:
        """σ of given ᾱ."""
        signal, noise = alphas_cumprod.sqrt(), (1 - alphas_cumprod).sqrt()
        return noise / (signal + noise)

    def timesteps(self, sigma: Tensor) -> Tensor:
        """The timesteps whose levels are nearest, int64: the model knows no others."""
        # On the CPU: not every device has double precision, which neighbouring levels need.
        found = torch.bucketize(sigma.detach().cpu().double(), (self.table[1:] + self.table[:-1]) / 2)
        return found.to(sigma.device)

    def levels(self, share: Tensor, shift: float) -> Tensor:
        """σ_t at t = ⌈T·u′⌋ − 1 with u′ the shifted share: without a shift all timesteps are drawn alike."""
        count = len(self.table)
        timesteps = (flow_matching.shifted(share, shift) * count).round().long() - 1
        return self.table.to(share)[timesteps.clamp(0, count - 1)]

    def interpolate(self, x0: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
        """x_σ = √ᾱ·x₀ + √(1 − ᾱ)·ε."""
        signal, spread = self._shares(sigma, x0)
        return signal * x0 + spread * noise

    def velocity_target(self, x0: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
        """v = √ᾱ·ε − √(1 − ᾱ)·x₀."""
        signal, spread = self._shares(sigma, x0)
        return signal * noise - spread * x0

    def estimates(self, latents: Tensor, velocity: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        """x̂₀ = √ᾱ·x − √(1 − ᾱ)·v, ε̂ = √(1 − ᾱ)·x + √ᾱ·v."""
        signal, spread = self._shares(sigma, latents)
        return signal * latents - spread * velocity, spread * latents + signal * velocity

    def moved(self, latents: Tensor, velocity: Tensor, here: Tensor, there: Tensor) -> Tensor:
        """DDIM's step (Song et al. 2021, equation 12 with η = 0): the estimates mixed at the other level."""
        return self.interpolate(*self.estimates(latents, velocity, here), there)

    @staticmethod
    def _shares(sigma: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """(√ᾱ, √(1 − ᾱ)) of levels, broadcastable."""
        level = _column(sigma, like)
        scale = ((1 - level).square() + level.square()).sqrt()
        return (1 - level) / scale, level / scale


def _column(sigma: Tensor, like: Tensor) -> Tensor:
    return sigma.view(-1, *[1] * (like.ndim - 1))
