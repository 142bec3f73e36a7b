"""Flow matching as Wan does it: noise levels, the path from clip to noise, and its velocity.

σ lies in [0, 1]: 0 is the clean latent x₀, 1 is noise ε (Lipman et al., Flow Matching for Generative Modeling, 2023).
"""

from __future__ import annotations

from torch import Tensor


def shifted(u: Tensor, shift: float) -> Tensor:
    """Noise levels moved towards 1: σ = s·u / (1 + (s − 1)·u), for u in [0, 1] (Esser et al. 2024, equation 23)."""
    return shift * u / (1 + (shift - 1) * u)


def interpolate(x0: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
    """x_σ = (1 − σ)·x₀ + σ·ε for ``x0, noise [B, C, F, h, w]`` and ``sigma [B]``."""
    level = sigma.view(-1, *[1] * (x0.ndim - 1))
    return (1 - level) * x0 + level * noise


def velocity_target(x0: Tensor, noise: Tensor) -> Tensor:
    """v = dx_σ/dσ = ε − x₀."""
    return noise - x0
