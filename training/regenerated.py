"""Latents as the backbone gives them back from part noise: what the decoder will be asked to decode.

``python -m training.regenerated --pool POOL --latents LATENTS --model FOLDER --clips 4800 --out FILE`` noises each clip
to a level between 0.2 and 0.75 and samples it back under its caption. The layout survives and the errors are the
backbone's own, which a decoder that saw true latents only turns into shimmer.
"""

from __future__ import annotations

import argparse
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from motionbench import registry
from motionbench.backbones.flow_matching import interpolate
from motionbench.backbones.wan import WanBackbone
from training.clips import Pool

BATCH = 24
LEVELS = (0.2, 0.75)
STEPS = 10
"""Of a whole sampling; a part takes its share."""


class Regeneration:
    """Fused and in bfloat16, without guidance."""

    def __init__(self, model: str | None) -> None:
        spec = registry.backbone("mini-wan")
        self.backbone = WanBackbone(replace(spec, source=model or spec.source))
        self._fused = torch.compile(self.backbone.transformer, dynamic=False)

    @torch.no_grad()
    def __call__(self, latents: torch.Tensor, captions: list[str], level: float) -> torch.Tensor:
        """``[BATCH, C, F, h, w]`` noised to ``level`` and sampled back."""
        embeds = torch.cat([self.backbone.embed(caption) for caption in captions])
        sigmas = torch.linspace(level, 0, 1 + max(2, round(level * STEPS)))
        x = interpolate(latents, torch.randn_like(latents), torch.full((len(latents),), level))
        for now, after in itertools.pairwise(sigmas):
            with torch.autocast("cpu", torch.bfloat16):
                (velocity,) = self._fused(x, (now * 1000).expand(len(x)), embeds, return_dict=False)
            x = x + (after - now) * velocity.float()
        return x


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--latents", type=Path, required=True)
    parser.add_argument("--model", help="a pipeline folder; the packaged mini-wan unless told")
    parser.add_argument("--clips", type=int, default=4800)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    rng, pool, regenerate = np.random.default_rng(17), Pool(arguments.pool), Regeneration(arguments.model)
    latents = np.load(arguments.latents, mmap_mode="r")
    partial = arguments.out.with_suffix(".partial")
    shape = (arguments.clips // BATCH * BATCH, *latents.shape[1:])
    out = np.lib.format.open_memmap(partial, mode="w+", dtype=np.float16, shape=shape)
    for first in range(0, len(out), BATCH):
        x0 = torch.from_numpy(latents[first : first + BATCH].astype(np.float32))
        captions = [pool.captions[first + place][0] for place in range(BATCH)]
        out[first : first + BATCH] = regenerate(x0, captions, float(rng.uniform(*LEVELS))).half().numpy()
        print(f"{first + BATCH}/{len(out)}", flush=True)
    out.flush()
    partial.rename(arguments.out)


if __name__ == "__main__":
    main()
