"""The motion embeddings of Motion Inversion (arXiv 2403.20193), added to the self-attention of a video DiT.

With x the input of a block's self-attention, attention takes Q = W_Q (x + m^QK), K = W_K (x + m^QK) and
V = W_V (x + m^V). The query-key embedding is one vector a frame, m^QK ``[F, D]``, the value embedding one a token, m^V
``[F, rows, columns, D]``. As in the public code values do not see m^QK. Forward pre-hooks only: no class and no
processor is replaced, and leaving the context removes them whatever happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from motionbench.backbones import architecture
from motionbench.backbones.architecture import Architecture, Transformer
from motionbench.backbones.token_grid import TokenGrid

ValueForm = Literal["differenced", "release", "raw", "none"]


def value_as(form: ValueForm, value: Tensor) -> Tensor:
    """The value embedding ``[F, ...]`` in the form in which it is added.

    ``differenced``: m̃_k = m_k − m_{k−1} and m̃_0 = 0, so that what all frames share has no effect. ``release``: the
    same with m̃_0 = m_0, as the public code has it, through which the first frame's appearance passes. ``raw``: m
    itself, as it is learnt. ``none``: 0.
    """
    if form == "raw":
        return value
    if form == "none":
        return torch.zeros_like(value)
    first = value[:1] if form == "release" else torch.zeros_like(value[:1])
    return torch.cat([first, value.diff(dim=0)])


class BlockEmbedding(nn.Module):
    """Both embeddings of one block, zero at first."""

    def __init__(self, grid: TokenGrid, width: int) -> None:
        super().__init__()
        self.grid = grid
        self.query_key = nn.Parameter(torch.zeros(grid.frames, width))
        self.value = nn.Parameter(torch.zeros(*grid.shape, width))

    def of_queries_and_keys(self) -> Tensor:
        """m^QK at every token, ``[1, S, D]``."""
        return self.query_key.repeat_interleave(self.grid.tokens_a_frame, dim=0)[None]

    def of_values(self, form: ValueForm) -> Tensor:
        """m^V at every token, ``[1, S, D]``."""
        return self.grid.fold(value_as(form, self.value)[None])


class MotionEmbeddings(nn.Module):
    """The embeddings of chosen blocks for clips of one token grid; raises ValueError for no block."""

    def __init__(self, layers: Sequence[int], grid: TokenGrid, width: int) -> None:
        super().__init__()
        if not layers:
            raise ValueError("MotionEmbeddings need one block or more, got none")
        self.grid, self.width = grid, width
        self.layers = tuple(sorted(set(layers)))
        self.blocks = nn.ModuleDict({str(layer): BlockEmbedding(grid, width) for layer in self.layers})

    def of(self, layer: int) -> BlockEmbedding:
        """Those of a block."""
        return cast(BlockEmbedding, self.blocks[str(layer)])

    def changes_nothing(self, form: ValueForm) -> bool:
        """Whether all that would be added is zero."""
        added = (part for layer in self.layers for part in (self.of(layer).query_key, self.of(layer).of_values(form)))
        return not any(bool(part.any()) for part in added)


@contextmanager
def added(
    transformer: Transformer, embeddings: MotionEmbeddings, *, form: ValueForm = "raw", scale: float = 1.0
) -> Iterator[None]:
    """Add the embeddings, times ``scale``, in all forward passes in the context; zero ones change no bit.

    Raises ValueError for blocks or a width that the model has not, and for fused projections; a pass over a clip of
    another number of tokens raises it too.
    """
    kind = architecture.of(transformer)
    _check(kind, transformer, embeddings)
    with ExitStack() as stack:
        for layer in embeddings.layers:
            attention, block = kind.attention(transformer, layer), embeddings.of(layer)
            text = TextTokens(kind)
            stack.callback(attention.register_forward_pre_hook(text.note, with_kwargs=True).remove)
            parts = {"to_q": block.of_queries_and_keys, "to_k": block.of_queries_and_keys}
            for name, part in {**parts, "to_v": _values(block, form)}.items():
                hook = _adding(embeddings.grid, part, scale, text)
                stack.callback(getattr(attention, name).register_forward_pre_hook(hook).remove)
        yield


@dataclass(eq=False)
class TextTokens:
    """How many tokens of an attention's call are the text's, in front of the video's."""

    kind: Architecture
    count: int = 0

    def note(self, module: object, arguments: object, named: dict[str, Any]) -> None:
        """Forward pre-hook of the attention."""
        self.count = self.kind.text_tokens(named)


def _values(block: BlockEmbedding, form: ValueForm) -> Callable[[], Tensor]:
    return lambda: block.of_values(form)


def _adding(
    grid: TokenGrid, part: Callable[[], Tensor], scale: float, text: TextTokens
) -> Callable[[object, tuple[Tensor, ...]], tuple[Tensor]]:
    def hook(module: object, arguments: tuple[Tensor, ...]) -> tuple[Tensor]:
        (hidden,) = arguments
        video = hidden[:, text.count :]
        if video.shape[1] != grid.tokens:
            raise ValueError(
                f"embeddings of a token grid {grid.shape} are added to {grid.tokens} tokens, got {video.shape[1]}; "
                "generate with the frames, height and width that they were tuned with"
            )
        added = video + scale * part().to(hidden)
        return (torch.cat([hidden[:, : text.count], added], dim=1) if text.count else added,)

    return hook


def _check(kind: Architecture, transformer: Transformer, embeddings: MotionEmbeddings) -> None:
    attentions = [block.attn1 for block in kind.blocks(transformer)]
    count, width = len(attentions), attentions[0].to_q.in_features
    if embeddings.layers[-1] >= count or embeddings.width != width:
        raise ValueError(
            f"embeddings of blocks {list(embeddings.layers)} and width {embeddings.width} do not fit: "
            f"the transformer has blocks 0 to {count - 1} and width {width}"
        )
    if any(getattr(attentions[layer], "fused_projections", False) for layer in embeddings.layers):
        raise ValueError(
            "the projections are fused, so values cannot be told apart; transformer.unfuse_qkv_projections()"
        )
