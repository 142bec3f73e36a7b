"""Pools of procedural clips to train on, rendered once and read as memory maps.

``python -m training.clips --directory RUNS --shards 12`` writes shards of 2,000 clips with their captions. Seeds lie in
[0, 900000): the suites' seeds begin at 900000, so nothing that is scored was trained on.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from motionbench.mini.world import MOTIONS, Clip, Recipe, render
from motionbench.types import CATEGORIES

SHARD = 2000
SUITE_SEEDS = 900_000


def training_recipe(rng: np.random.Generator) -> Recipe:
    """A recipe drawn evenly over categories and motions."""
    category = CATEGORIES[int(rng.random() * len(CATEGORIES))]
    motions = MOTIONS[category]
    motion = motions[int(rng.random() * len(motions))]
    return Recipe(category, motion, int(rng.random() * SUITE_SEEDS), int(rng.random() * SUITE_SEEDS))


def write_shard(directory: Path, index: int) -> None:
    """Render shard ``index`` unless it is there; a partial one is never left behind."""
    target = directory / f"clips-{index:03d}.npy"
    if target.exists():
        return
    rng = np.random.default_rng([7, index])
    clips: list[Clip] = [render(training_recipe(rng)) for _ in range(SHARD)]
    captions = [[clip.caption, clip.motion_caption] for clip in clips]
    (directory / f"clips-{index:03d}.json").write_text(json.dumps(captions))
    partial = target.with_suffix(".partial")
    with partial.open("wb") as stream:
        np.save(stream, np.stack([clip.video.frames for clip in clips]))
    partial.rename(target)


class Pool:
    """All shards of a folder as one sequence of (frames, captions)."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.shards: list[np.ndarray] = []
        self.captions: list[list[str]] = []
        self.refresh()

    def refresh(self) -> None:
        """Take up shards that have appeared since."""
        for index in range(len(self.shards), 1000):
            path = self.directory / f"clips-{index:03d}.npy"
            if not path.exists():
                break
            self.shards.append(np.load(path, mmap_mode="r"))
            self.captions += json.loads(path.with_suffix(".json").read_text())

    def __len__(self) -> int:
        return len(self.captions)

    def frames(self, index: int) -> np.ndarray:
        """``uint8 [T, H, W, 3]``."""
        return self.shards[index // SHARD][index % SHARD]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--shards", type=int, default=12)
    arguments = parser.parse_args()
    arguments.directory.mkdir(parents=True, exist_ok=True)
    for index in range(arguments.shards):
        write_shard(arguments.directory, index)
        print(f"shard {index + 1}/{arguments.shards}", flush=True)


if __name__ == "__main__":
    main()
