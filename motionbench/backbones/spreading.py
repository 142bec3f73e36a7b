"""A pipeline on several cards: the transformer's blocks, in their order, in shares of about the same weight.

Everything else is on the first card, and so is what comes out of the last block. A block fetches what it is called
with. The same numbers as on one card; gradients come back the same way, their sums rounded otherwise where they cross.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from motionbench.errors import UsageError

BLOCK_LISTS = ("blocks", "transformer_blocks", "single_transformer_blocks")
"""Wan's; CogVideoX's and HunyuanVideo's; HunyuanVideo's alone."""


def cards(first: torch.device) -> list[torch.device]:
    """The card asked for and the others that this process sees; raises UsageError where there are none."""
    count = torch.cuda.device_count() if first.type == "cuda" else 0
    if count < 2:
        raise UsageError(
            f"--memory spread needs several cards, and this process sees {count}\n"
            "Use --memory offload, or show it more of them: CUDA_VISIBLE_DEVICES=0,1"
        )
    begin = first.index or 0
    return [torch.device("cuda", (begin + step) % count) for step in range(count)]


def spread(pipe: Any, over: Sequence[torch.device]) -> None:
    """Put all parts of a pipeline in their places, each block's inputs to follow it."""
    first = over[0]
    others = [part for name, part in pipe.components.items() if isinstance(part, nn.Module) and name != "transformer"]
    for part in others:
        part.to(first)
    lists = {name: pipe.transformer._modules.pop(name) for name in BLOCK_LISTS if hasattr(pipe.transformer, name)}
    pipe.transformer.to(first)
    pipe.transformer._modules.update(lists)
    blocks = [block for found in lists.values() for block in found]
    beside = sum(map(_bytes, others)) + _bytes(pipe.transformer) - sum(map(_bytes, blocks))
    shares = share_out([_bytes(block) for block in blocks], len(over), beside)
    for block, place in zip(blocks, shares, strict=True):
        block.to(over[place])
        block.register_forward_pre_hook(_Fetching(over[place]), with_kwargs=True)
    blocks[-1].register_forward_hook(_Returning(first))


def share_out(sizes: Sequence[int], cards: int, beside: int) -> list[int]:
    """The card of each block, in order: the first has ``beside`` already, and every card has a block at least."""
    whole, filled, place, found = beside + sum(sizes), beside, 0, list[int]()
    for index, size in enumerate(sizes):
        left = len(sizes) - index
        full = filled + size / 2 > whole * (place + 1) / cards and (not found or found[-1] == place)
        if place < cards - 1 and found and (full or left <= cards - 1 - place):
            place += 1
        found.append(place)
        filled += size
    return found


def _bytes(module: nn.Module) -> int:
    return sum(weight.numel() * weight.element_size() for weight in module.parameters())


class _Fetching:
    """Before a block: all tensors that it is called with, on its card."""

    def __init__(self, card: torch.device) -> None:
        self.card = card

    def __call__(self, module: object, arguments: Any, named: Any) -> tuple[Any, Any]:
        from accelerate.utils import send_to_device

        return send_to_device(arguments, self.card), send_to_device(named, self.card)


class _Returning:
    """Behind the last block: what it hands on, back on the first card."""

    def __init__(self, card: torch.device) -> None:
        self.card = card

    def __call__(self, module: object, arguments: object, output: Any) -> Any:
        from accelerate.utils import send_to_device

        return send_to_device(output, self.card)
