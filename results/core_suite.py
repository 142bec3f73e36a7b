"""Decode, resample and track every clip of ``core``, score the controls that need no backbone, and write it down.

    python -m results.core_suite                    writes the tables of docs/core-suite.md and its contact sheet
    python -m results.core_suite --check            exit 1 where the tables say something else
    python -m results.core_suite --sheets FOLDER    besides, a contact sheet a category, for your own eyes

The page's own sheet shows clips of tier A only: the licence of the others does not plainly cover their frames.

The clips come from the cache of ``motionbench data fetch core``, or from the folder ``MOTIONBENCH_CLIPS``.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import mean

import numpy as np
from numpy.typing import NDArray

from motionbench import registry
from motionbench.contracts import Evidence, Metric, PointTracker
from motionbench.data.manifest import ClipEntry, FileSource, VideoFacts
from motionbench.data.suites import ManifestSuite
from motionbench.errors import Undefined
from motionbench.metrics.functional import CameraFit, fit_camera
from motionbench.trackers.grid import grid_queries
from motionbench.types import CATEGORIES, Case, Protocol, Tracks, Video

PAGE = Path(__file__).resolve().parent.parent / "docs" / "core-suite.md"
PLACE = re.compile(r"(<!-- core: (?P<table>\w+) -->\n).*?(<!-- /core -->)", re.DOTALL)
METRICS = ("motion_fidelity[local]", "motion_fidelity[dmt]", "direction", "speed_ratio", "dynamic_degree")
COPY = "copy-reference"
CONTROLS = (COPY, "time-reversed", "other-clip", "frozen reference")
CLIPS_HEAD = ("clip", "category", "file", "used", "speed", "repeats", "motion", "followed", "camera")
CAMERA_TOLERANCE = 0.005
"""Share of the diagonal within which a track follows the camera, as in ``camera_path_error``."""
SHEET = PAGE.with_name("core-suite.jpg")
SHEET_COLUMNS, WIDE, NARROW = 6, 1920, 960
Scores = dict[str, dict[str, float | None]]
"""By control, by metric; None where the metric has no value."""


@dataclass(frozen=True, eq=False)
class Clip:
    """What is known of one clip."""

    entry: ClipEntry
    reference: Video
    tracks: Tracks
    scores: Scores


def measured(suite: ManifestSuite) -> Iterator[Clip]:
    """Every clip of the suite, in the order of the manifest."""
    tracker: PointTracker = registry.implementation(registry.tracker(suite.protocol.tracker))()
    metrics = {name: registry.implementation(registry.metric(name))(suite.protocol, None) for name in METRICS}
    first = {entry.reference_id: entry for entry in reversed(suite.entries)}
    queries = grid_queries(suite.protocol)
    for clip in suite.manifest.clips_of(suite.name):
        case = suite.load(first[clip.id])
        made = {control: (video, tracker(video, queries)) for control, video in controls(case)}
        tracks = made[COPY][1]
        scores = {
            control: scored(metrics, Evidence(case, video, found, tracks)) for control, (video, found) in made.items()
        }
        print(clip.id, scores[COPY], file=sys.stderr, flush=True)
        yield Clip(clip, case.reference, tracks, scores)


def controls(case: Case) -> Iterator[tuple[str, Video]]:
    """What the controls of these names make without a backbone; frozen is the reference's own first frame."""
    frames = case.reference.frames
    yield COPY, case.reference
    yield "time-reversed", replace(case.reference, frames=np.ascontiguousarray(frames[::-1]))
    if case.other is not None:
        yield "other-clip", case.other
    yield "frozen reference", replace(case.reference, frames=np.repeat(frames[:1], len(frames), axis=0))


def scored(metrics: dict[str, Metric], evidence: Evidence) -> dict[str, float | None]:
    """Every metric of one video."""
    found: dict[str, float | None] = {}
    for name, metric in metrics.items():
        try:
            found[name] = float(metric(evidence))
        except Undefined:
            found[name] = None
    return found


