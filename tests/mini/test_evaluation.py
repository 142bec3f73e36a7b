"""What the model cards' numbers are made of, apart from the models."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from motionbench.mini.evaluation import (
    CHOICES,
    HeldOut,
    caption_accuracy,
    flicker,
    held_out,
    moving_share,
    psnr,
    variants,
    within,
)
from motionbench.mini.looks import Look, draw_look
from motionbench.types import CATEGORIES, Tracks, Video


def still(level: int, frames: int = 5) -> Video:
    return Video(np.full((frames, 8, 8, 3), level, np.uint8), 8.0)


def attributes(look: Look) -> list[str]:
    return [*look.shapes, *look.colours, look.figure, look.ground, look.pattern]


@pytest.fixture(scope="module")
def held() -> list[HeldOut]:
    return held_out(8)


@pytest.mark.parametrize("shown", [1, 2, 3])
def test_variants_differ_in_exactly_one_attribute(shown: int) -> None:
    look = draw_look(np.random.default_rng(3))
    others = variants(look, shown)
    for other in others:
        assert sum(a != b for a, b in zip(attributes(look), attributes(other), strict=True)) == 1
        assert other.phases == look.phases
        assert len({*other.colours[:shown], other.ground}) == shown + 1
    assert len(set(others)) == len(others)


def test_a_clip_of_every_category_has_twenty_captions_and_the_right_one_is_first(held: list[HeldOut]) -> None:
    assert [case.recipe.category for case in held] == [*CATEGORIES, *CATEGORIES]
    for case in held:
        assert case.captions[0] == case.clip.caption
        assert len(set(case.captions)) == CHOICES == 20


def test_held_out_clips_are_the_same_whatever_their_number(held: list[HeldOut]) -> None:
    assert [(case.recipe, case.captions) for case in held_out(4)] == [(c.recipe, c.captions) for c in held[:4]]


class Reader:
    """Reads the number that a grey video stands for; captions are numbered in the order in which they are seen."""

    signature = "reader"

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def images(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.eye(64, dtype=np.float32)[frames[:, 0, 0, 0]]

    def text(self, prompt: str) -> NDArray[np.float32]:
        return np.eye(64, dtype=np.float32)[self.known.setdefault(prompt, len(self.known))]


def test_caption_accuracy_is_the_share_of_videos_nearest_to_their_first_caption(held: list[HeldOut]) -> None:
    cases = [dataclasses.replace(held[0], captions=("a", "b")), dataclasses.replace(held[1], captions=("c", "d"))]
    reader = Reader()
    assert caption_accuracy([still(0), still(2)], cases, reader) == 100.0
    assert caption_accuracy([still(0), still(3)], cases, reader) == 50.0
    assert caption_accuracy([still(1), still(3)], cases, reader) == 0.0


def test_psnr_of_a_hand_worked_case() -> None:
    assert psnr(still(100), still(100)) == math.inf
    # Every pixel is off by 51 = 255/5, so 20 log10 5.
    assert psnr(still(100), still(151)) == pytest.approx(13.9794, rel=0, abs=1e-4)
    assert psnr(still(100), still(110)) == psnr(still(110), still(100)) > psnr(still(100), still(120))


def test_flicker_is_the_mean_step_of_a_pixel() -> None:
    frames = np.repeat(np.array([0, 4, 0], np.uint8), 8 * 8 * 3).reshape(3, 8, 8, 3)
    assert flicker(Video(frames, 8.0)) == 4.0
    assert flicker(still(9)) == 0.0


def test_the_moving_share_counts_points_with_a_long_path() -> None:
    class Quarter:
        signature = "quarter"

        def __call__(self, video: Video, queries: NDArray[np.float32]) -> Tracks:
            xy = np.repeat(queries[:, None], len(video.frames), axis=1)
            xy[: len(xy) // 4, :, 0] += np.arange(len(video.frames))
            return Tracks(xy, np.ones(xy.shape[:2], bool))

    assert moving_share(still(0), Quarter()) == 0.25
    assert moving_share(still(0), Quarter(), threshold=4.0) == 0.0


def test_within_counts_values_between_the_percentiles_of_the_reference() -> None:
    reference = [float(value) for value in range(101)]
    assert within([5.0, 50.0, 95.0], reference) == 100.0
    assert within([4.9, 50.0, 95.1, 96.0], reference) == 25.0
