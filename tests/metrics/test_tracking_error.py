"""The tracker's own error, on errors that were put in."""

from __future__ import annotations

import numpy as np
import pytest

from motionbench.metrics.functional import tracker_error

EXACT = np.zeros((4, 5, 2)) + np.arange(4)[:, None, None] * 10.0


def test_exact_tracks_have_no_error() -> None:
    error = tracker_error(EXACT, EXACT)
    assert (error.median, error.within, error.delta_avg) == (0.0, (1.0, 1.0, 1.0), 1.0)
    assert error.occlusion_accuracy == 1.0
    assert error.moving_median is None


def test_thresholds_count_points_and_skip_frame_zero() -> None:
    ours = EXACT.copy()
    ours[0, 1:, 0] += 1.5
    ours[1, 1:, 0] += 3.0
    ours[2, 0] += 100.0
    error = tracker_error(ours, EXACT)
    assert error.within == (0.5, 0.75, 1.0)
    assert error.delta_avg == pytest.approx(0.75)
    assert error.median == pytest.approx(0.75)


def test_hidden_points_do_not_count_for_distance_but_for_visibility() -> None:
    hidden = np.ones((4, 5), bool)
    hidden[0] = False
    ours = EXACT.copy()
    ours[0, 1:] += 50.0
    error = tracker_error(ours, EXACT, exact_visible=hidden)
    assert error.median == 0.0
    assert error.occlusion_accuracy == 0.75


def test_nothing_visible_is_missing_not_zero() -> None:
    error = tracker_error(EXACT, EXACT, exact_visible=np.zeros((4, 5), bool))
    assert error.median is None
    assert error.delta_avg is None


def test_different_queries_raise() -> None:
    with pytest.raises(ValueError, match="same queries and frames"):
        tracker_error(EXACT[:3], EXACT)
