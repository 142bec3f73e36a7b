"""Attention motion flow, the motion signal of DiTFlow (arXiv 2412.07776, section 3.2), pure.

Queries and keys are ``[B, S, heads, head_dim]`` as attention sees them, rotary embedding included, tokens in (frame,
row, column) order. A field is ``[B, F, F, N, 2]``: where each of the N tokens of a first frame looks in a second frame,
as a displacement (x, y) in tokens; x runs right, y down. Every ordered pair of frames counts, a frame with itself too.

The full logits have (F·N)² entries, 30 GB for CogVideoX at 13 latent frames. Here they exist for one frame against a
few at a time, and under a gradient they are computed again on the way back, so memory holds N² of them (all, where they
are few). It is exact.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from motionbench.backbones.token_grid import TokenGrid

_LOGITS_AT_ONCE = 2**22
"""Attention logits of an item that exist together, if a single pair of frames has no more."""


def motion_flow(
    queries: Tensor,
    keys: Tensor,
    grid: TokenGrid,
    *,
    temperature: float = 2.0,
    hard: bool = False,
    frames_at_once: int | None = None,
) -> Tensor:
    """The attention motion flow of a clip, ``[B, F, F, N, 2]``, float32 or better.

    Δ(i→j)[u] = Σ_v softmax_v(τ · mean_heads(Q_i K_jᵀ) / √d)[u, v] · (place(v) − place(u)): the expected displacement,
    with a gradient; ``hard`` takes the place of the largest logit instead, without one. ``frames_at_once`` is how many
    second frames share a chunk: it moves memory, never the field. Raises ValueError for features that are not the
    grid's and for a temperature that is not positive.
    """
    _check(queries, keys, grid, temperature)
    scale = temperature / (queries.shape[2] * math.sqrt(queries.shape[3]))
    places = _places(grid, queries)
    # The mean over heads of Q·K is one product of all heads side by side.
    sides = queries.flatten(2), keys.flatten(2)
    if frames_at_once is None and grid.tokens**2 <= _LOGITS_AT_ONCE:
        return _whole(*sides, grid, places, scale, hard)
    at_once = frames_at_once or max(1, _LOGITS_AT_ONCE // grid.tokens_a_frame**2)
    first, second = (grid.unfold(part).flatten(2, 3).unbind(1) for part in sides)
    rows = []
    for frame in first:
        chunks = [
            _chunk(frame, second[start : start + at_once], places, scale, hard)
            for start in range(0, grid.frames, at_once)
        ]
        rows.append(torch.cat(chunks, dim=1))
    return torch.stack(rows, dim=1)


def _check(queries: Tensor, keys: Tensor, grid: TokenGrid, temperature: float) -> None:
    if queries.ndim != 4 or queries.shape != keys.shape or queries.shape[1] != grid.tokens:
        raise ValueError(
            f"motion flow takes queries and keys [B, {grid.tokens}, heads, head_dim] on a token grid {grid.shape}, "
            f"got {tuple(queries.shape)} and {tuple(keys.shape)}"
        )
    if not temperature > 0:
        raise ValueError(f"a temperature of attention is a positive number, got {temperature}")


def _places(grid: TokenGrid, like: Tensor) -> Tensor:
    """(x, y) of a frame's tokens, ``[N, 2]``."""
    dtype = torch.promote_types(like.dtype, torch.float32)
    rows, columns = (torch.arange(length, device=like.device, dtype=dtype) for length in (grid.rows, grid.columns))
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=-1)


def _whole(queries: Tensor, keys: Tensor, grid: TokenGrid, places: Tensor, scale: float, hard: bool) -> Tensor:
    """The field from one product: too few logits to be worth a second computation, or a call a frame."""
    frames, tokens = grid.frames, grid.tokens_a_frame
    logits = scale * queries.to(places.dtype) @ keys.to(places.dtype).mT
    logits = logits.view(-1, frames, tokens, frames, tokens)
    found = _found(logits, places, hard) - places[:, None]
    return found.transpose(2, 3)


def _chunk(queries: Tensor, keys: tuple[Tensor, ...], places: Tensor, scale: float, hard: bool) -> Tensor:
    """``[B, len(keys), N, 2]`` from one frame's queries and some frames' keys, each ``[B, N, heads * head_dim]``."""
    if torch.is_grad_enabled() and not hard:
        soft: Tensor = checkpoint(_displacements, queries, places, scale, hard, *keys, use_reentrant=False)
        return soft
    return _displacements(queries, places, scale, hard, *keys)


def _displacements(queries: Tensor, places: Tensor, scale: float, hard: bool, *keys: Tensor) -> Tensor:
    dtype = places.dtype
    logits = scale * queries.to(dtype)[:, None] @ torch.stack(keys, dim=1).to(dtype).mT
    return _found(logits, places, hard) - places


def _found(logits: Tensor, places: Tensor, hard: bool) -> Tensor:
    """Where logits ``[..., N]`` look: ``[..., 2]``."""
    return places[logits.argmax(-1)] if hard else logits.softmax(-1) @ places


def motion_flow_loss(field: Tensor, reference: Tensor, *, moving_only: bool = True) -> Tensor:
    """MSE(Δ, Δ_ref) of each item, ``[B]``, in square tokens.

    ``moving_only`` leaves out the tokens that the reference's field gives no displacement (as the public code's
    default): a still background is then free, and with it almost everything in a clip of a small object. Raises
    ValueError for fields of different shapes, and where nothing would be left to compare.
    """
    if field.shape != reference.shape or field.ndim != 5 or field.shape[-1] != 2:
        raise ValueError(f"fields are two [B, F, F, N, 2], got {tuple(field.shape)} and {tuple(reference.shape)}")
    error = (field - reference.to(field)).square().mean(dim=-1)
    if not moving_only:
        return error.mean(dim=(1, 2, 3))
    moving = reference.ne(0).any(dim=-1)
    counts = moving.sum(dim=(1, 2, 3))
    if not bool(counts.all()):
        raise ValueError(
            "the reference's motion flow is zero everywhere, so nothing guides; compare all tokens instead"
        )
    return torch.where(moving, error, 0.0).sum(dim=(1, 2, 3)) / counts
