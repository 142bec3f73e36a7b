"""Try one setting of Follow-Your-Motion on mini-wan, on clips outside every suite, and add a line to a log.

``python -m benchmarks.search_mini_preset --log search.jsonl --set temporal_steps=400 learning_rate=0.002``. The preset
``mini`` was chosen with it; ``docs/mini-preset.md`` has the lines.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from motionbench import registry
from motionbench.contracts import Encoder, Evidence, silent
from motionbench.data.suites import ManifestSuite
from motionbench.data.video import write_lossless
from motionbench.metrics.motion_fidelity_local import MotionFidelityLocal
from motionbench.mini.world import MOTIONS, Recipe, render
from motionbench.specs import Options, OptionValue
from motionbench.trackers.grid import grid_queries
from motionbench.types import CATEGORIES, Case, Protocol, Tracks, Video

FIRST_SEED = 1_200_000


def cases(count: int) -> Iterator[Case]:
    """Clips of all categories in turn, each with a prompt of another look."""
    for index in range(count):
        category = CATEGORIES[index % 4]
        motion = MOTIONS[category][(index // 4 * 2) % len(MOTIONS[category])]
        recipe = Recipe(category, motion, FIRST_SEED + index, FIRST_SEED + 500 + index)
        clip, perfect = render(recipe), render(replace(recipe, look_seed=FIRST_SEED + 900 + index))
        name = f"{category}-{motion}-{index}"
        yield Case(
            name,
            "search",
            category,
            clip.video,
            name,
            perfect.caption,
            clip.caption,
            clip.annotation,
            (),
            perfect.video,
        )


class Judge:
    """Tracks and scores videos as the mini suite does."""

    def __init__(self, protocol: Protocol) -> None:
        self.metric = MotionFidelityLocal(protocol)
        self.tracker = registry.implementation(registry.tracker(protocol.tracker))()
        self.queries = grid_queries(protocol)
        spec = registry.encoder("mini-clip")
        self.encoder: Encoder = registry.implementation(spec)(spec)

    def tracks(self, video: Video) -> Tracks:
        tracked: Tracks = self.tracker(video, self.queries)
        return tracked

    def fidelity(self, case: Case, video: Video) -> float:
        return self.metric(Evidence(case, video, self.tracks(video), self.tracks(case.reference)))

    def text(self, case: Case, video: Video) -> float:
        return float((self.encoder.images(video.frames) @ self.encoder.text(case.prompt)).mean())


def parse(pairs: list[str], defaults: Options) -> dict[str, OptionValue]:
    """NAME=VALUE with the type of the default."""
    out: dict[str, OptionValue] = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        kind = type(defaults[name])
        out[name] = text.lower() == "true" if kind is bool else kind(text)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--videos", type=Path, help="a folder for the generations")
    parser.add_argument("--set", nargs="*", default=[])
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    spec = registry.method("fym")
    changed = parse(arguments.set, spec.defaults)
    options = {**spec.defaults, **spec.presets["mini"], **changed}
    backbone_spec = registry.backbone("mini-wan")
    backbone = registry.implementation(backbone_spec)(backbone_spec)
    method = registry.implementation(spec)(backbone, options)
    judge = Judge(ManifestSuite("mini").protocol)
    gains, rows, seconds = [], [], []
    for case in cases(arguments.clips):
        plain = backbone.generate(case.prompt, seed=0)
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            method.tune(replace(case, prompt=""), seed=0, directory=Path(folder), progress=silent)
            seconds.append(time.monotonic() - started)
            video = method.generate(case, Path(folder), seed=0)
        assert case.perfect is not None
        judged = [(judge.fidelity(case, v), judge.text(case, v)) for v in (plain, video, case.perfect)]
        rows.append([round(value, 3) for pair in judged for value in pair])
        gains.append(judged[1][0] - judged[0][0])
        print(case.id, rows[-1], flush=True)
        if arguments.videos:
            write_lossless(arguments.videos / f"{case.id}.mkv", video)
    mean = np.mean(rows, axis=0)
    line = {
        "set": changed,
        "clips": arguments.clips,
        "backbone": round(float(mean[0]), 3),
        "fym": round(float(mean[2]), 3),
        "oracle": round(float(mean[4]), 3),
        "gain": round(float(np.mean(gains)), 3),
        "text": [round(float(mean[i]), 3) for i in (1, 3, 5)],
        "tune_seconds": round(float(np.mean(seconds)), 1),
    }
    with arguments.log.open("a") as stream:
        stream.write(json.dumps(line) + "\n")
    print(json.dumps(line))


if __name__ == "__main__":
    main()
