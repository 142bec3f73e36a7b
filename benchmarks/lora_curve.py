"""What steps and rank of a plain LoRA buy and cost on mini-wan: motion fidelity against the prompt's text.

``python -m benchmarks.lora_curve --log curve.jsonl --clips 4 --steps 75 150 300 600 --ranks 4 32`` tunes on clips
outside every suite, each with a prompt of another look, and adds a line a point to the log; points that the log has are
not done again. All other options are those of the preset ``mini``, so the rate decays over each number of steps. The
table printed has means over clips, with the backbone (0 steps) and the perfect transfer as its ends: one point of such
a curve says little, because more tuning moves along it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.search_mini_preset import Judge, cases
from motionbench import registry
from motionbench.backbones.wan import WanBackbone
from motionbench.contracts import silent
from motionbench.data.suites import ManifestSuite
from motionbench.types import Case, Video

BACKBONE, PERFECT = ("backbone", 0, 0), ("perfect", 0, 0)


@dataclass(frozen=True)
class Point:
    """One generation, judged."""

    clip: str
    what: str
    """``lora``, ``backbone`` or ``perfect``."""
    steps: int
    rank: int
    fidelity: float
    text: float
    seconds: float
    """Of tuning."""

    @property
    def place(self) -> tuple[str, int, int]:
        """Where on the curve."""
        return self.what, self.steps, self.rank


def tuned(backbone: WanBackbone, case: Case, steps: int, rank: int) -> tuple[Video, float]:
    """The generation after tuning, and the seconds of tuning."""
    spec = registry.method("lora")
    changed = {"steps": steps, "rank": rank, "alpha": float(rank)}
    method = registry.implementation(spec)(backbone, {**spec.defaults, **spec.presets["mini"], **changed})
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        method.tune(replace(case, prompt=""), seed=0, directory=Path(folder), progress=silent)
        seconds = time.monotonic() - started
        return method.generate(case, Path(folder), seed=0), seconds


def videos(backbone: WanBackbone, case: Case, place: tuple[str, int, int]) -> tuple[Video, float]:
    """The video of a place on the curve, and the seconds of tuning."""
    if place == BACKBONE:
        return backbone.generate(case.prompt, seed=0), 0.0
    if place == PERFECT:
        assert case.perfect is not None
        return case.perfect, 0.0
    return tuned(backbone, case, *place[1:])


def read(log: Path) -> Iterator[Point]:
    """The points that are done."""
    if log.exists():
        for line in log.read_text(encoding="utf-8").splitlines():
            yield Point(**json.loads(line))


def table(points: list[Point]) -> str:
    """Means over clips, a row a place."""
    places = list(dict.fromkeys(point.place for point in points))
    lines = ["| method | steps | rank | fidelity | text | tuning, s | n |", "|---|---|---|---|---|---|---|"]
    for place in places:
        here = [point for point in points if point.place == place]
        means = [float(np.mean([getattr(p, name) for p in here])) for name in ("fidelity", "text", "seconds")]
        lines.append(
            f"| {place[0]} | {place[1]} | {place[2]} | {means[0]:.3f} | {means[1]:.3f} | {means[2]:.0f} | {len(here)} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=4)
    parser.add_argument("--steps", type=int, nargs="+", default=[75, 150, 300, 600])
    parser.add_argument("--ranks", type=int, nargs="+", default=[4, 32])
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    spec = registry.backbone("mini-wan")
    backbone = registry.implementation(spec)(spec)
    judge = Judge(ManifestSuite("mini").protocol)
    places = [BACKBONE, *(("lora", steps, rank) for rank in arguments.ranks for steps in arguments.steps), PERFECT]
    points = {(point.clip, *point.place): point for point in read(arguments.log)}
    chosen = list(cases(arguments.clips))
    for case in chosen:
        for place in places:
            if (case.id, *place) in points:
                continue
            video, seconds = videos(backbone, case, place)
            point = Point(case.id, *place, judge.fidelity(case, video), judge.text(case, video), round(seconds, 1))
            points[case.id, *place] = point
            with arguments.log.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(asdict(point)) + "\n")
            print(point, flush=True)
    print(table([points[case.id, *place] for place in places for case in chosen]))


if __name__ == "__main__":
    main()
