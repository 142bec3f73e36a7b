"""Discrete Fréchet, time warping and the distance of point paths, against recursion and published packages."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from motionbench.metrics.functional import discrete_frechet, dtw, same_point_frechet

Floats = NDArray[np.float64]


def recursive(a: Floats, b: Floats, join: Callable[[float, float], float], power: int = 1) -> float:
    """The recurrence as it is printed."""

    @cache
    def cell(i: int, j: int) -> float:
        apart = float(np.linalg.norm(a[i] - b[j])) ** power
        if i == j == 0:
            return apart
        before = [(i - 1, j), (i - 1, j - 1), (i, j - 1)]
        return join(apart, min(cell(*place) for place in before if min(place) >= 0))

    return cell(len(a) - 1, len(b) - 1)


def walk(seed: int, points: int = 8, coordinates: int = 2) -> Floats:
    return np.cumsum(np.random.default_rng(seed).normal(size=(points, coordinates)), axis=0)


@pytest.mark.parametrize(("first", "second", "coordinates"), [(1, 1, 2), (1, 6, 2), (7, 1, 2), (8, 8, 1), (5, 11, 3)])
def test_both_equal_their_recurrence(first: int, second: int, coordinates: int) -> None:
    a, b = walk(1, first, coordinates), walk(2, second, coordinates)
    assert discrete_frechet(a, b) == pytest.approx(recursive(a, b, max), abs=1e-12, rel=0)
    assert dtw(a, b) == pytest.approx(recursive(a, b, lambda x, y: x + y), abs=1e-12, rel=0)
    squared = recursive(a, b, lambda x, y: x + y, power=2)
    assert dtw(a, b, cost="squared") == pytest.approx(np.sqrt(squared), abs=1e-12, rel=0)


def test_both_equal_published_packages() -> None:
    """similaritymeasures 1.5.0 ``frechet_dist`` and ``dtw``; dtaidistance 2.5.1 ``dtw_ndim.distance``."""
    a = np.stack([np.arange(17) * 1.5, 6 * np.sin(np.arange(17) / 3)], axis=-1)
    b = np.stack([np.arange(23) * 1.0, 5 * np.cos(np.arange(23) / 4)], axis=-1)
    assert discrete_frechet(a, b) == pytest.approx(8.657505863492451, abs=1e-9, rel=0)
    assert dtw(a, b) == pytest.approx(102.27229357038148, abs=1e-9, rel=0)
    assert dtw(a, b, cost="squared") == pytest.approx(24.311611475655564, abs=1e-9, rel=0)


@pytest.mark.parametrize("distance", [discrete_frechet, dtw])
def test_a_copy_is_at_zero_waiting_is_free_and_sides_may_swap(distance: Callable[[Floats, Floats], float]) -> None:
    a, b = walk(3), walk(4, 12)
    assert distance(a, a) == 0.0
    assert distance(np.repeat(a, 3, axis=0), a) == 0.0
    assert distance(a, b) == pytest.approx(distance(b, a), abs=1e-12, rel=0)
    assert distance(a[::-1], b[::-1]) == pytest.approx(distance(a, b), abs=1e-12, rel=0)


def test_both_are_lengths() -> None:
    a, b = walk(5), walk(6)
    for distance in (discrete_frechet, dtw):
        assert distance(3 * a, 3 * b) == pytest.approx(3 * distance(a, b), abs=0, rel=1e-12)
    assert discrete_frechet(a, a + np.array([3.0, 4.0])) == pytest.approx(5.0, abs=1e-12, rel=0)


def paths(seed: int = 7, count: int = 6, frames: int = 9) -> Floats:
    return np.cumsum(np.random.default_rng(seed).normal(size=(count, frames, 2)), axis=1)


def test_the_distance_of_paths_is_the_root_mean_square_of_each_points_distance() -> None:
    a, b = paths(8), paths(9, frames=7)
    alone = [recursive(one, other, max) for one, other in zip(a, b, strict=True)]
    found = same_point_frechet(a, b)
    assert found.value == pytest.approx(np.sqrt(np.mean(np.square(alone))), abs=1e-12, rel=0)
    assert found.tracks == 1.0


def test_many_long_paths_in_parts_give_what_they_give_at_once() -> None:
    a, b = paths(10, 300, 81), paths(11, 300, 81)
    parts = [same_point_frechet(a[n : n + 50], b[n : n + 50]).value for n in range(0, 300, 50)]
    assert same_point_frechet(a, b).value == pytest.approx(np.sqrt(np.mean(np.square(parts))), abs=1e-9, rel=0)


def test_order_place_and_turn_of_both_change_nothing() -> None:
    a, b = paths(12), paths(13)
    turn = np.array([[0.6, 0.8], [-0.8, 0.6]])
    moved = same_point_frechet(a[::-1] @ turn + 5.0, b[::-1] @ turn + 5.0)
    assert moved.value == pytest.approx(same_point_frechet(a, b).value, abs=1e-12, rel=0)


def test_the_farther_the_paths_stray_the_greater_the_distance() -> None:
    reference, stray = paths(14), np.cumsum(paths(15), axis=1)
    values = [same_point_frechet(reference + size * stray, reference).value for size in (0.0, 0.5, 1.0, 2.0)]
    assert values[0] == 0.0
    assert all(a < b for a, b in pairwise(values))  # type: ignore[operator]


def test_a_gap_is_filled_along_time_whatever_other_points_do() -> None:
    straight = np.arange(9.0)[:, None] * [1.0, 0.5] + np.array([[[0.0, 0.0]], [[50.0, 0.0]], [[0.0, 50.0]]])
    gap = straight.copy()
    gap[1, 3:6] = np.nan
    seen = np.isfinite(gap).all(axis=-1)
    found = same_point_frechet(gap, straight, visible_generated=seen)
    assert (found.value, found.tracks) == (pytest.approx(0.0, abs=1e-12), 1.0)


def test_points_seen_once_are_left_out_and_none_left_has_a_reason() -> None:
    a, seen = paths(16, 4), np.ones((4, 9), bool)
    seen[1:, 1:] = False
    found = same_point_frechet(a + np.array([3.0, 4.0]), a, visible_reference=seen)
    assert (found.value, found.tracks) == (pytest.approx(5.0, abs=1e-12), 0.25)
    for none in (same_point_frechet(a, a, visible_generated=np.zeros_like(seen)), same_point_frechet(a[:0], a[:0])):
        assert (none.value, none.tracks) == (None, 0.0)
        assert none.reason == "no point is seen in 2 frames of both videos"


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(0, 5),
    frames=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    scale=st.sampled_from([0.0, 5e-324, 1e-160, 1.0, 1e30, 1e150, 1e300]),
    hidden=st.floats(0, 1),
)
def test_no_input_gives_nan(seed: int, count: int, frames: tuple[int, int], scale: float, hidden: float) -> None:
    rng = np.random.default_rng(seed)
    a, b = (scale * rng.integers(-2, 3, (count, length, 2)).astype(float) for length in frames)
    seen, there = (rng.uniform(size=side.shape[:2]) >= hidden for side in (a, b))
    found = same_point_frechet(a, b, visible_generated=seen, visible_reference=there)
    assert (found.value is None) != (found.reason is None)
    assert found.value is None or 0 <= found.value < np.inf
    if count:
        assert 0 <= discrete_frechet(a[0], b[0]) <= dtw(a[0], b[0]) < np.inf


def test_what_they_cannot_take_raises_and_says_so() -> None:
    with pytest.raises(ValueError, match=r"a curve is \[T, D\] with T, D >= 1, got \[0, 2\]"):
        discrete_frechet(walk(1)[:0], walk(1))
    with pytest.raises(ValueError, match="a curve has a position that is not finite"):
        dtw(walk(1), np.full((3, 2), np.nan))
    with pytest.raises(ValueError, match="same number of coordinates, got 2 and 3"):
        dtw(walk(1), walk(1, coordinates=3))
    with pytest.raises(ValueError, match="cost is 'euclidean' or 'squared', got 'cubed'"):
        dtw(walk(1), walk(1), cost="cubed")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="same query points, got 6 generated and 5 reference tracks"):
        same_point_frechet(paths(), paths(count=5))
