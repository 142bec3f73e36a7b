"""Positions moved downhill in place of latents: DiTFlow's other target, the embedding ρ (arXiv 2412.07776).

What moves is one angle δ for every token and every pair of channels of the rotary embedding, ``[S, head_dim / 2]``
radians, zero at first. The public code for CogVideoX-5B descends on every entry of the tables of cosines and sines; of
these only the angles are kept, so that a table stays a rotation and no feature is stretched. A displacement of (frame,
row, column) would be a special case, three numbers a token. Other than there, queries and keys share δ, because
attention in diffusers takes one pair of tables for both.

As there, δ lives on from guided step to guided step, acts in every pass of a guided step, with the prompt and without,
in all blocks; and the steps behind the window run on native positions. The reference is read on native positions too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from motionbench.backbones.added_angles import AddedAngles, added_angles, turns
from motionbench.backbones.architecture import Transformer
from motionbench.backbones.token_grid import TokenGrid
from motionbench.errors import UsageError
from motionbench.methods.guidance.descent import Loss

Descent = Callable[[Tensor, Loss], tuple[Tensor, tuple[float, ...]]]
"""``descend`` with its settings."""


@dataclass(eq=False)
class Positions:
    """The angles learnt so far, and whether the model has them now."""

    learnt: Tensor
    """δ, ``[S, head_dim / 2]`` radians."""
    applied: AddedAngles
    method: str
    """Its name, for messages."""

    def withdraw(self) -> None:
        """Native positions, until the next descent."""
        self.applied.radians = None

    def descend(self, loss: Callable[[], Tensor], down: Descent) -> tuple[float, ...]:
        """Move δ downhill on the loss of a pass, and leave the model turned by it; the loss before each update.

        Raises UsageError where the loss does not depend on positions, so that δ cannot move.
        """

        def at(radians: Tensor) -> Tensor:
            self.applied.radians = radians
            value = loss()
            # The model is frozen and the latents are given: a gradient can lead to the angles only.
            if not value.requires_grad:
                raise UsageError(
                    f"{self.method}.target=rotary, but its loss does not depend on positions: the features that it "
                    f"compares lie before the first rotary embedding; name later blocks with --set {self.method}"
                    f".blocks=1, or --set {self.method}.target=latent"
                )
            return value

        self.learnt, losses = down(self.learnt, at)
        self.applied.radians = self.learnt
        return losses


@contextmanager
def moved_positions(transformer: Transformer, grid: TokenGrid, method: str) -> Iterator[Positions]:
    """Positions of a clip, native until the first descent, and again on exit.

    Raises UsageError for a backbone whose positions get no gradient.
    """
    if not turns(transformer):
        raise UsageError(
            f"{method}.target=rotary moves Wan's positions, not this backbone's; --set {method}.target=latent"
        )
    device = next(transformer.parameters()).device
    with added_angles(transformer) as applied:
        zeros = torch.zeros(grid.tokens, transformer.config.attention_head_dim // 2, device=device)
        yield Positions(zeros, applied, method)
