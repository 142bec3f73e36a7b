"""The leak through norms of queries and keys over all heads, and its suppression.

Wan's ``norm_q`` and ``norm_k`` divide by one root mean square over the channels of all heads. An adapter on the rows of
some heads therefore moves all other heads too, by the factor rms(q0) / rms(q), where q0 is the adapter-free projection
of the same input. Suppression takes the denominator from q0; what results is no longer a low-rank change of the
weights, so such adapters cannot be merged. Where each head is normed by itself (CogVideoX) nothing leaks: there is
nothing to measure and nothing to suppress.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from motionbench.backbones import architecture
from motionbench.backbones.architecture import Transformer
from motionbench.methods.fym.head_table import Leak, Projection

_Reaction = Callable[["_Norm", Tensor], Tensor | None]


def norm_leak(transformer: Transformer, forward: Callable[[], object], *, adapter: str) -> tuple[Leak, ...]:
    """The leak during ``forward()``, of the adapter that acts then; layers that carry no LoRA are left out.

    None at all where each head is normed by itself.
    """
    leaks: list[Leak] = []

    def measure(norm: _Norm, adapted: Tensor) -> None:
        relative = norm.reciprocal_rms(adapted) / norm.reciprocal_rms(norm.adapter_free()) - 1
        leaks.append(Leak(adapter, norm.layer, norm.projection, float(relative.abs().mean())))

    with torch.no_grad(), _watched(transformer, measure):
        forward()
    return tuple(leaks)


@contextmanager
def suppressed(transformer: Transformer) -> Iterator[None]:
    """Take the denominator of every query and key norm from the adapter-free projection, inside the context."""

    def replace(norm: _Norm, adapted: Tensor) -> Tensor:
        output = adapted.float() * norm.reciprocal_rms(norm.adapter_free())
        weight = norm.module.weight
        return (output if weight is None else output * weight).type_as(adapted)

    with _watched(transformer, replace):
        yield


@dataclass
class _Norm:
    """One query or key norm behind a projection that carries a LoRA."""

    layer: int
    projection: Projection
    module: Any
    linear: Any
    reaction: _Reaction
    plain: Tensor | None = None

    def hooks(self) -> list[torch.utils.hooks.RemovableHandle]:
        return [
            self.linear.base_layer.register_forward_hook(self._see_plain),
            self.module.register_forward_hook(self._react),
        ]

    def adapter_free(self) -> Tensor:
        if self.plain is None:
            raise RuntimeError(f"block {self.layer}: norm_{self.projection} ran before to_{self.projection}")
        return self.plain

    def reciprocal_rms(self, features: Tensor) -> Tensor:
        """``1 / sqrt(mean(x^2) + eps)`` over the channels of all heads, ``[B, S, 1]``."""
        eps = self.module.eps if self.module.eps is not None else torch.finfo(features.dtype).eps
        return torch.rsqrt(features.float().square().mean(dim=-1, keepdim=True) + eps)

    def _see_plain(self, module: object, arguments: object, output: Tensor) -> None:
        self.plain = output

    def _react(self, module: object, arguments: tuple[Tensor, ...], output: Tensor) -> Tensor | None:
        result = self.reaction(self, arguments[0])
        self.plain = None
        return result


@contextmanager
def _watched(transformer: Transformer, reaction: _Reaction) -> Iterator[None]:
    with ExitStack() as stack:
        for norm in _norms(transformer, reaction):
            for handle in norm.hooks():
                stack.callback(handle.remove)
        yield


def _norms(transformer: Transformer, reaction: _Reaction) -> Iterator[_Norm]:
    kind = architecture.of(transformer)
    if kind.head_norms:
        return
    for layer, block in enumerate(kind.blocks(transformer)):
        attention = block.attn1
        if hasattr(attention.to_q, "base_layer"):
            yield _Norm(layer, "q", attention.norm_q, attention.to_q, reaction)
        if hasattr(attention.to_k, "base_layer"):
            yield _Norm(layer, "k", attention.norm_k, attention.to_k, reaction)
