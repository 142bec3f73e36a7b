"""Sparse temporal attention, the motion signal of MotionClone (arXiv 2406.05338, section 3), pure.

Queries and keys are ``[B, S, heads, head_dim]``, tokens in (frame, row, column) order. Temporal attention is
``[B, N, heads, F, F]``: N places, a first frame, the frames that it looks at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from motionbench.backbones.token_grid import TokenGrid


def temporal_attention(queries: Tensor, keys: Tensor, grid: TokenGrid) -> Tensor:
    """A = softmax_f′(Q_f K_f′ᵀ / √d) among the tokens of one place, ``[B, N, heads, F, F]``, float32 or better.

    The paper reads the temporal layers of a UNet. Full 3D attention has none, so its logits are taken at equal places
    and normalised among them. What moves to another place cannot be seen by it: camera motion least of all.
    """
    if queries.ndim != 4 or queries.shape != keys.shape:
        raise ValueError(
            f"temporal attention takes queries and keys [B, S, heads, head_dim], "
            f"got {tuple(queries.shape)} and {tuple(keys.shape)}"
        )
    dtype = torch.promote_types(queries.dtype, torch.float32)
    # [B, F, N, heads, d] as [B, N, heads, F, d]
    first, second = (grid.unfold(part.to(dtype)).flatten(2, 3).permute(0, 2, 3, 1, 4) for part in (queries, keys))
    return (first @ second.mT / math.sqrt(queries.shape[-1])).softmax(dim=-1)


@dataclass(frozen=True, eq=False)
class SparseAttention:
    """The k largest entries of each row of a temporal attention: M ∘ A_ref of the paper without its zeros."""

    values: Tensor
    """``[B, N, heads, F, k]``."""
    frames: Tensor
    """Which frames they look at, ``int64 [B, N, heads, F, k]``."""

    @property
    def density(self) -> float:
        """Share of all entries that is kept, k / F."""
        return self.frames.shape[-1] / self.frames.shape[-2]


def sparse(attention: Tensor, count: int = 1) -> SparseAttention:
    """The ``count`` largest entries of each row (the paper keeps 1); raises ValueError for a count outside 1 to F."""
    if not 1 <= count <= attention.shape[-1]:
        raise ValueError(f"1 to {attention.shape[-1]} frames can be kept, as many as there are; got {count}")
    values, frames = attention.topk(count, dim=-1)
    return SparseAttention(values, frames)


def sparse_attention_loss(attention: Tensor, reference: SparseAttention) -> Tensor:
    """‖M ∘ (A_ref − A)‖² over the entries that M keeps, as their mean, ``[B]`` in [0, 1].

    Raises ValueError for attention of another shape than the reference's.
    """
    if attention.shape[:-1] != reference.frames.shape[:-1] or attention.shape[-1] != attention.shape[-2]:
        raise ValueError(
            f"attention {tuple(attention.shape)} does not fit the reference's kept entries "
            f"{tuple(reference.frames.shape)}; take both from clips of one size"
        )
    kept = attention.gather(-1, reference.frames)
    return (kept - reference.values.to(kept)).square().mean(dim=(1, 2, 3, 4))
