"""What two scores cost: motion fidelity without the script's large tensor, and CLIP scores of many videos.

    python -m benchmarks.metrics [tracks | clip]

``tracks``: ``motion_fidelity_dmt`` against the official formula as it is written, which holds the agreement of every
pair of tracks at every step, ``[T-1, N, N]``. Both run in this process on the same arrays of numpy, by turns; the best
time of each counts. Memory is what numpy holds at its highest above the inputs, traced in runs of their own, as tracing
takes time. The formula needs some 2 GB at full size. ``clip``: how often frames and prompts of mini videos, read from
files, go through the encoder under all metrics that use one.

Exit 1 where values differ, or a limit is not kept; limits of time and memory hold for the full size only.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motionbench import registry
from motionbench.contracts import Evidence, Metric
from motionbench.data.video import read_lossless, write_lossless
from motionbench.encoders.open_clip_encoder import BATCH, OpenClipEncoder
from motionbench.errors import Undefined
from motionbench.metrics.functional import motion_fidelity_dmt
from motionbench.mini.world import MOTIONS, Recipe, render
from motionbench.types import CATEGORIES, Case, Protocol, Video

TRACKS, FRAMES, VIDEOS = 3025, 49, 100
TIME_SHARE, MEMORY_SHARE, APART = 1 / 8, 1 / 10, 1e-6
SCORED = (
    "clip_text",
    "clip_temporal",
    "clip_consistency_all_pairs",
    "clip_consistency_first_previous",
    "leakage",
)
FIRST_SEED = 1_700_000
Floats = NDArray[np.float32]
Fidelity = Callable[[Floats, Floats], float]


def official(generated: Floats, reference: Floats) -> float:
    """The published formula term by term: all cosines of all pairs first, their mean over time after."""
    ours, theirs = (_unit_steps(tracks).swapaxes(0, 1) for tracks in (generated, reference))
    cosines = ours @ theirs.swapaxes(1, 2)
    similarity = cosines.mean(axis=0) - np.eye(len(generated), dtype=np.float32)
    return float(similarity.max(axis=1).mean())


def _unit_steps(tracks: Floats) -> Floats:
    steps = np.diff(tracks, axis=1)
    return np.asarray(steps / np.linalg.norm(steps, axis=-1, keepdims=True))


def walks(tracks: int, frames: int) -> tuple[Floats, Floats]:
    """Two seeded sets of random walks on top of a pan."""
    rng = np.random.default_rng(0)
    moves = rng.normal((1.0, 0.0), 1.0, (2, tracks, frames, 2))
    sides = np.cumsum(moves, axis=2).astype(np.float32)
    return sides[0], sides[1]


@dataclass(frozen=True)
class Cost:
    """Of one call."""

    value: float
    seconds: float
    peak_bytes: int


def costs(functions: tuple[Fidelity, ...], inputs: tuple[Floats, Floats], runs: int) -> list[Cost]:
    """Best time of ``runs`` by turns, then the peak of one traced call each."""
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(runs):
        for function, column in zip(functions, times, strict=True):
            started = time.perf_counter()
            function(*inputs)
            column.append(time.perf_counter() - started)
    measured = []
    for function, column in zip(functions, times, strict=True):
        tracemalloc.start()
        value = function(*inputs)
        measured.append(Cost(value, min(column), tracemalloc.get_traced_memory()[1]))
        tracemalloc.stop()
    return measured


def compare_tracks(tracks: int, frames: int, runs: int) -> bool:
    """Print values, times and memory; True where all limits hold."""
    theirs, ours = costs((official, motion_fidelity_dmt), walks(tracks, frames), runs)
    apart = abs(ours.value - theirs.value)
    seconds, memory = ours.seconds / theirs.seconds, ours.peak_bytes / theirs.peak_bytes
    print(f"motion_fidelity_dmt, {tracks} x {tracks} tracks x {frames} frames, best of {runs}")
    for name, cost in (("official formula", theirs), ("ours", ours)):
        print(f"  {name:17} {cost.value:.8f} {cost.seconds:9.4f} s {cost.peak_bytes / 2**20:9.1f} MiB")
    print(f"  apart {apart:.1e} (at most {APART:g})")
    print(f"  time {seconds:.4f} (at most {TIME_SHARE:g}), memory {memory:.4f} (at most {MEMORY_SHARE:g})")
    small = tracks < TRACKS or frames < FRAMES
    return apart <= APART and (small or (seconds <= TIME_SHARE and memory <= MEMORY_SHARE))


class CountingEncoder(OpenClipEncoder):
    """Notes what goes through the model."""

    def __init__(self, spec: Any) -> None:
        self.batches: list[int] = []
        self.prompts: list[str] = []
        super().__init__(spec)

    def _encode_images(self, frames: Any) -> Floats:
        self.batches.append(len(frames))
        return super()._encode_images(frames)

    def _encode_text(self, prompt: str) -> Floats:
        self.prompts.append(prompt)
        return super()._encode_text(prompt)


def cases(count: int) -> Iterator[Case]:
    """``count // 2`` clips of all categories in turn, each with its perfect transfer: two videos a case."""
    clips = []
    for index in range(max(2, count // 2)):
        category = CATEGORIES[index % 4]
        motion = MOTIONS[category][index // 4 % len(MOTIONS[category])]
        recipe = Recipe(category, motion, FIRST_SEED + 2 * index, FIRST_SEED + 2 * index + 1)
        clips.append((category, render(recipe), render(replace(recipe, look_seed=recipe.look_seed + 5000))))
    for index, (category, clip, perfect) in enumerate(clips):
        other = clips[(index + len(clips) // 2) % len(clips)][1].video
        words = perfect.caption, clip.caption
        name = f"clip-{index}"
        yield Case(name, "mini", category, clip.video, name, *words, clip.annotation, (), perfect.video, other)


def score_clips(count: int) -> bool:
    """Print how often each frame and prompt was encoded; True where it was once, in full batches."""
    chosen = list(cases(count))
    frames, height, width = chosen[0].reference.size
    protocol = Protocol("mini", frames, chosen[0].reference.fps, height, width, "dis-flow", 16)
    encoder = CountingEncoder(registry.encoder("mini-clip"))
    metrics = [registry.implementation(registry.metric(name))(protocol, encoder) for name in SCORED]
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        evidence = [_from_files(case, Path(folder)) for case in chosen]
        encoder.videos([video.frames for one in evidence for video in (one.video, one.case.reference)])
        values = [_value(metric, one) for metric in metrics for one in evidence]
    videos = 2 * len(chosen)
    prompts = {text for case in chosen for text in (case.prompt, case.reference_prompt)}
    best = -(-videos * frames // BATCH)
    print(
        f"CLIP scores of {videos} videos x {frames} frames, {len(values)} scores of {len(metrics)} metrics, "
        f"{values.count(None)} of them undefined"
    )
    print(
        f"  frames encoded {sum(encoder.batches)} (of {videos * frames}), in {len(encoder.batches)} batches of {BATCH}"
    )
    print(f"  prompts encoded {len(encoder.prompts)} (distinct: {len(prompts)})")
    print(f"  {time.perf_counter() - started:.1f} s with writing and reading")
    once = sum(encoder.batches) == videos * frames and len(encoder.batches) == best
    return once and sorted(encoder.prompts) == sorted(prompts)


def _value(metric: Metric, evidence: Evidence) -> float | None:
    try:
        return metric(evidence)
    except Undefined:
        return None


def _from_files(case: Case, folder: Path) -> Evidence:
    """The perfect transfer as generation, each video written once and read once."""
    if case.perfect is None:
        raise ValueError(f"{case.id} has no perfect transfer")
    read = []
    for name, video in (("generation", case.perfect), ("reference", case.reference)):
        path = folder / f"{case.id}-{name}.mkv"
        write_lossless(path, video)
        read.append(read_lossless(path))
    generation, reference = read
    return Evidence(replace(case, reference=reference), Video(generation.frames, generation.fps))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=("tracks", "clip"), help="both unless told")
    parser.add_argument("--tracks", type=int, default=TRACKS)
    parser.add_argument("--frames", type=int, default=FRAMES)
    parser.add_argument("--videos", type=int, default=VIDEOS)
    parser.add_argument("--runs", type=int, default=5)
    return parser.parse_args()


def main() -> int:
    """Run the parts asked for; 1 where one of them does not hold."""
    given = arguments()
    kept = []
    if given.part in (None, "tracks"):
        kept.append(compare_tracks(given.tracks, given.frames, given.runs))
    if given.part in (None, "clip"):
        kept.append(score_clips(given.videos))
    return int(not all(kept))


if __name__ == "__main__":
    sys.exit(main())
