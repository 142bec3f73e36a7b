"""Queries and keys of a Wan transformer's self-attention, exactly as attention sees them.

Forward hooks only: no processor and no class is replaced, so the output is the same to the bit with the probe on.
Queries and keys are taken after the RMS-norm over all heads and after the rotary embedding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from diffusers import WanTransformer3DModel

Visitor = Callable[[int, Tensor, Tensor], None]
"""``visitor(layer, queries, keys)``: both ``[B, S, heads, head_dim]``, tokens in (frame, row, column) order."""


@contextmanager
def probe(transformer: WanTransformer3DModel, visitor: Visitor) -> Iterator[None]:
    """Call ``visitor`` for the self-attention of every block, in order, during each forward pass in the context."""
    with ExitStack() as stack:
        for layer, block in enumerate(transformer.blocks):
            for handle in _Layer(layer, block.attn1, visitor).hooks():
                stack.callback(handle.remove)
        yield


@dataclass
class _Layer:
    """The hooks of one self-attention."""

    layer: int
    attention: Any
    visitor: Visitor
    queries: Tensor | None = None
    keys: Tensor | None = None

    def hooks(self) -> list[torch.utils.hooks.RemovableHandle]:
        return [
            self.attention.norm_q.register_forward_hook(self._see_queries),
            self.attention.norm_k.register_forward_hook(self._see_keys),
            self.attention.register_forward_hook(self._visit, with_kwargs=True),
        ]

    def _see_queries(self, module: object, arguments: object, output: Tensor) -> None:
        self.queries = output.detach()

    def _see_keys(self, module: object, arguments: object, output: Tensor) -> None:
        self.keys = output.detach()

    def _visit(self, module: object, arguments: tuple[Any, ...], named: dict[str, Any], output: object) -> None:
        rotary = named.get("rotary_emb", arguments[3] if len(arguments) > 3 else None)
        queries, keys, self.queries, self.keys = self.queries, self.keys, None, None
        if queries is None or keys is None:
            raise RuntimeError(f"the self-attention of block {self.layer} ran without norm_q or norm_k")
        heads = self.attention.heads
        queries, keys = (features.view(*features.shape[:2], heads, -1) for features in (queries, keys))
        if rotary is not None:
            queries, keys = rotated(queries, *rotary), rotated(keys, *rotary)
        self.visitor(self.layer, queries, keys)


def rotated(features: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Turn each pair of channels by its angle: ``(x, y) -> (x cos - y sin, x sin + y cos)``.

    ``features`` is ``[B, S, heads, D]``; the tables are ``[1, S, 1, D]`` with each angle written twice, as diffusers'
    ``WanRotaryPosEmbed`` returns them.
    """
    first, second = features[..., 0::2], features[..., 1::2]
    cosine, sine = cosines[..., 0::2], sines[..., 1::2]
    turned = torch.stack([first * cosine - second * sine, first * sine + second * cosine], dim=-1)
    return turned.flatten(-2).type_as(features)
