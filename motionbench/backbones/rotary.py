"""Rotary positions of a Wan transformer: stretched in time, or turned token by token.

Stretched, latent frame k takes the position ``k * scale`` (a real number); rows and columns keep theirs.
Follow-Your-Motion calls it adaptive RoPE: its PE(x_i) = f(F/2 + (F/F_s)(i - F_s/2)) is f(i * F/F_s), because the halves
cancel (arXiv 2506.05207; the formula is known from summaries of the paper only).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from diffusers import WanTransformer3DModel


@contextmanager
def temporal_scale(transformer: WanTransformer3DModel, scale: float) -> Iterator[None]:
    """Give latent frame k the temporal position ``k * scale`` inside the context.

    The model's ``rope`` is swapped for a copy with another table and put back on exit. ``scale`` 1 swaps nothing.
    Raises ValueError unless ``scale`` is positive.
    """
    if not scale > 0:
        raise ValueError(f"a temporal RoPE scale is a positive number, got {scale}")
    native = transformer.rope
    if scale == 1:
        yield
        return
    stretched = copy.deepcopy(native)
    stretched.freqs_cos[:, : native.t_dim] = _rows(native.freqs_cos, native, scale, torch.cos)
    stretched.freqs_sin[:, : native.t_dim] = _rows(native.freqs_sin, native, scale, torch.sin)
    transformer.rope = stretched
    try:
        yield
    finally:
        transformer.rope = native


@dataclass(eq=False)
class AddedAngles:
    """Radians δ that every rotary angle is increased by, ``[S, head_dim / 2]``; None leaves the model as it is.

    Channels 2p and 2p + 1 of token s turn by θ_sp + δ_sp: by head_dim, first the pairs that encode the frame, then
    those of the row and of the column.
    """

    radians: Tensor | None = None

    def turn(self, module: object, arguments: object, tables: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor] | None:
        """Forward hook of ``WanRotaryPosEmbed``: (cos, sin) of θ + δ by the addition theorems, which keep δ's gradient.

        Raises ValueError for angles of another number of tokens or channels.
        """
        if self.radians is None:
            return None
        cosines, sines = tables
        _, tokens, _, channels = cosines.shape
        if self.radians.shape != (tokens, channels // 2):
            raise ValueError(
                f"added angles {tuple(self.radians.shape)} do not fit {tokens} tokens of {channels // 2} angles each"
            )
        added = self.radians.to(cosines.device).repeat_interleave(2, dim=1)[None, :, None]
        cosine, sine = added.cos(), added.sin()
        turned = cosines * cosine - sines * sine, sines * cosine + cosines * sine
        return turned[0].to(cosines.dtype), turned[1].to(sines.dtype)


@contextmanager
def added_angles(transformer: WanTransformer3DModel) -> Iterator[AddedAngles]:
    """Angles that every forward pass in the context adds to the rotary embedding of its queries and keys.

    They may change from pass to pass. None, and zero angles, give the native model to the bit.
    """
    added = AddedAngles()
    handle = transformer.rope.register_forward_hook(added.turn)
    try:
        yield added
    finally:
        handle.remove()


def _rows(table: Tensor, native: Any, scale: float, function: Callable[[Tensor], Tensor]) -> Tensor:
    """The temporal columns of a table at positions ``k * scale``.

    Whole positions inside the table are looked up, so that they stay the model's own to the bit.
    """
    angles = _radians_a_position(native)
    positions = torch.arange(len(table), dtype=torch.float64, device=table.device) * scale
    computed: Tensor = function(positions[:, None] * angles[None, :]).to(table.dtype)
    whole = (positions == positions.round()) & (positions < len(table))
    computed[whole] = table[positions[whole].long(), : len(angles)]
    return computed


def _radians_a_position(native: Any) -> Tensor:
    """Angular frequencies, read from the table's second row: none exceeds one radian, so none is wrapped."""
    sines: Tensor = native.freqs_sin[1, : native.t_dim].double()
    cosines: Tensor = native.freqs_cos[1, : native.t_dim].double()
    return torch.atan2(sines, cosines)
