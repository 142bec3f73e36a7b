"""What must hold of every function of tracks, whatever the tracks."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from motionbench.metrics import functional

Floats = NDArray[np.float64]
Pair = Callable[[Floats, Floats], float | None]
SIZE = 64.0


def local(a: Floats, b: Floats, sigma: float = 0.3) -> float | None:
    """A wide neighbourhood unless told: a lone track just within reach of a few others stands at the cut-off."""
    return functional.motion_fidelity_local(a, b, diagonal=SIZE, tau=0.1, sigma=sigma).f


PAIRS: dict[str, Pair] = {
    "local": local,
    "fleximmt": functional.motion_fidelity_fleximmt,
    "det": lambda a, b: functional.motion_fidelity_det(a, b, width=SIZE, height=SIZE),
    "ivebench": functional.motion_fidelity_ivebench,
    "symmetric": lambda a, b: functional.motion_fidelity_symmetric(a, b, least_displacement=0.1).value,
    "direction": lambda a, b: functional.direction_cosine(a, b, tau=0.1).value,
    "speed_ratio": lambda a, b: functional.speed_ratio(a, b, tau=0.1).value,
}
"""Scores of two sets of tracks; ``motion_fidelity_dmt`` pairs tracks by index and has tests of its own."""
SCRIPTS = ("det",)
"""NaN where the published code gives it."""


def walks(seed: int, count: int, frames: int) -> Floats:
    rng = np.random.default_rng(seed)
    start = rng.uniform(0, SIZE, (count, 1, 2))
    return np.asarray(start + np.cumsum(rng.normal(0.5, 1.0, (count, frames, 2)), axis=1))


def same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-6) or (math.isnan(one) and math.isnan(other))


@pytest.mark.parametrize("name", PAIRS)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), ours=st.integers(3, 12), theirs=st.integers(3, 12))
def test_the_order_of_tracks_is_irrelevant(name: str, seed: int, ours: int, theirs: int) -> None:
    a, b = walks(seed, ours, 8), walks(seed + 1, theirs, 8)
    rng = np.random.default_rng(seed)
    assert same(PAIRS[name](a, b), PAIRS[name](rng.permutation(a), rng.permutation(b)))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 12))
def test_the_script_of_dmt_sees_the_order_only_where_the_sides_differ_in_it(seed: int, count: int) -> None:
    a, b = walks(seed, count, 8), walks(seed + 1, count, 8)
    order = np.random.default_rng(seed).permutation(count)
    ours = functional.motion_fidelity_dmt(a[order], b[order])
    assert math.isclose(ours, functional.motion_fidelity_dmt(a, b), abs_tol=1e-6)


@pytest.mark.parametrize("name", ["local", "fleximmt", "symmetric", "direction", "speed_ratio"])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), turn=st.floats(-3, 3), shift=st.floats(-50, 50))
def test_a_rigid_motion_of_both_videos_changes_nothing(name: str, seed: int, turn: float, shift: float) -> None:
    a, b = walks(seed, 8, 8), walks(seed + 1, 9, 8)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    assert same(PAIRS[name](a, b), PAIRS[name](a @ rotation.T + shift, b @ rotation.T + shift))


@pytest.mark.parametrize("name", ["local", "fleximmt", "symmetric", "direction", "speed_ratio"])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), times=st.integers(2, 3))
def test_tracking_every_point_twice_changes_nothing(name: str, seed: int, times: int) -> None:
    a, b = walks(seed, 7, 8), walks(seed + 1, 9, 8)
    assert same(PAIRS[name](a, b), PAIRS[name](np.repeat(a, times, axis=0), np.repeat(b, times, axis=0)))


@pytest.mark.parametrize("frames", [5, 16, 49, 81])
def test_unrelated_motion_scores_zero_at_every_length_and_the_published_maximum_does_not(frames: int) -> None:
    rng = np.random.default_rng(frames)
    start = rng.uniform(0, SIZE, (2, 400, 1, 2))
    a, b = start + np.cumsum(rng.normal(0, 1, (2, 400, frames, 2)), axis=2)
    found = local(a, b, sigma=0.05)
    assert found is not None
    assert abs(found) < 0.05
    assert functional.motion_fidelity_fleximmt(a, b) > 0.15


EXTREMES = st.sampled_from([0.0, 5e-324, 1e-300, 1e-12, 1.0, 1e12, 1e100])


@pytest.mark.parametrize("name", [name for name in PAIRS if name not in SCRIPTS])
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1_000),
    counts=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    frames=st.integers(1, 4),
    sizes=st.tuples(EXTREMES, EXTREMES),
)
def test_no_input_gives_nan_or_infinity(
    name: str, seed: int, counts: tuple[int, int], frames: int, sizes: tuple[float, float]
) -> None:
    a, b = (size * walks(seed, count, frames) for size, count in zip(sizes, counts, strict=True))
    try:
        found = PAIRS[name](a, b)
    except ValueError:
        found = None
    assert found is None or math.isfinite(found)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1_000), frames=st.integers(1, 4), size=EXTREMES)
def test_nothing_visible_is_a_reason_and_never_a_number(seed: int, frames: int, size: float) -> None:
    a, b = size * walks(seed, 3, frames), walks(seed + 1, 3, frames)
    hidden = np.zeros((3, frames), bool)
    found = functional.motion_fidelity_local(a, b, diagonal=SIZE, tau=0.1, visible_reference=hidden)
    assert found.f is None
    assert found.reason
    amount = functional.dynamic_degree(a, diagonal=SIZE, tau=0.1, visible=hidden)
    assert amount.value is None
    assert amount.reason
