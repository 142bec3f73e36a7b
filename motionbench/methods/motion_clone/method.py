"""MotionClone (arXiv 2406.05338): latents guided to the largest entries of the reference's temporal attention.

As its public code: the reference is noised once, read under the empty prompt, and the loss steers one pass a step with
a weight that is ramped up and down. Other than there: temporal attention is that among equal places of full 3D
attention, and the gradient moves the latents before the step instead of the noise prediction within it, where √(1 − ᾱ)
scales it. Camera motion, which leads to other places, cannot be matched so.
"""

from __future__ import annotations

import functools

from torch import Tensor

from motionbench.backbones.attention_capture import AttentionFeatures, Captured
from motionbench.backbones.token_grid import TokenGrid
from motionbench.errors import UsageError
from motionbench.methods.guidance.loop import Objective, ObjectiveOf, Wanted, of_blocks
from motionbench.methods.guidance.method import GuidedMethod
from motionbench.methods.motion_clone.attention import sparse, sparse_attention_loss, temporal_attention
from motionbench.methods.motion_clone.options import MotionCloneOptions
from motionbench.types import Case


class MotionClone(GuidedMethod[MotionCloneOptions]):
    """Sparse temporal attention as the loss."""

    OPTIONS = MotionCloneOptions

    def wanted(self) -> Wanted:
        """Queries and keys."""
        return Wanted(attention=self.blocks)

    def objective_of(self, case: Case, grid: TokenGrid) -> ObjectiveOf:
        """The squared difference on the kept entries, summed over blocks; raises UsageError where too many are kept."""
        return functools.partial(self._objective, grid)

    def _objective(self, grid: TokenGrid, reference: Captured) -> Objective:
        kept = self.options.kept
        if kept > grid.frames:
            raise UsageError(f"motion-clone.kept={kept}; expected 1 to {grid.frames}, the backbone's latent frames")
        masks = {block: sparse(self._attention(reference.attention[block], grid), kept) for block in self.blocks}

        def loss(captured: Captured) -> Tensor:
            losses = [
                sparse_attention_loss(self._attention(captured.attention[block], grid), mask)
                for block, mask in masks.items()
            ]
            return of_blocks(losses).sum(dim=0)

        return loss

    def _attention(self, features: AttentionFeatures, grid: TokenGrid) -> Tensor:
        queries, keys, _ = features.attended()
        return temporal_attention(queries, keys, grid)
