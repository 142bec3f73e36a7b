"""Videos scored per minute: ``motionbench score`` against a script that takes one video after the other.

    python -m benchmarks.pipeline [--check]

Needs the clips of ``core`` (``motionbench data fetch core``). One reference a category with all its prompts, each with
a video of its own: the reference backwards, in H.264. Both score ``clip_text``, ``clip_temporal`` and ``mf.local``
with a ViT-B-32 of random weights and the same tracker, on one thread of torch. The script does for each video what a
paper's evaluation does: it reads video and reference, follows points in both, and calls one function a metric.
``--check`` exits 1 below twice as many videos a minute, and where a score differs.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks.real_size import random_encoder
from motionbench import registry
from motionbench.contracts import Evidence
from motionbench.data import video as files
from motionbench.data.suites import ManifestSuite
from motionbench.encoders.catalog import from_address
from motionbench.encoders.open_clip_encoder import OpenClipEncoder
from motionbench.store import Store
from motionbench.trackers.grid import grid_queries
from motionbench.types import CaseEntry, Video

Scores = dict[tuple[str, str], float]
"""By case and metric."""
METRICS = ("clip_text", "clip_temporal", "motion_fidelity[local]")
WANTED = 2.0
CLOSE = 1e-4
"""Of cosines: features may differ in the last bits with the batch."""


def entries(suite: ManifestSuite) -> list[CaseEntry]:
    """The first reference of each category, with all prompts."""
    by_category: dict[str, str] = {}
    for entry in suite.entries:
        by_category.setdefault(entry.category, entry.reference_id)
    return [entry for entry in suite.entries if entry.reference_id in by_category.values()]


def write_videos(suite: ManifestSuite, cases: Sequence[CaseEntry], folder: Path) -> None:
    """The references backwards, one file a case."""
    for _, group in itertools.groupby(cases, lambda entry: entry.reference_id):
        for entry in group:
            reference = suite.load(entry).reference
            files.write_mp4(folder / f"{entry.id}.mp4", Video(reference.frames[::-1].copy(), reference.fps))


def script(suite: ManifestSuite, cases: Sequence[CaseEntry], folder: Path, address: str) -> Scores:
    """One video after the other; models are loaded once, nothing else is kept."""
    protocol = suite.protocol
    tracker = registry.implementation(registry.tracker(protocol.tracker))()
    encoder = OpenClipEncoder(from_address(address), cache_bytes=0)
    metrics = {name: registry.implementation(registry.metric(name))(protocol, encoder) for name in METRICS}
    scores = {}
    for entry in cases:
        case, video = suite.load(entry), files.read(folder / f"{entry.id}.mp4", protocol)
        queries = grid_queries(protocol)
        evidence = Evidence(case, video, tracker(video, queries), tracker(case.reference, queries))
        scores |= {(entry.id, name): float(metric(evidence)) for name, metric in metrics.items()}
    return scores


def harness(folder: Path, address: str, work: Path) -> Scores:
    """``motionbench score`` in a process of its own, all its imports and its table included."""
    table = work / "cases.csv"
    names = sorted(path.name for path in folder.glob("*.mp4"))
    table.write_text("video,case\n" + "".join(f"{name},{name.removesuffix('.mp4')}\n" for name in names))
    words = ["--suite", "core", "--videos", str(folder), "--map", str(table), "--method", "backwards"]
    words += ["--metric", ",".join(METRICS), "--encoder", address, "--no-controls", "--store", str(work / "store")]
    subprocess.run([sys.executable, "-m", "motionbench.cli", "score", *words], capture_output=True, check=False)
    rows = Store.open(work / "store", create=False).rows()
    return {(row.case, row.metric): row.value for row in rows if row.value is not None}


def main(arguments: Sequence[str] | None = None) -> int:
    """Score both ways, compare, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)
    suite = ManifestSuite("core")
    cases = entries(suite)
    with tempfile.TemporaryDirectory() as name:
        videos, weights = Path(name) / "videos", Path(name) / "vit-b-32"
        videos.mkdir()
        weights.mkdir()
        random_encoder("vit-b-32", weights)
        write_videos(suite, cases, videos)
        address = f"local-dir:{weights}"
        started = time.perf_counter()
        expected = script(suite, cases, videos, address)
        between = time.perf_counter()
        found = harness(videos, address, Path(name))
        seconds = between - started, time.perf_counter() - between
    return report(len(cases), seconds, expected, found, check=given.check)


def report(count: int, seconds: tuple[float, float], expected: Scores, found: Scores, *, check: bool) -> int:
    """Print; 1 where ``check`` finds a score that differs, or too few videos a minute."""
    apart = max((abs(found.get(key, float("inf")) - value) for key, value in expected.items()), default=0.0)
    ratio = seconds[0] / seconds[1]
    print(f"{count} videos, {len(expected)} scores, at most {apart:.1e} apart")
    for name, taken in zip(("script", "motionbench score"), seconds, strict=True):
        print(f"{name:18s} {taken:6.1f} s  {60 * count / taken:5.1f} videos a minute")
    print(f"ratio {ratio:.2f} (wanted {WANTED:g})")
    return int(check and (ratio < WANTED or apart > CLOSE))


if __name__ == "__main__":
    sys.exit(main())
