"""DiTFlow (arXiv 2412.07776): latents, or rotary positions, guided to the reference's attention motion flow.

As its public code for CogVideoX: the reference is read once, clean, under the empty prompt; its keys and values stand
in for the generation's in block 0 of the guided steps. Other than there: any backbone, whose own velocity is sampled,
the flow is exact at any number of frames, and of rotary positions only the angles are optimised (``positions``).
"""

from __future__ import annotations

import functools

from torch import Tensor

from motionbench.backbones.attention_capture import AttentionFeatures, Captured
from motionbench.backbones.token_grid import TokenGrid
from motionbench.errors import Declined
from motionbench.methods.ditflow.motion_flow import motion_flow, motion_flow_loss
from motionbench.methods.ditflow.options import DitflowOptions
from motionbench.methods.guidance.loop import Objective, ObjectiveOf, Wanted, of_blocks
from motionbench.methods.guidance.method import GuidedMethod
from motionbench.types import Case


class Ditflow(GuidedMethod[DitflowOptions]):
    """Attention motion flow as the loss."""

    OPTIONS = DitflowOptions

    def wanted(self) -> Wanted:
        """Queries and keys."""
        return Wanted(attention=self.blocks)

    def objective_of(self, case: Case, grid: TokenGrid) -> ObjectiveOf:
        """MSE of the fields, averaged over blocks; raises Declined where the reference's field is zero everywhere."""
        return functools.partial(self._objective, grid)

    def _objective(self, grid: TokenGrid, reference: Captured) -> Objective:
        hard, moving_only = self.options.hard_reference, self.options.moving_only
        fields = {block: self._field(reference.attention[block], grid, hard) for block in self.blocks}
        if moving_only and any(not field.any() for field in fields.values()):
            raise Declined(
                "the reference's attention motion flow is zero everywhere, so there is nothing to follow; "
                "--set ditflow.moving_only=false compares still tokens too"
            )

        def loss(captured: Captured) -> Tensor:
            losses = [
                motion_flow_loss(self._field(captured.attention[block], grid, False), field, moving_only=moving_only)
                for block, field in fields.items()
            ]
            return of_blocks(losses).mean(dim=0)

        return loss

    def _field(self, features: AttentionFeatures, grid: TokenGrid, hard: bool) -> Tensor:
        queries, keys, _ = features.attended()
        return motion_flow(queries, keys, grid, temperature=self.options.temperature, hard=hard)
