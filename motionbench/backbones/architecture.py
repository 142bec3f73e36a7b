"""What differs between the transformers that methods look into, said once: Wan's and CogVideoX's.

Both have a list of blocks, each with a self-attention ``attn1`` of the same projections. They differ in what it works
on. Wan's sees the video's tokens only and norms queries and keys over all heads; CogVideoX's sees the text's tokens in
front of the video's, norms each head by itself and turns queries and keys in place. Features are always those of the
video's tokens, ``[B, S, heads, head_dim]`` in (frame, row, column) order (``token_grid``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor

Transformer: TypeAlias = Any
"""A ``WanTransformer3DModel`` or a ``CogVideoXTransformer3DModel``."""
Part = Literal["queries", "keys", "values"]
MODULES: Mapping[Part, str] = {"queries": "norm_q", "keys": "norm_k", "values": "to_v"}
"""The modules of a self-attention whose outputs are its queries, keys and values."""
Rotary = tuple[Tensor, Tensor]
"""Tables of cosines and sines, ``[1, S, 1, head_dim]``."""


@dataclass(frozen=True)
class Architecture:
    """One kind of transformer."""

    name: str
    model: str
    """Its class in diffusers."""
    block_list: str
    """Its attribute that holds the blocks."""
    rotary_argument: str
    """The self-attention's argument that holds the rotary tables."""
    joint_text: bool = False
    """The self-attention sees the text's tokens, in front of the video's."""
    head_norms: bool = False
    """Queries and keys are normed head by head, as ``[B, heads, S, head_dim]``, and then turned in place."""

    def blocks(self, transformer: Transformer) -> Sequence[Any]:
        """All blocks, in order."""
        found: Sequence[Any] = getattr(transformer, self.block_list)
        return found

    def attention(self, transformer: Transformer, layer: int) -> Any:
        """A block's self-attention."""
        return self.blocks(transformer)[layer].attn1

    def attention_path(self, layer: int) -> str:
        """Its name among the transformer's modules."""
        return f"{self.block_list}.{layer}.attn1"

    def heads(self, transformer: Transformer) -> tuple[int, ...]:
        """Heads of every block's self-attention."""
        return tuple(block.attn1.heads for block in self.blocks(transformer))

    def patch(self, transformer: Transformer) -> tuple[int, int, int]:
        """Latent frames, rows and columns of one token."""
        config = transformer.config
        if isinstance(config.patch_size, int):
            return config.patch_size_t or 1, config.patch_size, config.patch_size
        frames, rows, columns = config.patch_size
        return frames, rows, columns

    def rotary(self, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Rotary | None:
        """The rotary tables of a self-attention's call; None where positions are added to the tokens instead."""
        tables = named.get(self.rotary_argument, arguments[3] if len(arguments) > 3 else None)
        if tables is None:
            return None
        cosines, sines = (table[None, :, None] if self.joint_text else table for table in tables)
        return cosines, sines

    def text_tokens(self, named: Mapping[str, Any]) -> int:
        """How many tokens of a self-attention's call are the text's."""
        return int(named["encoder_hidden_states"].shape[1]) if self.joint_text else 0

    def features(self, part: Part, output: Tensor, heads: int, text: int) -> Tensor:
        """The video tokens' features in the output of a part's module, as a view of it."""
        if self._by_head(part):
            return output[:, :, text:].transpose(1, 2)
        video = output[:, text:]
        return video.view(*video.shape[:2], heads, -1)

    def replaced(self, part: Part, output: Tensor, features: Tensor, text: int) -> Tensor:
        """The output of a part's module with other features of the video's tokens; the text's stay."""
        rows = 2 if self._by_head(part) else 1
        ours = features.transpose(1, 2) if self._by_head(part) else features.flatten(2)
        ours = ours.expand(len(output), *ours.shape[1:]).type_as(output)
        return torch.cat([output.narrow(rows, 0, text), ours], dim=rows) if self.joint_text else ours

    def _by_head(self, part: Part) -> bool:
        return self.head_norms and part != "values"

    def block_output(self, output: Any) -> Tensor:
        """The video's tokens in what a block hands on, ``[B, S, D]``."""
        video: Tensor = output[0] if self.joint_text else output
        return video


WAN = Architecture("Wan", "WanTransformer3DModel", "blocks", "rotary_emb")
COGVIDEOX = Architecture(
    "CogVideoX",
    "CogVideoXTransformer3DModel",
    "transformer_blocks",
    "image_rotary_emb",
    joint_text=True,
    head_norms=True,
)


def of(transformer: Transformer) -> Architecture:
    """The kind of a transformer; raises ValueError for one that is not known here."""
    names = {kind.__name__ for kind in type(transformer).__mro__}
    for architecture in (WAN, COGVIDEOX):
        if architecture.model in names:
            return architecture
    known = f"{WAN.model} or {COGVIDEOX.model}"
    raise ValueError(f"a {type(transformer).__name__} is not known; expected a {known}")
