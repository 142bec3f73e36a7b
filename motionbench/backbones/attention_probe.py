"""Queries and keys of a transformer's self-attention, exactly as attention sees them.

Forward hooks only: no processor and no class is replaced, so the output is the same to the bit with the probe on.
Queries and keys are those of the video's tokens, taken after their norm and after the rotary embedding, if there is one
(CogVideoX-2B adds positions to the tokens instead).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from motionbench.backbones import architecture
from motionbench.backbones.architecture import MODULES, Architecture, Part, Rotary, Transformer

Visitor = Callable[[int, Tensor, Tensor], None]
"""``visitor(layer, queries, keys)``: both ``[B, S, heads, head_dim]``, tokens in (frame, row, column) order."""
TapVisitor = Callable[..., None]
"""``visit(rotary, *features)``."""


@contextmanager
def probe(transformer: Transformer, visitor: Visitor) -> Iterator[None]:
    """Call ``visitor`` for the self-attention of every block, in order, during each forward pass in the context."""
    kind = architecture.of(transformer)
    with ExitStack() as stack:
        for layer, block in enumerate(kind.blocks(transformer)):
            Tap(kind, block.attn1, ("queries", "keys"), _detached(layer, visitor)).install(stack)
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
    """The hooks of one self-attention: ``visit`` gets the named parts once all are computed, before they meet.

    Each is ``[B, S, heads, head_dim]`` of the video's tokens, before the rotary embedding, whose tables come along.
    """

    architecture: Architecture
    attention: Any
    parts: tuple[Part, ...]
    visit: TapVisitor
    rotary: Rotary | None = None
    text: int = 0
    """Tokens of the text in the pass that is under way."""
    seen: dict[Part, Tensor] = field(default_factory=dict)

    def install(self, stack: ExitStack) -> None:
        """Hook on until ``stack`` closes."""
        stack.callback(self.attention.register_forward_pre_hook(self._begin, with_kwargs=True).remove)
        for part in self.parts:
            module = getattr(self.attention, MODULES[part])
            stack.callback(module.register_forward_hook(self._sees(part)).remove)

    def _begin(self, module: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.rotary = self.architecture.rotary(arguments, named)
        self.text = self.architecture.text_tokens(named)
        self.seen = {}

    def _sees(self, part: Part) -> Callable[[object, object, Tensor], None]:
        def hook(module: object, arguments: object, output: Tensor) -> None:
            features = self.architecture.features(part, output, self.attention.heads, self.text)
            # A copy, where the model is going to turn its own in place. It keeps nothing for the way back, so gradient
            # checkpointing does not miss it when it computes a block again.
            self.seen[part] = features.clone() if self.architecture.head_norms else features
            if len(self.seen) == len(self.parts):
                seen, self.seen = self.seen, {}
                self.visit(self.rotary, *(seen[part] for part in self.parts))

        return hook


def rotated(features: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Turn each pair of channels by its angle: ``(x, y) -> (x cos - y sin, x sin + y cos)``.

    ``features`` is ``[B, S, heads, D]``; the tables are ``[1, S, 1, D]`` with each angle written twice, as diffusers
    has them.
    """
    first, second = features[..., 0::2], features[..., 1::2]
    cosine, sine = cosines[..., 0::2], sines[..., 1::2]
    turned = torch.stack([first * cosine - second * sine, first * sine + second * cosine], dim=-1)
    return turned.flatten(-2).type_as(features)
