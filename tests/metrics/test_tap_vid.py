"""TAP-Vid's three numbers: a hand-worked case, identity, damage, and inputs that leave nothing to compare."""

import numpy as np
import pytest

from motionbench.metrics.functional import tap_vid

SIZE = (256, 256)


def still(points: int = 4, frames: int = 6) -> np.ndarray:
    return np.random.default_rng(0).uniform(20, 200, (points, 1, 2)).repeat(frames, axis=1)


def test_exact_tracks_are_perfect() -> None:
    found = tap_vid(still(), still(), size=SIZE)
    assert (found.delta_avg, found.occlusion_accuracy, found.average_jaccard) == (1.0, 1.0, 1.0)


def test_a_hand_worked_case() -> None:
    """Two frames count: three pixels off on one, right but predicted hidden on the other."""
    exact = np.zeros((1, 3, 2))
    ours = exact.copy()
    ours[0, 1, 0] = 3.0
    found = tap_vid(ours, exact, size=SIZE, visible=[[True, True, False]])
    # Within 1 and 2 px: one of two points; from 4 px on: both.
    assert found.delta_avg == pytest.approx((2 * 0.5 + 3 * 1.0) / 5, abs=1e-12)
    assert found.occlusion_accuracy == 0.5
    # Within 1 and 2 px: TP 0 of P 2 + FP 1; from 4 px on: TP 1 of P 2 + FP 0.
    assert found.average_jaccard == pytest.approx((2 * 0 + 3 * 0.5) / 5, abs=1e-12)


def test_the_frame_of_the_query_does_not_count() -> None:
    ours = still()
    ours[:, 0] += 100
    assert tap_vid(ours, still(), size=SIZE).delta_avg == 1.0


def test_each_axis_is_scaled_to_256() -> None:
    exact = np.zeros((1, 2, 2))
    ours = exact + np.array([0.0, 0.9])
    assert tap_vid(ours, exact, size=(256, 64)).delta_avg == 1.0
    assert tap_vid(ours, exact, size=(64, 256)).delta_avg == pytest.approx(3 / 5)


def test_a_prediction_on_a_hidden_point_is_a_false_positive() -> None:
    hidden = np.ones((4, 6), bool)
    hidden[0, 1:] = False
    found = tap_vid(still(), still(), size=SIZE, exact_visible=hidden)
    assert (found.delta_avg, found.average_jaccard) == (1.0, 15 / 20)


def test_damage_lowers_every_number() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(40, 9, 2))
    values = [tap_vid(still(40, 9) + s * noise, still(40, 9), size=SIZE).average_jaccard for s in (0.0, 1.0, 4.0, 16.0)]
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.5 < values[0]


@pytest.mark.parametrize("tracks", [np.full((2, 3, 2), np.nan), np.full((2, 3, 2), 1e308)])
def test_positions_that_are_no_numbers_are_far_away(tracks: np.ndarray) -> None:
    found = tap_vid(tracks, -np.nan_to_num(tracks) - 1, size=SIZE)
    assert (found.delta_avg, found.average_jaccard) == (0.0, 0.0)


def test_nothing_to_compare_has_no_value() -> None:
    one_frame = tap_vid(still(frames=1), still(frames=1), size=SIZE)
    assert (one_frame.delta_avg, one_frame.occlusion_accuracy, one_frame.average_jaccard) == (None, None, None)
    hidden = tap_vid(still(), still(), size=SIZE, visible=np.zeros((4, 6), bool), exact_visible=np.zeros((4, 6), bool))
    assert (hidden.delta_avg, hidden.occlusion_accuracy, hidden.average_jaccard) == (None, 1.0, None)


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match=r"have one shape, got \[4, 6, 2\] and \[4, 5, 2\]"):
        tap_vid(still(), still(frames=5), size=SIZE)
    with pytest.raises(ValueError, match="size is positive"):
        tap_vid(still(), still(), size=(0, 256))
