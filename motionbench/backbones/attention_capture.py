"""Features of chosen blocks of a transformer, taken or replaced, and passes that end at the last block asked for.

Forward hooks only: what they do not replace is the same to the bit, and leaving a context removes them whatever
happened. Layers count from 0. Queries, keys and values are ``[B, S, heads, head_dim]``, outputs of blocks
``[B, S, D]``, the video's tokens in (frame, row, column) order (``token_grid``); a text's tokens, where self-attention
sees them, are neither taken nor touched. Queries and keys are taken after their norm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from motionbench.backbones import architecture
from motionbench.backbones.architecture import MODULES, Architecture, Part, Rotary, Transformer
from motionbench.backbones.attention_probe import Tap, rotated


@dataclass(frozen=True, eq=False)
class AttentionFeatures:
    """A self-attention's parts before the rotary embedding, with a gradient where the pass had one."""

    queries: Tensor
    keys: Tensor
    values: Tensor
    rotary: Rotary | None = None

    def attended(self) -> tuple[Tensor, Tensor, Tensor]:
        """(Q, K, V) as attention sees them: queries and keys turned by the rotary embedding.

        Not done during the pass: gradient checkpointing would not find these operations when it computes a block again.
        """
        if self.rotary is None:
            return self.queries, self.keys, self.values
        return rotated(self.queries, *self.rotary), rotated(self.keys, *self.rotary), self.values


@dataclass(frozen=True, eq=False)
class Captured:
    """What a pass left, by layer."""

    attention: dict[int, AttentionFeatures] = field(default_factory=dict)
    outputs: dict[int, Tensor] = field(default_factory=dict)


class _Stop(Exception):
    """Ends a pass once all that was asked for is there."""


@contextmanager
def capture(
    transformer: Transformer,
    *,
    attention: Iterable[int] = (),
    outputs: Iterable[int] = (),
    stop: bool = False,
) -> Iterator[Captured]:
    """Take features of these layers from the first forward pass in the context.

    ``attention`` names layers for queries, keys and values, ``outputs`` layers for what the block hands on. With
    ``stop`` the pass, and with it the body of the context, ends as soon as all is taken: no later block is computed. A
    later pass in the context changes nothing, so gradient checkpointing, which computes blocks again, may be on. Raises
    ValueError for no layer at all, for one that the model has not, and for fused projections.
    """
    layers = tuple(dict.fromkeys(attention)), tuple(dict.fromkeys(outputs))
    kind = _checked(transformer, layers[0] + layers[1])
    captured, signal = Captured(), _Stop()

    def taken() -> None:
        if stop and (len(captured.attention), len(captured.outputs)) == (len(layers[0]), len(layers[1])):
            raise signal

    with ExitStack() as stack:
        for layer in layers[0]:
            visit = _keep_attention(captured, layer, taken)
            Tap(kind, kind.attention(transformer, layer), tuple(MODULES), visit).install(stack)
        for layer in layers[1]:
            block = kind.blocks(transformer)[layer]
            stack.callback(block.register_forward_hook(_keep_output(kind, captured, layer, taken)).remove)
        try:
            yield captured
        except _Stop as caught:
            if caught is not signal:
                raise
            # Its frames hold the whole pass, and ``taken`` holds it: without this only the garbage collector, which
            # knows nothing of a card's memory, would let go of the activations.
            signal.__traceback__ = None


def _keep_attention(captured: Captured, layer: int, taken: Callable[[], None]) -> Callable[..., None]:
    def keep(rotary: Rotary | None, queries: Tensor, keys: Tensor, values: Tensor) -> None:
        if layer not in captured.attention:
            captured.attention[layer] = AttentionFeatures(queries, keys, values, rotary)
            taken()

    return keep


def _keep_output(
    kind: Architecture, captured: Captured, layer: int, taken: Callable[[], None]
) -> Callable[[object, object, Any], None]:
    def keep(module: object, arguments: object, output: Any) -> None:
        if layer not in captured.outputs:
            captured.outputs[layer] = kind.block_output(output)
            taken()

    return keep


class Injection:
    """The features that now stand in for the model's own; with none the model works as ever, to the bit."""

    def __init__(self, transformer: Transformer, kind: Architecture, layers: Sequence[int]) -> None:
        self.layers = tuple(layers)
        self._transformer, self._kind = transformer, kind
        self._features: dict[tuple[int, Part], Tensor] = {}
        self._text = 0
        """Tokens of the text in the self-attention that is under way."""

    def put(self, layer: int, features: AttentionFeatures, parts: Iterable[Part] = ("keys", "values")) -> None:
        """From now on replace these parts of a layer, for each item of a batch by the same or by its own.

        Queries and keys go in before the rotary embedding, which the model then applies by its own positions. Raises
        ValueError for a layer that the injection was not opened for; features of another size raise in the next pass.
        """
        if layer not in self.layers:
            raise ValueError(f"layer {layer} is not open for injection; opened: {list(self.layers)}")
        for part in parts:
            self._features[layer, part] = getattr(features, part)

    def clear(self) -> None:
        """Replace nothing."""
        self._features = {}

    def install(self, stack: ExitStack) -> None:
        """Hook on until ``stack`` closes."""
        for layer in self.layers:
            attention = self._kind.attention(self._transformer, layer)
            stack.callback(attention.register_forward_pre_hook(self._begin, with_kwargs=True).remove)
            for part, name in MODULES.items():
                hook = self._hook(layer, attention.heads, part)
                stack.callback(getattr(attention, name).register_forward_hook(hook).remove)

    def _begin(self, module: object, arguments: object, named: dict[str, Any]) -> None:
        self._text = self._kind.text_tokens(named)

    def _hook(self, layer: int, heads: int, part: Part) -> Callable[[object, object, Tensor], Tensor | None]:
        def replace(module: object, arguments: object, output: Tensor) -> Tensor | None:
            features = self._features.get((layer, part))
            if features is None:
                return None
            own = self._kind.features(part, output, heads, self._text)
            if features.shape[1:] != own.shape[1:] or len(features) not in (1, len(own)):
                raise ValueError(
                    f"{part} {tuple(features.shape)} injected into layer {layer} do not fit [B, S, heads × head_dim] "
                    f"{tuple(own.flatten(2).shape)}; take them from latents of the same size"
                )
            return self._kind.replaced(part, output, features, self._text)

        return replace


@contextmanager
def injection(transformer: Transformer, layers: Iterable[int]) -> Iterator[Injection]:
    """Open these layers for features of another pass, in all forward passes in the context.

    A capture that is entered inside sees what was injected. Raises ValueError as ``capture`` does.
    """
    chosen = tuple(dict.fromkeys(layers))
    opened = Injection(transformer, _checked(transformer, chosen), chosen)
    with ExitStack() as stack:
        opened.install(stack)
        yield opened


def _checked(transformer: Transformer, layers: Sequence[int]) -> Architecture:
    kind = architecture.of(transformer)
    count = len(kind.blocks(transformer))
    if not layers:
        raise ValueError(f"no layer is named; the transformer has layers 0 to {count - 1}")
    if wrong := [layer for layer in layers if not 0 <= layer < count]:
        raise ValueError(f"layers {wrong} are not there; the transformer has layers 0 to {count - 1}")
    if any(getattr(kind.attention(transformer, layer), "fused_projections", False) for layer in layers):
        raise ValueError(
            "the projections are fused, so values cannot be told apart; transformer.unfuse_qkv_projections()"
        )
    return kind
