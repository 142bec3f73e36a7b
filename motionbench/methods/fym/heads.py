"""Stage 1 of Follow-Your-Motion: which self-attention heads are spatial and which temporal, streamed, no training.

For P = softmax(q kᵀ / √d) with q, k after norm and RoPE, token i = (frame f, pixel p), F frames of T tokens, blocks
of B tokens and the band floor(T / B)::

    w_s = Σ_ij P_ij M_s(i, j)    M_s = 1 iff |⌊(f T + p) / B⌋ − ⌊(f' T + p') / B⌋| < band
    w_t = Σ_ij P_ij M_t(i, j)    M_t = 1 iff |⌊(p F + f) / B⌋ − ⌊(p' F + f') / B⌋| < band

Where a text's tokens share the self-attention (CogVideoX) they are left out: P is normalised among the video's. Query
rows are taken in chunks and dropped, so no S × S map is ever held. Both masks have the same area, hence the ratio
of masses is the ratio of the cosine similarities of the paper (arXiv 2506.05207; masks as in its public code).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from motionbench.backbones.attention_probe import probe
from motionbench.contracts import Progress, silent
from motionbench.methods.fym.head_table import HeadTable, Kind, Probe, block_size_for, kind_of

if TYPE_CHECKING:
    from motionbench.backbones.backbone import Backbone

_CHUNK_ELEMENTS = 2**24
"""Attention weights held at once, over all heads: 64 MiB in float32."""


@dataclass(frozen=True)
class Bands:
    """The tokens of a clip, in (frame, pixel) order, and the width of the bands."""

    frames: int
    tokens_per_frame: int
    block_size: int

    def __post_init__(self) -> None:
        if not 1 <= self.block_size <= self.tokens_per_frame:
            raise ValueError(
                f"block size {self.block_size}: expected 1 to {self.tokens_per_frame}, the tokens of a latent frame"
            )

    @property
    def band_blocks(self) -> int:
        """Blocks to either side, exclusive: floor(T / B)."""
        return self.tokens_per_frame // self.block_size

    def blocks(self, *, device: torch.device) -> tuple[Tensor, Tensor]:
        """Block number of every token in (frame, pixel) order and in (pixel, frame) order, ``[S]`` each."""
        token = torch.arange(self.frames * self.tokens_per_frame, device=device)
        frame, pixel = token // self.tokens_per_frame, token % self.tokens_per_frame
        return token // self.block_size, (pixel * self.frames + frame) // self.block_size


def band_masses(
    queries: Tensor, keys: Tensor, grid: Bands, *, rows: Tensor | None = None, chunk: int | None = None
) -> tuple[Tensor, Tensor]:
    """(w_s, w_t) of each head, ``[heads]`` float64, from ``queries, keys [B, S, heads, D]``, summed over the batch.

    ``rows`` (``[R]`` token numbers) restricts the queries, an unbiased estimate up to the factor S / R; ``chunk`` is
    the number of query rows at once.
    """
    heads, width = queries.shape[2:]
    blocks = grid.blocks(device=queries.device)
    rows = torch.arange(len(blocks[0]), device=queries.device) if rows is None else rows.to(queries.device)
    chunk = chunk or max(1, _CHUNK_ELEMENTS // (heads * len(blocks[0])))
    # Summed on the host: not every device has float64.
    masses = torch.zeros(2, heads, dtype=torch.float64)
    for query, key in zip(queries.unbind(0), keys.unbind(0), strict=True):
        key = key.float()
        for part in torch.split(rows, chunk):
            scores = torch.einsum("ihd,jhd->hij", query[part].float(), key) / math.sqrt(width)
            attention = scores.softmax(dim=-1)
            for mass, block in zip(masses, blocks, strict=True):
                near = (block[part, None] - block[None, :]).abs() < grid.band_blocks
                mass += torch.einsum("hij,ij->h", attention, near.to(attention.dtype)).cpu().double()
    return masses[0], masses[1]


def classify_heads(
    backbone: Backbone, latents: Tensor, embeds: Tensor, settings: Probe, progress: Progress = silent
) -> HeadTable:
    """Label every head of the backbone on a clip's ``latents [1, C, F, h, w]``, noised to the probe's σ.

    One conditional pass a draw of the noise, over which masses are summed; ``embeds`` is the clip's own caption.
    """
    generator = torch.Generator().manual_seed(settings.seed)
    grid = _grid(backbone, latents, settings.block_size)
    heads = backbone.architecture.heads(backbone.transformer)
    masses = [[torch.zeros(count, dtype=torch.float64)] * 2 for count in heads]
    done = 0

    def visit(layer: int, queries: Tensor, keys: Tensor) -> None:
        nonlocal done
        drawn = torch.randperm(queries.shape[1], generator=generator)[: settings.rows] if settings.rows else None
        found = band_masses(queries, keys, grid, rows=drawn.sort().values if drawn is not None else None)
        masses[layer] = [total + mass for total, mass in zip(masses[layer], found, strict=True)]
        done += 1
        progress("heads", done, len(heads) * settings.draws)

    with torch.no_grad(), probe(backbone.transformer, visit):
        for _ in range(settings.draws):
            noise = torch.randn(latents.shape, generator=generator).to(latents)
            level = torch.tensor([settings.sigma], device=latents.device)
            backbone.velocity(backbone.process.interpolate(latents, noise, level), level, embeds)
    return _table(masses, grid, settings)


def _grid(backbone: Backbone, latents: Tensor, block_size: int) -> Bands:
    p_t, p_h, p_w = backbone.architecture.patch(backbone.transformer)
    frames, height, width = latents.shape[2:]
    tokens = (height // p_h) * (width // p_w)
    return Bands(frames // p_t, tokens, block_size or block_size_for(tokens))


def _table(masses: list[list[Tensor]], grid: Bands, settings: Probe) -> HeadTable:
    spatial, temporal = (tuple(tuple(layer[side].tolist()) for layer in masses) for side in (0, 1))
    kinds: tuple[tuple[Kind, ...], ...] = tuple(
        tuple(kind_of(w_s, w_t, settings.rule) for w_s, w_t in zip(*layer, strict=True))
        for layer in zip(spatial, temporal, strict=True)
    )
    return HeadTable(
        rule=settings.rule,
        seed=settings.seed,
        sigma=settings.sigma,
        draws=settings.draws,
        rows=settings.rows,
        frames=grid.frames,
        tokens_per_frame=grid.tokens_per_frame,
        block_size=grid.block_size,
        spatial_mass=spatial,
        temporal_mass=temporal,
        kinds=kinds,
    )
