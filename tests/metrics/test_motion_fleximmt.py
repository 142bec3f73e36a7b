"""FlexiMMT's score, to its equation and to its faults."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from motionbench.metrics.functional import motion_fidelity_fleximmt, motion_fidelity_fleximmt_objects


def walks(seed: int, count: int = 12, frames: int = 6) -> NDArray[np.float64]:
    return np.cumsum(np.random.default_rng(seed).normal(size=(count, frames, 2)), axis=1)


def naive(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    frames = min(a.shape[1], b.shape[1])
    best = []
    for g in a:
        row = []
        for r in b:
            total = 0.0
            for t in range(frames - 1):
                v, w = g[t + 1] - g[t], r[t + 1] - r[t]
                total += float(v @ w) / ((np.linalg.norm(v) + 1e-8) * (np.linalg.norm(w) + 1e-8))
            row.append(total / (frames - 1))
        best.append(max(row))
    return sum(best) / len(best)


@pytest.mark.parametrize(("count", "frames"), [(12, 6), (7, 6), (15, 9), (12, 2)])
def test_it_equals_its_equation_written_as_loops(count: int, frames: int) -> None:
    a, b = walks(1), walks(2, count, frames)
    assert motion_fidelity_fleximmt(a, b) == pytest.approx(naive(a, b), abs=1e-6, rel=0)


def test_more_tracks_than_are_compared_at_once_change_nothing_but_memory() -> None:
    a, b = walks(3, 1100, 4), walks(4, 5, 4)
    parts = [motion_fidelity_fleximmt(part, b) for part in np.split(a, 11)]
    assert motion_fidelity_fleximmt(a, b) == pytest.approx(np.mean(parts), abs=1e-6, rel=0)


def test_a_copy_of_independent_tracks_scores_one() -> None:
    assert motion_fidelity_fleximmt(walks(5), walks(5)) == pytest.approx(1.0, abs=1e-6, rel=0)


def test_a_still_video_scores_zero_and_a_reversed_pan_minus_one() -> None:
    pan = walks(6, 4, 1) + np.arange(8)[:, None] * [2.0, 1.0]
    assert motion_fidelity_fleximmt(np.repeat(pan[:, :1], 8, axis=1), pan) == 0.0
    assert motion_fidelity_fleximmt(pan[:, ::-1], pan) == pytest.approx(-1.0, abs=1e-6, rel=0)


def test_speed_is_invisible_to_it() -> None:
    a, b = walks(7), walks(8)
    assert motion_fidelity_fleximmt(0.01 * a, b) == pytest.approx(motion_fidelity_fleximmt(a, b), abs=1e-4, rel=0)


def test_objects_count_alike_whatever_their_number_of_tracks() -> None:
    objects = [(walks(9, 3), walks(10, 20)), (walks(11, 30), walks(12, 2))]
    single = [motion_fidelity_fleximmt(*pair) for pair in objects]
    assert motion_fidelity_fleximmt_objects(objects) == pytest.approx(sum(single) / 2, abs=1e-9, rel=0)


def test_missing_tracks_frames_or_objects_raise_and_say_so() -> None:
    with pytest.raises(ValueError, match=r"a track and two frames, got reference tracks \[0, 6, 2\]"):
        motion_fidelity_fleximmt(walks(1), walks(1)[:0])
    with pytest.raises(ValueError, match=r"a track and two frames, got generated tracks \[12, 1, 2\]"):
        motion_fidelity_fleximmt(walks(1)[:, :1], walks(1))
    with pytest.raises(ValueError, match="needs one object, got none"):
        motion_fidelity_fleximmt_objects([])
