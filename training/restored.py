"""A pool's clips as the autoencoder gives them back: what an encoder of generations will be shown.

``python -m training.restored --pool POOL --model mini-wan-folder --directory RESTORED --shards 6`` writes shards of the
same clips with the same captions. A ``mini-clip`` that saw rendered frames only told the right caption of 95 % of them,
and of 67 % after the autoencoder.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from motionbench import registry
from motionbench.backbones.wan import WanBackbone
from motionbench.types import Video
from training.clips import SHARD, Pool


def write_shard(backbone: WanBackbone, pool: Pool, index: int, directory: Path) -> None:
    """Encode and decode shard ``index`` unless it is there; a partial one is never left behind."""
    target = directory / f"clips-{index:03d}.npy"
    if target.exists():
        return
    fps = backbone.spec.fps
    clips = [Video(pool.frames(index * SHARD + place), fps) for place in range(SHARD)]
    restored = np.stack([backbone.decode(backbone.encode(clip)).frames for clip in clips])
    shutil.copy(pool.directory / f"clips-{index:03d}.json", directory)
    partial = target.with_suffix(".partial")
    with partial.open("wb") as stream:
        np.save(stream, restored)
    partial.rename(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--model", help="a pipeline folder; the packaged mini-wan unless told")
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--shards", type=int, default=6)
    arguments = parser.parse_args()
    arguments.directory.mkdir(parents=True, exist_ok=True)
    spec = registry.backbone("mini-wan")
    backbone = WanBackbone(replace(spec, source=arguments.model or spec.source))
    pool = Pool(arguments.pool)
    for index in range(arguments.shards):
        write_shard(backbone, pool, index, arguments.directory)
        print(f"shard {index + 1}/{arguments.shards}", flush=True)


if __name__ == "__main__":
    main()
