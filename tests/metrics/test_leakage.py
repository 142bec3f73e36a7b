"""Leakage: where its zero and its one lie, what it does in between, and when it has no value."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionbench.metrics.functional import leakage
from motionbench.metrics.functional.leakage import CAPTION_TELLS_NOTHING, CLIPS_ALIKE, PROMPTS_ALIKE

CONE = np.array([1.0, 0.0, 0.0, 0.0, 0.0])
"""What all images of the space share."""
RED, BLUE, SHAPE, OTHER = np.eye(5)[1:]


def clip(*parts: np.ndarray, frames: int = 4) -> np.ndarray:
    """Features that drift a little, so that frames of other times differ."""
    drift = 0.1 * np.linspace(-1, 1, frames)[:, None] * SHAPE
    return CONE + sum(parts) + drift


REFERENCE, UNRELATED, HONEST = clip(RED), clip(OTHER), clip(BLUE)
PROMPT, CAPTION = BLUE + 0.01 * CONE, RED + 0.01 * CONE


def value(generated: np.ndarray, prompt: np.ndarray = PROMPT) -> float:
    found = leakage(generated, REFERENCE, UNRELATED, prompt=prompt, reference_prompt=CAPTION)
    assert found.reason is None
    assert found.value is not None
    return found.value


def test_a_copy_has_one_and_an_unrelated_clip_none() -> None:
    assert value(REFERENCE) == pytest.approx(1.0, abs=1e-12, rel=0)
    assert value(UNRELATED) == 0.0


def test_an_honest_generation_of_an_unrelated_prompt_has_none() -> None:
    assert value(HONEST) == pytest.approx(0.0, abs=1e-12, rel=0)


def test_half_way_by_hand() -> None:
    # Cosines: reference with itself 1, with the unrelated clip 0.5; 0.75 lies half way. The prompt shares nothing.
    reference, unrelated = np.array([[1.0, 0.0, 0.0]]), np.array([[0.5, 0.75**0.5, 0.0]])
    generated = np.array([[0.75, 0.0, (1 - 0.75**2) ** 0.5]])
    found = leakage(
        generated, reference, unrelated, prompt=np.array([0, 0, 1.0]), reference_prompt=np.array([1.0, 0, 0])
    )
    assert (found.similarity, found.unrelated, found.shared) == pytest.approx((0.75, 0.5, 0.0), abs=1e-12)
    assert found.value == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize(("cosine", "expected"), [(0.5, 0.0), (0.75, 0.0), (0.875, 0.5), (1.0, 1.0)])
def test_what_both_prompts_say_is_no_leakage(cosine: float, expected: float) -> None:
    # d has length 1 and its cosine with the caption is 0.5; the prompt's is half of that, so β = 0.5 and F = 0.75.
    reference, unrelated = np.array([[1.0, 0.0]]), np.array([[0.5, 0.75**0.5]])
    apart, across = (reference - unrelated)[0], np.array([0.75**0.5, 0.5])
    prompt = 0.25 * apart + (1 - 0.25**2) ** 0.5 * across
    generated = np.array([[cosine, (1 - cosine**2) ** 0.5]])
    found = leakage(generated, reference, unrelated, prompt=prompt, reference_prompt=reference[0])
    assert (found.shared, found.floor) == pytest.approx((0.5, 0.75), abs=1e-12)
    assert found.value == pytest.approx(expected, abs=1e-12)


def test_the_floor_rises_with_what_the_prompt_shares_and_the_value_falls() -> None:
    near = clip(0.7 * RED, 0.3 * BLUE)
    values = [value(near, prompt=share * RED + (1 - share) * BLUE) for share in (0.0, 0.2, 0.4)]
    assert values == sorted(values, reverse=True)
    assert values[0] > values[2] + 0.05


@given(steps=st.lists(st.floats(0, 1), min_size=2, max_size=5), seed=st.integers(0, 1000))
def test_mixing_the_reference_in_never_lowers_it(steps: list[float], seed: int) -> None:
    start = np.random.default_rng(seed).normal(size=REFERENCE.shape) + CONE
    values = [value((1 - share) * start + share * REFERENCE) for share in sorted(steps)]
    assert all(later >= earlier - 1e-12 for earlier, later in pairwise(values))
    assert all(0 <= one <= 1 for one in values)


def test_frames_are_compared_at_their_own_time() -> None:
    moving = CONE + np.linspace(-1, 1, 6)[:, None] * RED
    unrelated = np.repeat(clip(OTHER)[:1], 6, axis=0)
    straight, reverse = (
        leakage(g, moving, unrelated, prompt=BLUE, reference_prompt=CONE - OTHER).value for g in (moving, moving[::-1])
    )
    assert straight == pytest.approx(1.0, abs=1e-12)
    assert reverse is not None
    assert reverse < 0.9


def test_the_length_of_features_means_nothing() -> None:
    near = clip(0.7 * RED, 0.3 * BLUE)
    scaled = leakage(5 * near, 3 * REFERENCE, 2 * UNRELATED, prompt=7 * PROMPT, reference_prompt=CAPTION / 9)
    assert scaled.value == pytest.approx(value(near), abs=1e-12)


def test_what_is_too_alike_to_tell_has_a_reason_and_the_likeness() -> None:
    same = leakage(HONEST, REFERENCE, UNRELATED, prompt=CAPTION, reference_prompt=CAPTION)
    assert (same.value, same.reason, same.shared) == (None, PROMPTS_ALIKE, 1.0)
    twin = leakage(HONEST, REFERENCE, REFERENCE, prompt=PROMPT, reference_prompt=CAPTION)
    assert (twin.value, twin.reason) == (None, CLIPS_ALIKE)
    mute = leakage(HONEST, REFERENCE, UNRELATED, prompt=PROMPT, reference_prompt=CONE)
    assert (mute.value, mute.reason) == (None, CAPTION_TELLS_NOTHING)
    assert mute.similarity == pytest.approx(float((_unit(HONEST) * _unit(REFERENCE)).sum(axis=1).mean()))


def test_a_caption_that_fits_the_unrelated_clip_better_is_no_caption() -> None:
    found = leakage(HONEST, REFERENCE, UNRELATED, prompt=PROMPT, reference_prompt=OTHER)
    assert found.reason == CAPTION_TELLS_NOTHING


def test_bad_arguments_raise_and_say_so() -> None:
    with pytest.raises(ValueError, match=r"one shape \[T, D\], got \[3, 5\], \[4, 5\], \[4, 5\]"):
        leakage(HONEST[:3], REFERENCE, UNRELATED, prompt=PROMPT, reference_prompt=CAPTION)
    with pytest.raises(ValueError, match=r"the reference prompt's feature is \[5\]"):
        leakage(HONEST, REFERENCE, UNRELATED, prompt=PROMPT, reference_prompt=CAPTION[:3])
    with pytest.raises(ValueError, match="unrelated features must be finite"):
        leakage(HONEST, REFERENCE, UNRELATED * np.nan, prompt=PROMPT, reference_prompt=CAPTION)
    with pytest.raises(ValueError, match="least_room"):
        leakage(HONEST, REFERENCE, UNRELATED, prompt=PROMPT, reference_prompt=CAPTION, least_room=0)


def _unit(features: np.ndarray) -> np.ndarray:
    return np.asarray(features / np.linalg.norm(features, axis=-1, keepdims=True))
