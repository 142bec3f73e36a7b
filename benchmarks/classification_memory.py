"""What memory the classification of heads takes at real size, shown on one block of Wan with random weights.

    python -m benchmarks.classification_memory [--model 1.3b] [--frames 45] [--size 544] [--dtype bfloat16]

A transformer of the real class and the real widths (1.3B: 1536 channels, 12 heads of 128) with one of its blocks
classifies its heads by the package's own code on random latents of a clip. The published code keeps the S × S attention
maps of all blocks until the end. Here two sums a head are all that is left of a block once the next begins, so the peak
of one block is that of the model.

Memory is the process's resident set: its high-water mark, reset at the start of each measurement (``VmHWM`` and
``clear_refs`` of proc(5), by ``motionbench.memory``), less what was resident with the model and the inputs loaded. The
pass is measured without classification too: its own activations are part of the peak. Linux only.

Exit 1 where the peak of the 1.3B beyond the model is not below 1 GiB.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import WanTransformer3DModel
from torch import Tensor

from motionbench import memory
from motionbench.backbones.process import FlowMatching
from motionbench.backbones.wan import WanBackbone
from motionbench.methods.fym.head_table import HeadTable, Probe
from motionbench.methods.fym.heads import classify_heads

HEAD_WIDTH, TEXT_WIDTH, TEXT_TOKENS = 128, 4096, 512
CHANNELS, TEMPORAL, SPATIAL = 16, 4, 8
LIMIT = 2**30
PROBE = Probe("release", seed=0)


@dataclass(frozen=True)
class Size:
    """What differs between the two Wans."""

    layers: int
    heads: int
    inner: int
    """Width of the feed-forward network."""


SIZES = {"1.3b": Size(30, 12, 8960), "14b": Size(40, 40, 13824)}


class OneBlock(WanBackbone):
    """A transformer without texts and autoencoder: enough of a backbone for a pass."""

    process = FlowMatching()

    def __init__(self, transformer: WanTransformer3DModel, dtype: torch.dtype) -> None:
        self._transformer, self.dtype, self.device = transformer, dtype, torch.device("cpu")

    @property
    def transformer(self) -> WanTransformer3DModel:
        """One block and the embeddings."""
        return self._transformer


@dataclass(frozen=True)
class Cost:
    """Of one call; its peak is beyond what was resident before all."""

    seconds: float
    peak_bytes: int


def block(size: Size, dtype: torch.dtype) -> OneBlock:
    """One block of random weights, loaded from a file so that diffusers keeps in float32 what it always does."""
    torch.manual_seed(0)
    config = {"num_attention_heads": size.heads, "attention_head_dim": HEAD_WIDTH, "ffn_dim": size.inner}
    with tempfile.TemporaryDirectory() as folder:
        WanTransformer3DModel(**config, text_dim=TEXT_WIDTH, num_layers=1).to(dtype).save_pretrained(folder)
        transformer = WanTransformer3DModel.from_pretrained(folder, torch_dtype=dtype)
    return OneBlock(transformer.eval().requires_grad_(False), dtype)


def measured(call: Callable[[], object], resident: int) -> Cost:
    """Run ``call`` from a new high-water mark."""
    memory.reset_peak()
    started = time.perf_counter()
    call()
    return Cost(time.perf_counter() - started, memory.peak_bytes() - resident)


def resident_bytes() -> int:
    """The process's resident set now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def compare(size: Size, frames: int, side: int, dtype: torch.dtype) -> int:
    """Print the costs of the pass alone and with classification; the latter's peak."""
    backbone = block(size, dtype)
    generator = torch.Generator().manual_seed(1)
    shape = 1, CHANNELS, (frames - 1) // TEMPORAL + 1, side // SPATIAL, side // SPATIAL
    latents = torch.randn(shape, generator=generator)
    embeds = torch.randn(1, TEXT_TOKENS, TEXT_WIDTH, generator=generator).to(dtype)
    tables: list[HeadTable] = []

    @torch.no_grad()
    def a_pass(clip: Tensor = latents) -> None:
        backbone.velocity(clip, torch.tensor([PROBE.sigma]), embeds)

    def classification() -> None:
        tables.append(classify_heads(backbone, latents, embeds, PROBE))

    a_pass(latents[..., :2, :2])  # weights are mapped from their file: now they are in memory
    resident = resident_bytes()
    alone, whole = measured(a_pass, resident), measured(classification, resident)
    tokens = tables[0].frames * tables[0].tokens_per_frame
    print(f"{tokens} tokens, {size.heads} heads of {HEAD_WIDTH}, {str(dtype).removeprefix('torch.')}")
    print(f"maps of {size.layers} blocks in bfloat16:      {_gib(size.layers * size.heads * tokens**2 * 2)}")
    print(f"resident with one block loaded:   {_gib(resident)}")
    print(f"beyond it, the pass alone:        {_gib(alone.peak_bytes)}, {alone.seconds:.0f} s")
    print(f"beyond it, with classification:   {_gib(whole.peak_bytes)}, {whole.seconds:.0f} s")
    return whole.peak_bytes


def _gib(size: int) -> str:
    return f"{size / 2**30:.2f} GiB"


def main() -> int:
    """Print peaks and times; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="1.3b", choices=SIZES)
    parser.add_argument("--frames", type=int, default=45, help="of the clip, 4k + 1")
    parser.add_argument("--size", type=int, default=544, help="side of the square clip, a multiple of 16")
    parser.add_argument("--dtype", default="bfloat16", choices=("bfloat16", "float32"))
    asked = parser.parse_args()
    peak = compare(SIZES[asked.model], asked.frames, asked.size, getattr(torch, asked.dtype))
    return 1 if asked.model == "1.3b" and peak >= LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
