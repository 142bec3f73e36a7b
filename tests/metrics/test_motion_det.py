"""DeT's score as coded, to its numbers and to its faults."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from motionbench.metrics.functional import motion_fidelity_det

WIDTH, HEIGHT = 80, 40


def walks(seed: int, count: int = 12, frames: int = 6) -> NDArray[np.float64]:
    return np.cumsum(np.random.default_rng(seed).normal(5, 1, size=(count, frames, 2)), axis=1)


def score(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return motion_fidelity_det(a, b, width=WIDTH, height=HEIGHT)


def naive(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    best = []
    for g in a / [WIDTH, HEIGHT]:
        row = []
        for r in b / [WIDTH, HEIGHT]:
            ours = [g[0], *(g[t + 1] - g[t] for t in range(len(g) - 1))]
            theirs = [r[0], *(r[t + 1] - r[t] for t in range(len(r) - 1))]
            cosines = [v @ w / (np.linalg.norm(v) * np.linalg.norm(w)) for v, w in zip(ours, theirs, strict=True)]
            row.append(float(np.mean(cosines)))
        best.append(max(row))
    return sum(best) / len(best)


@pytest.mark.parametrize(("count", "frames"), [(12, 6), (7, 6), (12, 1)])
def test_it_equals_its_equation_written_as_loops(count: int, frames: int) -> None:
    a, b = walks(1, 12, frames), walks(2, count, frames)
    assert score(a, b) == pytest.approx(naive(a, b), abs=1e-6, rel=0)


def test_the_longer_side_loses_frames_by_index_rounded_down() -> None:
    a, b = walks(3, frames=4), walks(4, frames=9)
    # 8/3 i rounded down.
    assert score(a, b) == pytest.approx(naive(a, b[:, [0, 2, 5, 8]]), abs=1e-6, rel=0)
    assert score(b, a) == pytest.approx(naive(b[:, [0, 2, 5, 8]], a), abs=1e-6, rel=0)


def test_the_place_of_the_first_point_is_rewarded_as_if_it_were_motion() -> None:
    right = np.arange(4)[:, None] * [1.0, 0.0]
    at_the_top, at_the_left = np.array([[[60.0, 0.0]]]) + right, np.array([[[0.0, 30.0]]]) + right
    assert score(at_the_top, at_the_top) == pytest.approx(1.0, abs=1e-6, rel=0)
    assert score(at_the_top, at_the_left) == pytest.approx(0.75, abs=1e-6, rel=0)


def test_angles_are_those_of_a_square_frame() -> None:
    diagonal, right = np.array([[[8.0, 4.0], [16.0, 8.0]]]), np.array([[[8.0, 4.0], [16.0, 4.0]]])
    assert score(diagonal, right) == pytest.approx((1 + 0.5**0.5) / 2, abs=1e-6, rel=0)


@pytest.mark.parametrize("side", [0, 1])
def test_a_still_step_or_a_start_in_the_corner_makes_it_nan(side: int) -> None:
    still, corner = [walks(5), walks(6)], [walks(5), walks(6)]
    still[side][3, 2] = still[side][3, 1]
    corner[side][3, 0] = 0
    assert np.isnan(score(*still))
    assert np.isnan(score(*corner))


def test_what_it_cannot_take_raises_and_says_so() -> None:
    with pytest.raises(ValueError, match="a track on both sides, got 12 and 0"):
        score(walks(7), walks(7)[:0])
    with pytest.raises(ValueError, match="width and height are positive, got 0 and 40"):
        motion_fidelity_det(walks(7), walks(7), width=0, height=40)
