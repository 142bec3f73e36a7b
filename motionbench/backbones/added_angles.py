"""Rotary positions turned token by token: angles that are added to a model's own, with a gradient to them.

Wan makes its tables of cosines and sines in ``rope``; they are turned on the way to the blocks. Not so CogVideoX's:
diffusers turns its queries and keys in place, which leaves no gradient to angles, and the 2B has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor

from motionbench.backbones import architecture
from motionbench.backbones.architecture import WAN, Rotary, Transformer


@dataclass(eq=False)
class AddedAngles:
    """Radians δ that every rotary angle is increased by, ``[S, head_dim / 2]``; None leaves the model as it is.

    Channels 2p and 2p + 1 of token s turn by θ_sp + δ_sp: by head_dim, first the pairs that encode the frame, then
    those of the row and of the column.
    """

    radians: Tensor | None = None

    def turned(self, tables: Rotary) -> Rotary:
        """(cos, sin) of θ + δ by the addition theorems, which keep δ's gradient; tables ``[1, S, 1, D]``.

        Raises ValueError for angles of another number of tokens or channels.
        """
        if self.radians is None:
            return tables
        cosines, sines = tables
        _, tokens, _, channels = cosines.shape
        if self.radians.shape != (tokens, channels // 2):
            raise ValueError(
                f"added angles {tuple(self.radians.shape)} do not fit {tokens} tokens of {channels // 2} angles each"
            )
        added = self.radians.to(cosines.device).repeat_interleave(2, dim=1)[None, :, None]
        cosine, sine = added.cos(), added.sin()
        both = cosines * cosine - sines * sine, sines * cosine + cosines * sine
        return both[0].to(cosines.dtype), both[1].to(sines.dtype)


def turns(transformer: Transformer) -> bool:
    """Whether a transformer has rotary positions with a gradient to their angles."""
    return architecture.of(transformer) == WAN


@contextmanager
def added_angles(transformer: Transformer) -> Iterator[AddedAngles]:
    """Angles that every forward pass in the context adds to the rotary embedding of its queries and keys.

    They may change from pass to pass. None, and zero angles, give the native model to the bit. Raises ValueError for a
    transformer whose angles get no gradient.
    """
    if not turns(transformer):
        raise ValueError(f"angles can be added to Wan's rotary positions, not to {architecture.of(transformer).name}'s")
    added = AddedAngles()

    def turn(module: object, arguments: object, tables: Rotary) -> Rotary:
        return added.turned(tables)

    handle = transformer.rope.register_forward_hook(turn)
    try:
        yield added
    finally:
        handle.remove()
