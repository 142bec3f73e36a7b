"""The check of a tracker, on trackers whose errors and jitter were put in."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from motionbench.errors import Undefined, UsageError
from motionbench.metrics.tracker_check import GRAIN, SLACK, Accuracy, Check, Jitter, check, references, still
from motionbench.types import Annotation, Case, CaseEntry, Protocol, Tracks, Video

PROTOCOL = Protocol("p", 5, 8.0, 30, 40, "any", 3)
PICTURE = np.full((30, 40, 3), 128, np.uint8)
EXACT = Tracks(np.full((4, 5, 2), 7.0, np.float32), np.ones((4, 5), bool))


class Stepping:
    """Off by ``off`` pixels to the right, and on its way by ``grain`` more a frame where frames differ."""

    signature = "stepping@1"

    def __init__(self, *, grain: float = 0.0, off: float = 0.0) -> None:
        self.grain, self.off = grain, off

    def __call__(self, video: Video, queries: NDArray[np.float32]) -> Tracks:
        frames = video.size[0]
        noisy = bool((video.frames != video.frames[:1]).any())
        xy = np.repeat(queries[:, None], frames, axis=1).astype(np.float32)
        xy[:, 1:, 0] += self.off + np.arange(1, frames) * self.grain * noisy
        return Tracks(xy, np.ones(xy.shape[:2], bool))


class Blind(Stepping):
    """Gives every point up after frame 0."""

    def __call__(self, video: Video, queries: NDArray[np.float32]) -> Tracks:
        tracks = super().__call__(video, queries)
        return Tracks(tracks.xy, np.arange(video.size[0])[None] < np.ones((len(queries), 1)))


class Refusing(Stepping):
    """Has tracks of moving videos only."""

    def __call__(self, video: Video, queries: NDArray[np.float32]) -> Tracks:
        if (queries == 7).all():
            return super().__call__(video, queries)
        raise Undefined("not of this video")


def case(exact: Tracks | None = EXACT) -> Case:
    video = Video(np.repeat(PICTURE[None], 5, axis=0), 8.0)
    return Case("c", "s", "camera", video, "c", "", "", Annotation(tracks=exact, exact=exact is not None))


def test_a_tracker_without_error_has_all_of_it() -> None:
    found = check(Stepping(), [case()], [PICTURE], PROTOCOL)
    assert found == Check("stepping@1", Accuracy(1, 1.0, 1.0, 1.0), Jitter(0.0, 0.0, 0.0))


def test_accuracy_is_tap_vids_mean_over_references() -> None:
    # 40 × 30 pixels count as 256 × 256: half a pixel to the right is 3.2, within 4, 8 and 16.
    found = check(Stepping(off=0.5), [case(), case()], [PICTURE], PROTOCOL)
    assert found.accuracy.references == 2
    assert found.accuracy.delta_avg == pytest.approx(3 / 5, abs=1e-9)
    assert found.accuracy.average_jaccard == pytest.approx(3 / 5, abs=1e-9)
    assert found.accuracy.occlusion_accuracy == 1.0


def test_jitter_is_the_step_as_a_share_of_the_diagonal() -> None:
    found = check(Stepping(grain=0.5), [case()], [PICTURE, PICTURE], PROTOCOL)
    assert found.jitter.plain == 0.0
    assert found.jitter.grain == pytest.approx(0.5 / 50, abs=1e-9)
    assert found.holds(0.01) is True
    assert found.holds(0.01 / SLACK * 0.99) is False


def test_a_tracker_that_gives_up_has_no_jitter_and_no_verdict() -> None:
    found = check(Blind(), [case()], [PICTURE], PROTOCOL)
    assert found.jitter == Jitter(None, None, 1.0)
    assert found.holds(1.0) is None
    assert found.accuracy.occlusion_accuracy == 0.0


def test_a_tracker_that_has_no_tracks_of_stills_is_still_checked_for_accuracy() -> None:
    found = check(Refusing(), [case()], [PICTURE], PROTOCOL)
    assert found.jitter == Jitter(None, None, None)
    assert found.accuracy.delta_avg == 1.0


def test_grain_has_the_size_that_it_says_and_the_same_every_time() -> None:
    videos: list[Video] = []

    class Watching(Stepping):
        def __call__(self, video: Video, queries: NDArray[np.float32]) -> Tracks:
            videos.append(video)
            return super().__call__(video, queries)

    for _ in range(2):
        check(Watching(), [], [PICTURE], PROTOCOL)
    plain, grain, _, again = videos
    assert (plain.frames == PICTURE).all()
    assert (grain.frames - PICTURE.astype(float)).std() == pytest.approx(GRAIN, rel=0.05)
    np.testing.assert_array_equal(grain.frames, again.frames)


def test_a_still_keeps_within_grey_levels() -> None:
    video = still(np.full((2, 2, 3), 255, np.uint8), np.full((3, 2, 2, 3), 4.6), 8.0)
    assert (video.frames == 255).all()
    assert video.frames.shape == (3, 2, 2, 3)


def test_a_suite_counts_each_reference_once_and_needs_exact_tracks() -> None:
    class Two:
        name, summary, notice, protocol = "two", "", "", PROTOCOL
        entries = tuple(CaseEntry(f"c-{n}", "two", "camera", "c", "", "", "c") for n in range(2))
        exact: Tracks | None = EXACT

        def load(self, entry: CaseEntry) -> Case:
            return dataclasses.replace(case(self.exact), id=entry.id)

    suite = Two()
    assert [found.id for found in references(suite)] == ["c-1"]
    suite.exact = None
    with pytest.raises(UsageError, match="no reference of the suite two has exact tracks"):
        references(suite)
