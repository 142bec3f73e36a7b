"""Latents, or angles of positions, moved downhill on a loss, and how far in each step of the window; pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Loss = Callable[[Tensor], Tensor]
"""A number for latents ``[1, C, F, h, w]``, or whatever is moved, with a gradient to them."""


@dataclass(frozen=True)
class Schedule:
    """The learning rate of each guided step: linear from first to last, times a ramp at both ends."""

    first: float
    last: float
    steps: int
    """Guided steps."""
    ramp: int = 0

    @classmethod
    def over(cls, share: float, taken: int, first: float, last: float, ramp: int) -> Schedule:
        """Of a window that is a ``share`` of the steps ``taken``, rounded up."""
        # 0.7 · 10 is 7.000…01 in floating point and means 7 steps.
        return cls(first, last, math.ceil(share * taken - 1e-9), ramp)

    def rate(self, step: int) -> float:
        """Of guided step 0, 1, …; with a ramp of r the first steps take 1/r, 2/r, … of it and the last … 2/r, 1/r."""
        done = step / (self.steps - 1) if self.steps > 1 else 0.0
        rate = self.first + (self.last - self.first) * done
        if self.ramp:
            rate *= min(1.0, (step + 1) / self.ramp, (self.steps - step) / self.ramp)
        return rate


def descend(
    latents: Tensor, loss: Loss, *, steps: int, rate: float, optimiser: str = "adam"
) -> tuple[Tensor, tuple[float, ...]]:
    """Latents after ``steps`` updates, and the loss before each of them.

    ``adam`` moves every entry by about ``rate`` whatever the loss's scale; ``gradient`` by ``rate`` times the gradient.
    No steps gives the same latents back. The model's own gradients stay untouched.
    """
    if steps == 0:
        return latents, ()
    losses = []
    with torch.enable_grad():
        moved = latents.detach().clone().float().requires_grad_()
        kind = torch.optim.Adam if optimiser == "adam" else torch.optim.SGD
        stepper = kind([moved], lr=rate)
        for _ in range(steps):
            value = loss(moved)
            [moved.grad] = torch.autograd.grad(value, [moved])
            stepper.step()
            losses.append(float(value.detach()))
    return moved.detach().to(latents.dtype), tuple(losses)