def clips_table(clips: Sequence[Clip], protocol: Protocol) -> str:
    """One row a clip."""
    return _table(CLIPS_HEAD, [_row(clip, protocol) for clip in clips])


def _row(clip: Clip, protocol: Protocol) -> tuple[str, ...]:
    source, facts = _source(clip.entry)
    rate, frames = Fraction(facts.fps), clip.reference.frames
    begin, length = source.file.start / rate, (protocol.frames - 1) / protocol.fps * source.file.every
    fit = camera(clip, protocol)
    return (
        f"`{clip.entry.id}`",
        clip.entry.category,
        f"{facts.width}×{facts.height}, {facts.frames} at {float(rate):.4g}/s",
        f"{float(begin):.2f}–{float(begin) + length:.2f} s",
        f"{source.file.every}×",
        str(sum(np.array_equal(a, b) for a, b in pairwise(frames))),
        _shown(clip.scores[COPY]["dynamic_degree"]),
        f"{clip.tracks.visible[:, -1].mean():.2f}",
        "—" if fit.reason else f"{fit.inliers:.2f}",
    )


def camera(clip: Clip, protocol: Protocol) -> CameraFit:
    """The one camera motion that most tracks agree on."""
    tolerance = CAMERA_TOLERANCE * protocol.diagonal
    return fit_camera(clip.tracks.xy, tolerance=tolerance, seed=0, visible=clip.tracks.visible)


def controls_table(clips: Sequence[Clip]) -> str:
    """Means of each control in each category, with n/N where a metric has no value for some clip."""
    rows = [
        (control, category, *(_mean([clip.scores[control][metric] for clip in found]) for metric in METRICS))
        for control in CONTROLS
        for category in (*CATEGORIES, "all")
        for found in [[clip for clip in clips if category in (clip.entry.category, "all")]]
    ]
    return _table(("control", "category", *METRICS), rows)


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "—"
    return _shown(mean(known)) + (f" ({len(known)}/{len(values)})" if len(known) < len(values) else "")


def _source(clip: ClipEntry) -> tuple[FileSource, VideoFacts]:
    if not isinstance(clip.source, FileSource) or clip.source.video is None:
        raise SystemExit(f"{clip.id} says nothing of its file; add `video:` to it in data_manifest.yaml")
    return clip.source, clip.source.video


def _shown(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = (head, ["---"] * len(head), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write_sheet(path: Path, clips: Sequence[Clip], width: int) -> None:
    """A row a clip, its first frame on the left and its last on the right."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    sheet = Image.fromarray(np.concatenate([_strip(clip.reference) for clip in clips]))
    sheet.resize((width, round(width * sheet.height / sheet.width)), Image.Resampling.LANCZOS).save(path, quality=80)


def _strip(video: Video) -> NDArray[np.uint8]:
    chosen = np.linspace(0, len(video.frames) - 1, SHEET_COLUMNS).round().astype(int)
    return np.concatenate([video.frames[k] for k in chosen], axis=1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--sheets", type=Path)
    asked = parser.parse_args()
    suite = ManifestSuite("core")
    clips = list(measured(suite))
    tables = {"clips": clips_table(clips, suite.protocol), "controls": controls_table(clips)}
    if asked.sheets:
        for category in CATEGORIES:
            found = [clip for clip in clips if clip.entry.category == category]
            write_sheet(asked.sheets / f"core-{category}.jpg", found, WIDE)
    text = PAGE.read_text(encoding="utf-8")
    made = PLACE.sub(lambda found: f"{found[1]}{tables[found['table']]}{found[3]}", text)
    if asked.check:
        return int(made != text)
    PAGE.write_text(made, encoding="utf-8")
    write_sheet(SHEET, [clip for clip in clips if clip.entry.redistributable], NARROW)
    return 0


if __name__ == "__main__":
    sys.exit(main())
