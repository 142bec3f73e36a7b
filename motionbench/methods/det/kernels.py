"""The temporal kernels of DeT (arXiv 2503.17350), beside the self-attention of a video DiT.

With x the input of a block's self-attention, the block takes Attention(x) + K(x), where K is a bottleneck over time:
K(x) = W_up · GELU(W * (W_down x)), W_down ``D → d``, W a convolution over the frames at one place, W_up ``d → D``, zero
at first. All places share it. Forward hooks only: no class and no processor is replaced, and leaving the context
removes them whatever happened.

The paper's convolution is one of size k between two projections; the public code has a convolution for each
projection, the second behind the GELU.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn

from motionbench.backbones import architecture
from motionbench.backbones.architecture import Architecture, Transformer
from motionbench.backbones.token_grid import TokenGrid


class TemporalKernel(nn.Module):
    """K of one block, without biases; gives 0 until it is trained. Raises ValueError for an even ``size``."""

    def __init__(self, width: int, bottleneck: int, size: int) -> None:
        super().__init__()
        if size < 1 or size % 2 == 0:
            raise ValueError(f"a temporal kernel spans an odd number of frames, got {size}")
        self.size = size
        self.down = nn.Parameter(torch.zeros(bottleneck, width))
        self.over_time = nn.Parameter(torch.zeros(bottleneck, bottleneck, size))
        self.up = nn.Parameter(torch.zeros(width, bottleneck))

    def forward(self, hidden: Tensor) -> Tensor:
        """``[B, F, rows, columns, D]`` to the same; frames outside the clip are 0."""
        narrow = (hidden @ self.down.to(hidden).T).permute(0, 2, 3, 4, 1).flatten(0, 2)
        mixed = nn.functional.conv1d(narrow, self.over_time.to(hidden), padding=self.size // 2)
        frames_last = (len(hidden), *hidden.shape[2:4], *mixed.shape[1:])
        places = nn.functional.gelu(mixed).reshape(frames_last).permute(0, 4, 1, 2, 3)
        return torch.matmul(places, self.up.to(hidden).T)


class TemporalKernels(nn.Module):
    """Those of the first blocks of a transformer; raises ValueError for fewer than one."""

    def __init__(self, blocks: int, width: int, bottleneck: int, size: int) -> None:
        super().__init__()
        if blocks < 1:
            raise ValueError(f"TemporalKernels need one block or more, got {blocks}")
        self.width, self.bottleneck, self.size = width, bottleneck, size
        self.blocks = nn.ModuleList(TemporalKernel(width, bottleneck, size) for _ in range(blocks))

    @torch.no_grad()
    def draw(self, generator: torch.Generator, *, unit: bool = False) -> TemporalKernels:
        """Draw all but the last projections, Kaiming-uniform; these stay zero, so the output does not change.

        ``unit`` draws the first projections from N(0, 1), as the public code does: a kernel of width D then acts √(3 D)
        times as strongly, and learns at a rate that much lower.
        """
        for kernel in self:
            if unit:
                nn.init.normal_(kernel.down, generator=generator)
            else:
                nn.init.kaiming_uniform_(kernel.down, a=math.sqrt(5), generator=generator)
            nn.init.kaiming_uniform_(kernel.over_time, a=math.sqrt(5), generator=generator)
        return self

    def __iter__(self) -> Iterator[TemporalKernel]:
        return (cast(TemporalKernel, kernel) for kernel in self.blocks)

    def __len__(self) -> int:
        return len(self.blocks)

    def changes_nothing(self, kept: int) -> bool:
        """Whether the first ``kept`` kernels give 0 whatever comes."""
        return not any(bool(kernel.up.any()) for _, kernel in zip(range(kept), self, strict=False))


def kept_blocks(count: int, dropped: float) -> int:
    """How many of ``count`` blocks keep their kernel where the last share ``dropped`` lose it; at least one.

    ⌊dropped · count⌋ are dropped: 27 of CogVideoX-5B's 42 at the paper's 0.65. Raises ValueError outside [0, 1).
    """
    if not 0 <= dropped < 1:
        raise ValueError(f"the dropped share of blocks lies in [0, 1), got {dropped}")
    # 0.29 · 100 is 28.999…96 in floating point and means 29 blocks.
    return count - math.floor(dropped * count + 1e-9)


@contextmanager
def beside(
    transformer: Transformer, kernels: TemporalKernels, grid: TokenGrid, *, kept: int, scale: float = 1.0
) -> Iterator[None]:
    """Add the first ``kept`` kernels, times ``scale``, to their self-attentions in all forward passes in the context.

    Untrained ones change no value. Raises ValueError for kernels that do not fit the model; a pass over a clip of
    another number of tokens raises it too.
    """
    kind = architecture.of(transformer)
    _check(transformer, kernels, kept)
    with ExitStack() as stack:
        for layer, kernel in zip(range(kept), kernels, strict=False):
            hook = _adding(kind, grid, kernel, scale)
            stack.callback(kind.attention(transformer, layer).register_forward_hook(hook, with_kwargs=True).remove)
        yield


def _adding(kind: Architecture, grid: TokenGrid, kernel: TemporalKernel, scale: float) -> Callable[..., Any]:
    """Where the text's tokens go through the same attention, they stay as they are."""

    def hook(module: object, arguments: tuple[Any, ...], named: dict[str, Any], output: Any) -> Any:
        hidden: Tensor = arguments[0] if arguments else named["hidden_states"]
        if hidden.shape[1] != grid.tokens:
            raise ValueError(
                f"temporal kernels on a token grid {grid.shape} act on {grid.tokens} tokens, got {hidden.shape[1]}"
            )
        video = kind.block_output(output)
        added = video + scale * grid.fold(kernel(grid.unfold(hidden))).to(video)
        return (added, *output[1:]) if kind.joint_text else added

    return hook


def _check(transformer: Transformer, kernels: TemporalKernels, kept: int) -> None:
    kind = architecture.of(transformer)
    count, width = len(kind.blocks(transformer)), kind.attention(transformer, 0).to_q.in_features
    if kept > len(kernels) or len(kernels) > count or kernels.width != width:
        raise ValueError(
            f"the first {kept} of {len(kernels)} temporal kernels of width {kernels.width} do not fit: "
            f"the transformer has {count} blocks of width {width}"
        )
