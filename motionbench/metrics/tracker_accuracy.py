"""A tracker's own error on the references of a suite, where their exact tracks are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from motionbench.contracts import PointTracker, Progress, Suite, silent
from motionbench.errors import UsageError
from motionbench.metrics.functional import TrackerError, tracker_error
from motionbench.types import CATEGORIES, Case, Tracks

ALL = "all"


@dataclass(frozen=True)
class Accuracy:
    """The error over all points of the references of one category."""

    category: str
    """A category, or "all"."""
    references: int
    error: TrackerError


def accuracy(suite: Suite, tracker: PointTracker, progress: Progress = silent) -> tuple[Accuracy, ...]:
    """Track every reference with exact tracks from where those start: overall, then by category.

    Raises UsageError where the suite has no exact tracks.
    """
    found: dict[str, list[tuple[Tracks, Tracks]]] = {}
    entries = list({entry.reference_id: entry for entry in suite.entries}.values())
    for done, entry in enumerate(entries, start=1):
        pair = _pair(suite.load(entry), tracker)
        if pair is not None:
            found.setdefault(entry.category, []).append(pair)
        progress("tracking", done, len(entries))
    if not found:
        raise UsageError(f"no reference of the suite {suite.name} has exact tracks; procedural suites have: mini")
    everything = [pair for pairs in found.values() for pair in pairs]
    return (_accuracy(ALL, everything), *(_accuracy(name, found[name]) for name in CATEGORIES if name in found))


def _pair(case: Case, tracker: PointTracker) -> tuple[Tracks, Tracks] | None:
    """Predicted and exact tracks."""
    exact = case.annotation.tracks
    if exact is None or not case.annotation.exact:
        return None
    return tracker(case.reference, exact.xy[:, 0]), exact


def _accuracy(category: str, pairs: Sequence[tuple[Tracks, Tracks]]) -> Accuracy:
    (tracks, visible), (exact, there) = (
        (np.concatenate([side.xy for side in sides]), np.concatenate([side.visible for side in sides]))
        for sides in zip(*pairs, strict=True)
    )
    return Accuracy(category, len(pairs), tracker_error(tracks, exact, visible=visible, exact_visible=there))
