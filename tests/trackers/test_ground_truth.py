"""The tracker that knows the answer: of which videos, and that it says so of all others."""

from __future__ import annotations

import numpy as np
import pytest

from motionbench.data.suites import ManifestSuite
from motionbench.errors import Undefined
from motionbench.trackers import ground_truth
from motionbench.trackers.grid import grid_queries
from motionbench.trackers.ground_truth import GroundTruthTracker
from motionbench.types import Video

SUITE = ManifestSuite("mini")
CASE = SUITE.load(SUITE.entries[2])
QUERIES = grid_queries(SUITE.protocol)


def test_a_reference_has_the_tracks_of_its_annotation() -> None:
    tracks, exact = GroundTruthTracker()(CASE.reference, QUERIES), CASE.annotation.tracks
    assert exact is not None
    np.testing.assert_array_equal(tracks.xy, exact.xy)
    np.testing.assert_array_equal(tracks.visible, exact.visible)


def test_a_perfect_transfer_has_tracks_of_its_own() -> None:
    assert CASE.perfect is not None
    ours, reference = (GroundTruthTracker()(video, QUERIES) for video in (CASE.perfect, CASE.reference))
    np.testing.assert_allclose(ours.xy[:, 0], QUERIES, rtol=0, atol=1e-4)
    # The looks have different shapes, so that other points of the grid lie on the object.
    assert not np.array_equal(ours.xy, reference.xy)


def test_queries_may_be_part_of_the_grid_in_any_order() -> None:
    order = np.array([200, 3, 3, 77])
    whole, part = (GroundTruthTracker()(CASE.reference, queries) for queries in (QUERIES, QUERIES[order]))
    np.testing.assert_array_equal(part.xy, whole.xy[order])


def test_any_other_video_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    some = ground_truth._recipes()[:9]
    monkeypatch.setattr(ground_truth, "_recipes", lambda: some)
    frames = CASE.reference.frames.copy()
    frames[0, 0, 0, 0] ^= 1
    for video in (Video(frames, CASE.reference.fps), Video(frames[:3], 8.0)):
        with pytest.raises(Undefined, match="no exact tracks of this video"):
            GroundTruthTracker()(video, QUERIES)


def test_a_query_beside_the_grid_has_none() -> None:
    with pytest.raises(Undefined, match=r"fixed grid, and none at \(1\.00, 1\.00\)"):
        GroundTruthTracker()(CASE.reference, np.array([[1.0, 1.0]], np.float32))
