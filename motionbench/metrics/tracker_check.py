"""Whether a tracker can be trusted: its accuracy on exact tracks, and how far points of still videos seem to move.

The second is what the score's τ must cover: a ``TrackerSpec`` records it as ``noise_floor``, so that scores do not
depend on the machine, and the check says whether the record holds. A still video is one frame repeated: as it is, and
under the grain of a sensor, Gaussian noise of ``GRAIN`` grey levels, new in every frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motionbench.contracts import PointTracker, Progress, Suite, silent
from motionbench.errors import Undefined, UsageError
from motionbench.metrics.functional import tap_vid
from motionbench.trackers.grid import grid_queries
from motionbench.types import Case, Protocol, Tracks, Video

GRAIN = 2.0
SLACK = 1.2
"""A recorded floor holds up to this times itself: the share moves with the frames that are measured."""


@dataclass(frozen=True)
class Accuracy:
    """TAP-Vid's three numbers, each the mean over references; None where no point is visible in any."""

    references: int
    delta_avg: float | None
    occlusion_accuracy: float | None
    average_jaccard: float | None


@dataclass(frozen=True)
class Jitter:
    """Root-mean-square step of visible points on still videos, as a share of the frame's diagonal."""

    plain: float | None
    """None where no point stays visible, or the tracker has no tracks of a still video."""
    grain: float | None
    lost: float | None
    """Share of points that the tracker gives up under grain."""


@dataclass(frozen=True)
class Check:
    """What the check found of one tracker."""

    signature: str
    accuracy: Accuracy
    jitter: Jitter

    def holds(self, noise_floor: float) -> bool | None:
        """Whether jitter under grain is at most the recorded floor, with some slack; None where it has no value."""
        return None if self.jitter.grain is None else self.jitter.grain <= SLACK * noise_floor


def references(suite: Suite) -> tuple[Case, ...]:
    """One case a reference with exact tracks; raises UsageError where the suite has none."""
    entries = {entry.reference_id: entry for entry in suite.entries}.values()
    found = tuple(case for case in map(suite.load, entries) if case.annotation.exact and case.annotation.tracks)
    if not found:
        raise UsageError(f"no reference of the suite {suite.name} has exact tracks; procedural suites have: mini")
    return found


def check(
    tracker: PointTracker,
    cases: Sequence[Case],
    pictures: Sequence[NDArray[np.uint8]],
    protocol: Protocol,
    progress: Progress = silent,
) -> Check:
    """Accuracy on the cases' exact tracks, jitter on each picture ``[H, W, 3]`` held still."""
    total = len(cases) + len(pictures)
    lines = []
    for done, case in enumerate(cases, start=1):
        lines.append(_accuracy(case, tracker))
        progress(f"checking {tracker.signature}", done, total)
    steps = []
    for done, picture in enumerate(pictures, start=1):
        steps.append(_stills(picture, tracker, protocol, seed=done))
        progress(f"checking {tracker.signature}", len(cases) + done, total)
    return Check(tracker.signature, _mean(lines), _jitter(steps, protocol))


def _accuracy(case: Case, tracker: PointTracker) -> Accuracy:
    exact = case.annotation.tracks
    if exact is None:
        raise UsageError(f"{case.id} has no exact tracks; leave it out")
    ours = tracker(case.reference, exact.xy[:, 0])
    _, height, width = case.reference.size
    found = tap_vid(ours.xy, exact.xy, visible=ours.visible, exact_visible=exact.visible, size=(height, width))
    return Accuracy(1, found.delta_avg, found.occlusion_accuracy, found.average_jaccard)


def _mean(lines: Sequence[Accuracy]) -> Accuracy:
    return Accuracy(
        sum(line.references for line in lines),
        _mean_of(line.delta_avg for line in lines),
        _mean_of(line.occlusion_accuracy for line in lines),
        _mean_of(line.average_jaccard for line in lines),
    )


def _mean_of(values: Iterable[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return float(np.mean(there)) if there else None


@dataclass(frozen=True, eq=False)
class _Pair:
    plain: Tracks | None
    grain: Tracks | None


def _stills(picture: NDArray[np.uint8], tracker: PointTracker, protocol: Protocol, seed: int) -> _Pair:
    queries = grid_queries(protocol)
    noise = np.random.default_rng(seed).normal(0, GRAIN, (protocol.frames, *picture.shape))
    videos = (still(picture, 0 * noise, protocol.fps), still(picture, noise, protocol.fps))
    try:
        return _Pair(*(tracker(video, queries) for video in videos))
    except Undefined:
        return _Pair(None, None)


def still(picture: NDArray[np.uint8], noise: NDArray[np.float64], fps: float) -> Video:
    """A picture ``[H, W, 3]`` held still under additive noise ``[T, H, W, 3]``, grey levels."""
    return Video(np.clip(np.round(picture + noise), 0, 255).astype(np.uint8), fps)


def _jitter(pairs: Sequence[_Pair], protocol: Protocol) -> Jitter:
    plain = [pair.plain for pair in pairs if pair.plain is not None]
    grain = [pair.grain for pair in pairs if pair.grain is not None]
    lost = float(np.mean([~tracks.visible[:, -1] for tracks in grain])) if grain else None
    return Jitter(_step(plain, protocol), _step(grain, protocol), lost)


def _step(found: Sequence[Tracks], protocol: Protocol) -> float | None:
    """√(mean ‖x_{t+1} − x_t‖²) over steps to frames where the point is visible, over the diagonal."""
    squares = [(np.diff(tracks.xy.astype(float), axis=1) ** 2).sum(axis=-1)[tracks.visible[:, 1:]] for tracks in found]
    steps = np.concatenate(squares) if squares else np.empty(0)
    return float(np.sqrt(steps.mean()) / protocol.diagonal) if steps.size else None
