"""Scores of features, on features whose cosines are known."""

from __future__ import annotations

import numpy as np
import pytest

from motionbench.metrics.functional import clip_text, temporal_consistency_consecutive

FRAMES = np.array([[3.0, 0.0], [0.0, 2.0], [1.0, 1.0]])


def test_clip_text_is_the_mean_cosine_over_all_frames() -> None:
    assert clip_text(FRAMES, np.array([5.0, 0.0])) == pytest.approx((1 + 0 + 2**-0.5) / 3, abs=1e-12)


def test_clip_text_ignores_the_order_of_frames_and_the_length_of_features() -> None:
    text = np.array([0.2, 0.9])
    assert clip_text(7 * FRAMES[::-1], 3 * text) == pytest.approx(clip_text(FRAMES, text), abs=1e-12)


def test_consecutive_consistency_is_the_mean_cosine_of_neighbours() -> None:
    assert temporal_consistency_consecutive(FRAMES) == pytest.approx((0 + 2**-0.5) / 2, abs=1e-12)


def test_a_frozen_video_is_perfectly_consistent_and_a_flicker_is_not() -> None:
    assert temporal_consistency_consecutive(np.repeat(FRAMES[:1], 5, axis=0)) == 1.0
    assert temporal_consistency_consecutive(FRAMES[[0, 1, 0, 1]]) == 0.0


def test_bad_features_raise_and_say_so() -> None:
    with pytest.raises(ValueError, match=r"text feature is \[2\]"):
        clip_text(FRAMES, np.ones(3))
    with pytest.raises(ValueError, match="not all zero"):
        clip_text(FRAMES, np.zeros(2))
    with pytest.raises(ValueError, match="finite"):
        clip_text(FRAMES * np.nan, np.ones(2))
    with pytest.raises(ValueError, match="two frames, got 1"):
        temporal_consistency_consecutive(FRAMES[:1])
