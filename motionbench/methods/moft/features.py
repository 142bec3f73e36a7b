"""Motion features, the motion signal of MOFT (arXiv 2405.14864, section 3), pure.

Features are ``[B, S, D]``, tokens in (frame, row, column) order. What all frames share at a place is content and taken
away; of the rest only the channels that carry motion are kept.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from motionbench.backbones.token_grid import TokenGrid


def content_removed(features: Tensor, grid: TokenGrid) -> Tensor:
    """X − mean_f X at every place, ``[B, S, D]``, float32 or better: zero where nothing changes through time."""
    unfolded = grid.unfold(features.to(torch.promote_types(features.dtype, torch.float32)))
    return grid.fold(unfolded - unfolded.mean(dim=1, keepdim=True))


def motion_channels(removed: Tensor, count: int, *, components: int = 1) -> Tensor:
    """The channels that weigh most in the leading principal components of ``removed [B, S, D]``, ``[count]``, rising.

    A channel's weight is √Σ_k (s_k V_kd)² over the first ``components``. The paper takes features of synthetic pans, B
    of them at once; DiTFlow's port those of the reference alone and one component. No mean is subtracted: content
    removal has done it. Raises ValueError for a count outside 1 to D.
    """
    channels = removed.shape[-1]
    if not 1 <= count <= channels:
        raise ValueError(f"motion channels number 1 to {channels}, as many as features have; got {count}")
    _, strengths, loadings = torch.linalg.svd(removed.reshape(-1, channels), full_matrices=False)
    weights = (strengths[:components, None] * loadings[:components]).square().sum(dim=0)
    strongest: Tensor = weights.topk(count).indices.sort().values
    return strongest


def moft_loss(found: Tensor, wanted: Tensor, channels: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean over tokens of 1 − cos over the motion channels of content-removed features, ``[B]`` in [0, 2].

    ``mask [B or 1, S]`` keeps the tokens where it is true. A token that does not change has no direction and counts 1.
    Raises ValueError for features of different shapes and for a mask of another shape or with no token.
    """
    if found.ndim != 3 or found.shape != wanted.shape:
        raise ValueError(f"motion features are two [B, S, D], got {tuple(found.shape)} and {tuple(wanted.shape)}")
    distance = 1 - cosine_similarity(found[..., channels], wanted[..., channels].to(found), dim=-1)
    if mask is None:
        return distance.mean(dim=-1)
    if mask.shape not in (distance.shape, (1, distance.shape[1])) or not bool(mask.any(dim=-1).all()):
        raise ValueError(
            f"a mask is [B or 1, S] with a true token an item, got {tuple(mask.shape)} for {tuple(distance.shape)}"
        )
    return torch.where(mask, distance, 0.0).sum(dim=-1) / mask.sum(dim=-1)
