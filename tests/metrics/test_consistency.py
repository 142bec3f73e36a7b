"""The published forms of temporal consistency and flicker, on features and frames whose values are known."""

from __future__ import annotations

import numpy as np
import pytest

from motionbench.metrics.functional import (
    temporal_consistency_all_pairs,
    temporal_consistency_consecutive,
    temporal_consistency_first_previous,
    temporal_consistency_first_previous_det,
    temporal_flicker,
)

FORMS = (
    temporal_consistency_consecutive,
    temporal_consistency_all_pairs,
    temporal_consistency_first_previous,
    temporal_consistency_first_previous_det,
)
FRAMES = np.array([[3.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
RANDOM = np.random.default_rng(3).normal(size=(9, 5))


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def test_all_pairs_is_the_mean_over_every_pair_of_different_frames() -> None:
    pairs = [cosine(RANDOM[i], RANDOM[j]) for i in range(9) for j in range(9) if i != j]
    assert temporal_consistency_all_pairs(RANDOM) == pytest.approx(np.mean(pairs), abs=1e-12, rel=0)


def test_first_previous_leaves_frame_0_out_and_cuts_at_zero() -> None:
    later = [
        (max(0.0, cosine(RANDOM[t], RANDOM[0])) + max(0.0, cosine(RANDOM[t], RANDOM[t - 1]))) / 2 for t in range(1, 9)
    ]
    assert temporal_consistency_first_previous(RANDOM) == pytest.approx(np.mean(later), abs=1e-12, rel=0)
    assert temporal_consistency_first_previous(np.array([[1.0, 0.0], [-1.0, 0.0]])) == 0.0


def test_the_form_of_det_counts_frame_0_and_cuts_nothing() -> None:
    terms = [(cosine(RANDOM[t], RANDOM[0]) + cosine(RANDOM[t], RANDOM[max(t - 1, 0)])) / 2 for t in range(9)]
    assert temporal_consistency_first_previous_det(RANDOM) == pytest.approx(np.mean(terms), abs=1e-12, rel=0)
    assert temporal_consistency_first_previous_det(np.array([[1.0, 0.0], [-1.0, 0.0]])) == 0.0


def test_three_frames_by_hand() -> None:
    half = 2**-0.5
    assert temporal_consistency_all_pairs(FRAMES) == pytest.approx((0 + 2 * half) / 3, abs=1e-12)
    assert temporal_consistency_first_previous(FRAMES) == pytest.approx((0 + half) / 2, abs=1e-12)
    assert temporal_consistency_first_previous_det(FRAMES) == pytest.approx((1 + 0 + half) / 3, abs=1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_a_frozen_video_is_perfectly_consistent(form: object) -> None:
    assert callable(form)
    assert form(np.repeat(RANDOM[:1], 6, axis=0)) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_the_length_of_features_means_nothing_and_one_frame_is_refused(form: object) -> None:
    assert callable(form)
    lengths = np.linspace(0.1, 1e6, 9)[:, None]
    assert form(RANDOM * lengths) == pytest.approx(form(RANDOM), abs=1e-12)
    with pytest.raises(ValueError, match="two frames, got 1"):
        form(RANDOM[:1])


def test_only_all_pairs_is_blind_to_the_order_of_frames() -> None:
    order = [4, 0, 8, 2, 6, 1, 7, 3, 5]
    assert temporal_consistency_all_pairs(RANDOM[order]) == pytest.approx(temporal_consistency_all_pairs(RANDOM))
    for form in FORMS:
        if form is not temporal_consistency_all_pairs:
            assert abs(form(RANDOM[order]) - form(RANDOM)) > 1e-3


def test_flicker_is_the_mean_change_of_a_pixel() -> None:
    frames = np.zeros((3, 2, 4, 3), np.uint8)
    frames[1, 0, 0, 0] = 255
    frames[2, 0, 0, 0] = 155
    assert temporal_flicker(frames) == pytest.approx((255 - (255 + 100) / 2 / 24) / 255, abs=1e-12)


def test_flicker_spans_its_range_and_does_not_wrap_around() -> None:
    black, white = (np.full((1, 4, 4, 3), value, np.uint8) for value in (0, 255))
    assert temporal_flicker(np.concatenate([black, white, black])) == 0.0
    assert temporal_flicker(np.repeat(white, 3, axis=0)) == 1.0


def test_more_flicker_lowers_the_value() -> None:
    noise = np.random.default_rng(0).integers(-40, 41, (6, 8, 8, 3))
    values = [temporal_flicker(np.clip(128 + amount * noise, 0, 255).astype(np.uint8)) for amount in (0, 1, 2, 3)]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 4


@pytest.mark.parametrize(
    "frames", [np.zeros((1, 4, 4, 3), np.uint8), np.zeros((3, 4, 4, 3)), np.zeros((3, 4), np.uint8)]
)
def test_flicker_refuses_other_frames(frames: np.ndarray) -> None:
    with pytest.raises(ValueError, match="flicker takes uint8 frames"):
        temporal_flicker(frames)
