"""Queries and keys of a Wan transformer's self-attention, exactly as attention sees them.

Forward hooks only: no processor and no class is replaced, so the output is the same to the bit with the probe on.
Queries and keys are taken after the RMS-norm over all heads and after the rotary embedding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from diffusers import WanTransformer3DModel

Visitor = Callable[[int, Tensor, Tensor], None]
"""``visitor(layer, queries, keys)``: both ``[B, S, heads, head_dim]``, tokens in (frame, row, column) order."""
Rotary = tuple[Tensor, Tensor]
"""Tables of cosines and sines, ``[1, S, 1, head_dim]``."""
TapVisitor = Callable[..., None]
"""``visit(rotary, *features)``."""


@contextmanager
def probe(transformer: WanTransformer3DModel, visitor: Visitor) -> Iterator[None]:
    """Call ``visitor`` for the self-attention of every block, in order, during each forward pass in the context."""
    with ExitStack() as stack:
        for layer, block in enumerate(transformer.blocks):
            tap = Tap(block.attn1, ("norm_q", "norm_k"), _detached(layer, visitor))
            tap.install(stack)
        yield


def _detached(layer: int, visitor: Visitor) -> TapVisitor:
    def visit(rotary: Rotary | None, queries: Tensor, keys: Tensor) -> None:
        queries, keys = queries.detach(), keys.detach()
        if rotary is not None:
            queries, keys = rotated(queries, *rotary), rotated(keys, *rotary)
        visitor(layer, queries, keys)

    return visit


@dataclass
class Tap:
    """The hooks of one self-attention: ``visit`` gets the named modules' outputs once all have run, before they meet.

    Each output is ``[B, S, heads, head_dim]``, before the rotary embedding, whose tables come along.
    """

    attention: Any
    modules: tuple[str, ...]
    """Some of ``norm_q``, ``norm_k`` and ``to_v``: what attention takes its queries, keys and values from."""
    visit: TapVisitor
    rotary: Rotary | None = None
    seen: dict[str, Tensor] = field(default_factory=dict)

    def install(self, stack: ExitStack) -> None:
        """Hook on until ``stack`` closes."""
        stack.callback(self.attention.register_forward_pre_hook(self._begin, with_kwargs=True).remove)
        for module in self.modules:
            stack.callback(getattr(self.attention, module).register_forward_hook(self._sees(module)).remove)

    def _begin(self, module: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.rotary = named.get("rotary_emb", arguments[3] if len(arguments) > 3 else None)
        self.seen = {}

    def _sees(self, name: str) -> Callable[[object, object, Tensor], None]:
        def hook(module: object, arguments: object, output: Tensor) -> None:
            self.seen[name] = output.view(*output.shape[:2], self.attention.heads, -1)
            if len(self.seen) == len(self.modules):
                seen, self.seen = self.seen, {}
                self.visit(self.rotary, *(seen[module] for module in self.modules))

        return hook


def rotated(features: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Turn each pair of channels by its angle: ``(x, y) -> (x cos - y sin, x sin + y cos)``.

    ``features`` is ``[B, S, heads, D]``; the tables are ``[1, S, 1, D]`` with each angle written twice, as diffusers'
    ``WanRotaryPosEmbed`` returns them.
    """
    first, second = features[..., 0::2], features[..., 1::2]
    cosine, sine = cosines[..., 0::2], sines[..., 1::2]
    turned = torch.stack([first * cosine - second * sine, first * sine + second * cosine], dim=-1)
    return turned.flatten(-2).type_as(features)
