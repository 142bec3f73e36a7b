"""A tracker's own error, against the exact tracks of a suite that a test makes up."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from motionbench.errors import UsageError
from motionbench.metrics.tracker_accuracy import accuracy
from motionbench.types import Annotation, Case, CaseEntry, Category, Protocol, Tracks, Video

QUERIES = np.array([[1.0, 2.0], [5.0, 6.0]], np.float32)
SHIFT: dict[str, float] = {"pan": 0.5, "zoom": 1.5, "walk": 3.0}


class Moving:
    """References on which the tracker below errs by the shift that their name stands for."""

    name, summary, notice = "moving", "", ""
    protocol = Protocol("p", 4, 8.0, 8, 8, "dis-flow", 2)

    def __init__(self, exact: bool = True) -> None:
        self.exact = exact
        kinds: tuple[tuple[str, Category], ...] = (("pan", "camera"), ("zoom", "camera"), ("walk", "human"))
        self.entries = tuple(
            CaseEntry(f"{name}--p{number}", self.name, category, name, "", "", name)
            for name, category in kinds
            for number in (1, 2)
        )

    def load(self, entry: CaseEntry) -> Case:
        # The first pixel tells the tracker below how far off it is to be.
        frames = np.full((4, 8, 8, 3), int(10 * SHIFT[entry.reference_id]), np.uint8)
        exact = Tracks(np.repeat(QUERIES[:, None], 4, axis=1), np.ones((2, 4), bool))
        annotation = Annotation(tracks=exact, exact=True) if self.exact else Annotation()
        return Case(entry.id, self.name, entry.category, Video(frames, 8.0), entry.reference_id, "", "", annotation)


class Shifted:
    signature = "shifted"

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, video: Video, queries: NDArray[np.float32]) -> Tracks:
        self.calls += 1
        np.testing.assert_array_equal(queries, QUERIES)
        xy = np.repeat(queries[:, None], 4, axis=1)
        xy[:, 1:, 0] += video.frames[0, 0, 0, 0] / 10
        return Tracks(xy, np.ones((2, 4), bool))


def test_points_are_pooled_by_category_and_a_reference_counts_once() -> None:
    tracker = Shifted()
    found = {line.category: line for line in accuracy(Moving(), tracker)}
    assert list(found) == ["all", "camera", "human"]
    assert [line.references for line in found.values()] == [3, 2, 1]
    assert tracker.calls == 3
    assert found["human"].error.median == pytest.approx(3.0, abs=1e-6)
    assert found["camera"].error.within == (0.5, 1.0, 1.0)
    assert found["all"].error.median == pytest.approx(1.5, abs=1e-6)


def test_a_suite_without_exact_tracks_says_so() -> None:
    with pytest.raises(UsageError, match="no reference of the suite moving has exact tracks; procedural suites have"):
        accuracy(Moving(exact=False), Shifted())
