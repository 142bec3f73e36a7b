"""Temporal positions of a transformer, stretched.

Latent frame k takes the position ``k * scale`` (a real number); rows and columns keep theirs. Follow-Your-Motion calls
it adaptive RoPE: its PE(x_i) = f(F/2 + (F/F_s)(i - F_s/2)) is f(i * F/F_s), because the halves cancel
(arXiv 2506.05207; the formula is known from summaries of the paper only). Wan and CogVideoX-5B turn queries and keys
by their positions; CogVideoX-2B adds sines and cosines of them to the tokens, and there those are stretched.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from motionbench.backbones import architecture
from motionbench.backbones.architecture import WAN, Transformer

_COGVIDEOX_SHARE = 4
"""CogVideoX gives a quarter of a head's channels to time."""


@contextmanager
def temporal_scale(transformer: Transformer, scale: float) -> Iterator[None]:
    """Give latent frame k the temporal position ``k * scale`` inside the context; as before on exit.

    ``scale`` 1 changes nothing. Raises ValueError unless ``scale`` is positive.
    """
    if not scale > 0:
        raise ValueError(f"a temporal RoPE scale is a positive number, got {scale}")
    if scale == 1:
        yield
    elif architecture.of(transformer) == WAN:
        with _swapped(transformer, "rope", _stretched_rope(transformer.rope, scale)):
            yield
    elif transformer.config.use_rotary_positional_embeddings:
        with _stretched_argument(transformer, scale):
            yield
    else:
        with _swapped(transformer, "patch_embed", _stretched_sines(transformer.patch_embed, scale)):
            yield


@contextmanager
def _swapped(transformer: Transformer, name: str, stretched: Any) -> Iterator[None]:
    native = getattr(transformer, name)
    setattr(transformer, name, stretched)
    try:
        yield
    finally:
        setattr(transformer, name, native)


def _stretched_rope(native: Any, scale: float) -> Any:
    stretched, width = copy.deepcopy(native), native.t_dim
    tables = native.freqs_cos[:, :width], native.freqs_sin[:, :width]
    stretched.freqs_cos[:, :width], stretched.freqs_sin[:, :width] = _stretched(*tables, scale)
    return stretched


@contextmanager
def _stretched_argument(transformer: Transformer, scale: float) -> Iterator[None]:
    """CogVideoX's pipeline hands its rotary tables to the transformer; they are stretched on the way."""
    width = transformer.config.attention_head_dim // _COGVIDEOX_SHARE
    deep = architecture.of(transformer).patch(transformer)[0]

    def hook(module: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        latents = named["hidden_states"] if "hidden_states" in named else arguments[0]
        frames = latents.shape[1] // deep
        return arguments, named | {
            "image_rotary_emb": _stretched_tables(named["image_rotary_emb"], frames, width, scale)
        }

    handle = transformer.register_forward_pre_hook(hook, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()


def _stretched_tables(tables: tuple[Tensor, Tensor], frames: int, width: int, scale: float) -> tuple[Tensor, Tensor]:
    """Tables ``[frames · tokens a frame, head_dim]`` whose first ``width`` columns are time's."""
    if frames == 1:
        return tables
    clips = [table.view(frames, -1, table.shape[1]) for table in tables]
    times = _stretched(clips[0][:, 0, :width], clips[1][:, 0, :width], scale)
    cosines, sines = (
        torch.cat([time[:, None].expand(-1, clip.shape[1], -1), clip[..., width:]], dim=-1).flatten(0, 1)
        for time, clip in zip(times, clips, strict=True)
    )
    return cosines, sines


def _stretched_sines(native: Any, scale: float) -> Any:
    """A patch embedding with the same weights, whose sines and cosines are made anew at other times."""
    stretched = copy.copy(native)
    stretched.temporal_interpolation_scale = native.temporal_interpolation_scale / scale
    # Else it would add the table that it holds for clips of its native size.
    stretched.sample_frames = 0
    return stretched


def _stretched(cosines: Tensor, sines: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Temporal columns ``[positions, channels]`` of both tables, at positions ``k * scale``.

    On the host: the same bits for every device, and not every one has float64.
    """
    ours = cosines.cpu(), sines.cpu()
    angles = _radians_a_position(*ours)
    cosine_rows, sine_rows = _rows(ours[0], angles, scale, torch.cos), _rows(ours[1], angles, scale, torch.sin)
    return cosine_rows.to(cosines.device), sine_rows.to(sines.device)


def _rows(table: Tensor, angles: Tensor, scale: float, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Whole positions inside the table are looked up, so that they stay the model's own to the bit."""
    positions = torch.arange(len(table), dtype=torch.float64) * scale
    computed: Tensor = function(positions[:, None] * angles[None, :]).to(table.dtype)
    whole = (positions == positions.round()) & (positions < len(table))
    computed[whole] = table[positions[whole].long()]
    return computed


def _radians_a_position(cosines: Tensor, sines: Tensor) -> Tensor:
    """Angular frequencies, read from the tables' second row: none exceeds one radian, so none is wrapped."""
    return torch.atan2(sines[1].double(), cosines[1].double())
