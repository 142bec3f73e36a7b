"""Space-time feature differences, the motion signal of DMT (arXiv 2311.17009, section 4), pure.

Features are ``[B, S, D]``, tokens in (frame, row, column) order; a spatial marginal mean (SMM) is ``[B, F, D]``. Losses
are one number an item, ``[B]``.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from motionbench.backbones.token_grid import TokenGrid


def spatial_mean(features: Tensor, grid: TokenGrid) -> Tensor:
    """SMM_f: the mean over a frame's tokens, ``[B, F, D]``, float32 or better; raises ValueError off the grid."""
    return grid.unfold(_precise(features)).mean(dim=(2, 3))


def smm_loss(found: Tensor, wanted: Tensor) -> Tensor:
    """Mean over pairs i ≠ j of 1 − cos(SMM_j − SMM_i, SMMʳᵉᶠ_j − SMMʳᵉᶠ_i), cosine over channels, ``[B]`` in [0, 2].

    An offset that all frames share, such as another look, changes nothing; opposite motion gives 2. A pair that does
    not differ has no direction and counts 1. The paper keeps i = j, a constant 1/F without a gradient; it is left out.
    Raises ValueError for other shapes than two ``[B, F >= 2, D]``.
    """
    _check(found, wanted)
    cosines = cosine_similarity(_differences(found), _differences(wanted), dim=-1)
    return 1 - _pairs(cosines).mean(dim=-1)


def _differences(means: Tensor) -> Tensor:
    """``[B, i, j, D]``: SMM_j − SMM_i."""
    return means[:, None] - means[:, :, None]


def _pairs(values: Tensor) -> Tensor:
    """``[B, F, F]`` without its diagonal, ``[B, F (F − 1)]``."""
    different = ~torch.eye(values.shape[1], dtype=torch.bool, device=values.device)
    return values[:, different]


def released_smm_loss(found: Tensor, wanted: Tensor) -> Tensor:
    """The form of DiTFlow's public port, kept for reading its published numbers; ``[B]`` in [0, 2].

    mean_i mean_d 1 − cos_j(SMM_j − SMMʳᵉᶠ_i, SMMʳᵉᶠ_j − SMMʳᵉᶠ_i): the reference's anchor is taken from both, and the
    cosine runs along frames instead of channels. So an offset of the look raises it: it pulls the look too
    (ditflow/ditflow@4db379b, ``compute_smm_loss``). Raises ValueError as ``smm_loss``.
    """
    _check(found, wanted)
    anchors = wanted[:, :, None]
    cosines = cosine_similarity(found[:, None] - anchors, wanted[:, None] - anchors, dim=2)
    return 1 - cosines.mean(dim=(1, 2))


def _check(found: Tensor, wanted: Tensor) -> None:
    if found.ndim != 3 or found.shape != wanted.shape or found.shape[1] < 2:
        raise ValueError(
            f"spatial marginal means are two [B, F >= 2, D], got {tuple(found.shape)} and {tuple(wanted.shape)}"
        )


def _precise(features: Tensor) -> Tensor:
    return features.to(torch.promote_types(features.dtype, torch.float32))
