"""DMT (arXiv 2311.17009): latents guided to the reference's differences of spatially averaged features.

As its public code: the reference is inverted, its features are read at the level of each guided step, and the initial
latents take their low frequencies from the inverted reference. Other than there: hidden states of a transformer's block
stand for a UNet's decoder features, and the ODE of flow matching for DDIM.
"""

from __future__ import annotations

import functools

from torch import Tensor

from motionbench.backbones.attention_capture import Captured
from motionbench.backbones.token_grid import TokenGrid
from motionbench.methods.guidance.loop import Objective, ObjectiveOf, Wanted, of_blocks
from motionbench.methods.guidance.method import GuidedMethod
from motionbench.methods.smm.features import released_smm_loss, smm_loss, spatial_mean
from motionbench.methods.smm.options import SmmOptions
from motionbench.types import Case


class Smm(GuidedMethod[SmmOptions]):
    """Differences of spatial marginal means as the loss."""

    OPTIONS = SmmOptions

    def wanted(self) -> Wanted:
        """What the blocks hand on."""
        return Wanted(outputs=self.blocks)

    def objective_of(self, case: Case, grid: TokenGrid) -> ObjectiveOf:
        """The loss of the chosen form, averaged over blocks."""
        return functools.partial(self._objective, grid)

    def _objective(self, grid: TokenGrid, reference: Captured) -> Objective:
        form = smm_loss if self.options.form == "dmt" else released_smm_loss
        means = {block: spatial_mean(reference.outputs[block], grid) for block in self.blocks}

        def loss(captured: Captured) -> Tensor:
            losses = [form(spatial_mean(captured.outputs[block], grid), mean) for block, mean in means.items()]
            return of_blocks(losses).mean(dim=0)

        return loss
