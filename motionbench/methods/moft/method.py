"""MOFT (arXiv 2405.14864): latents guided to the reference's features without their content, on motion channels.

As the paper: features are read along the inverted reference, at the level of each guided step, and motion channels are
those of synthetic pans. Other than there: the latents are moved instead of AnimateDiff's noise prediction, hidden
states of a transformer's block stand for the UNet's, and the ODE of flow matching for DDIM. DiTFlow's port, another
method under the same name, is the preset ``ditflow``: channels of the clean reference alone.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from motionbench.backbones.attention_capture import Captured
from motionbench.backbones.token_grid import TokenGrid
from motionbench.methods.guidance.loop import Objective, ObjectiveOf, Wanted, of_blocks
from motionbench.methods.guidance.method import GuidedMethod
from motionbench.methods.moft.features import content_removed, moft_loss, motion_channels
from motionbench.methods.moft.options import MoftOptions
from motionbench.methods.moft.pans import pans
from motionbench.types import Case

_PAN_COMPONENTS = 2
"""Sideways and up and down."""


class Moft(GuidedMethod[MoftOptions]):
    """Content-removed motion channels as the loss."""

    OPTIONS = MoftOptions

    def wanted(self) -> Wanted:
        """What the blocks hand on."""
        return Wanted(outputs=self.blocks)

    def objective_of(self, case: Case, grid: TokenGrid) -> ObjectiveOf:
        """The cosine loss on motion channels, averaged over blocks."""
        panned = self._panned(case, grid) if self.options.channels_from == "pans" else None

        def objective(reference: Captured) -> Objective:
            removed = self._removed(reference, grid)
            channels = self._channels(removed, 1) if panned is None else self._channels(panned, _PAN_COMPONENTS)

            def loss(captured: Captured) -> Tensor:
                found = self._removed(captured, grid)
                losses = [moft_loss(found[block], removed[block], channels[block]) for block in self.blocks]
                return of_blocks(losses).mean(dim=0)

            return loss

        return objective

    def _removed(self, captured: Captured, grid: TokenGrid) -> dict[int, Tensor]:
        return {block: content_removed(captured.outputs[block], grid) for block in self.blocks}

    def _channels(self, removed: dict[int, Tensor], components: int) -> dict[int, Tensor]:
        share = self.options.channel_share
        return {
            block: motion_channels(features, math.ceil(share * features.shape[-1]), components=components)
            for block, features in removed.items()
        }

    @torch.no_grad()
    def _panned(self, case: Case, grid: TokenGrid) -> dict[int, Tensor]:
        """Features of pans without their content, read clean: one choice of channels serves every noise level."""
        backbone = self.backbone
        latents = torch.cat([backbone.encode(video) for video in pans(case.reference)])
        empty, levels = backbone.embed("").to(backbone.dtype), torch.zeros(len(latents), device=backbone.device)
        return self._removed(self.wanted().of(backbone, latents, levels, empty), grid)
