"""The appearance-debiased loss of MotionDirector (arXiv 2310.08465), pure.

Fields are ``[B, C, F, h, w]``: batch, channel, latent frame, row, column.

What it does to a residual e = predicted − target, which splits into its mean over frames c (appearance) and the rest r
(motion): averaged over the anchors, |φ(e)|² is (2β² + 1) |r|² + (√(β² + 1) − β)² |c|². At β = 1 motion counts 3 times
and appearance 0.17 times. So an offset that all frames share is damped, never removed: it is a re-weighting.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from motionbench.methods.tuner.losses import mean_squared_error


def debiased(field: Tensor, anchor: Tensor, *, beta: float = 1.0) -> Tensor:
    """φ(ε_i) = √(β² + 1) ε_i − β ε_anchor for every frame i; ``anchor [B]`` is a frame number an item.

    Linear in ε. Written for noise; a flow-matching velocity ε − x₀ is debiased with its x₀ along, so what is taken away
    is the anchor's noise and its clean frame. Raises ValueError for fewer than two frames.
    """
    if field.ndim != 5 or field.shape[2] < 2:
        raise ValueError(f"debiasing needs [B, C, F >= 2, h, w], got {list(field.shape)}")
    items = torch.arange(len(field), device=field.device)
    anchored = field[items, :, anchor.to(field.device)][:, :, None]
    return math.sqrt(beta**2 + 1) * field - beta * anchored


@dataclass(frozen=True)
class TemporalLoss:
    """MSE(v̂, v) + λ MSE(φ(v̂), φ(v)) of each item, ``[B]``, one random anchor an item."""

    beta: float = 1.0
    weight: float = 1.0
    """λ; the paper adds the two losses."""

    def __call__(self, predicted: Tensor, target: Tensor, generator: torch.Generator) -> Tensor:
        predicted, target = predicted.float(), target.float()
        anchor = torch.randint(predicted.shape[2], (len(predicted),), generator=generator)
        found, wanted = (debiased(field, anchor, beta=self.beta) for field in (predicted, target))
        return mean_squared_error(predicted, target) + self.weight * mean_squared_error(found, wanted)
