"""IVEBench's score, to its code's steps written as loops and to its faults."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray

from motionbench.metrics.functional import motion_fidelity_ivebench

Floats = NDArray[np.float64]


def walks(seed: int, count: int = 5, frames: int = 8) -> Floats:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 40, (count, 1, 2)) + np.cumsum(rng.normal(1, 3, size=(count, frames, 2)), axis=1)


def naive_similarity(p: Floats, q: Floats) -> float:
    span = np.mean([np.linalg.norm(path.max(axis=0) - path.min(axis=0)) for path in (p, q)])
    span = span if span >= 1e-6 else 1.0
    total = 0.0
    for t in range(len(p)):
        u = max(t, 1)
        velocity = (p[u] - p[u - 1]) - (q[u] - q[u - 1])
        total += 0.7 / (1 + np.linalg.norm(p[t] - q[t]) / span) + 0.3 / (1 + np.linalg.norm(velocity) / span)
    return float(total / len(p))


def naive(a: Floats, b: Floats) -> float:
    similarity = np.array([[naive_similarity(p, q) for q in b] for p in a])
    if len(a) > len(b):
        similarity = similarity.T
    rows = range(len(similarity))
    best = max(permutations(range(similarity.shape[1]), len(similarity)), key=lambda c: similarity[rows, c].sum())
    kept = [value for value in similarity[rows, best] if value > 0.3]
    return float(np.mean(kept)) if kept else 0.0


@pytest.mark.parametrize(("n", "m"), [(5, 5), (3, 6), (6, 4)])
def test_it_equals_its_definition_over_all_assignments(n: int, m: int) -> None:
    a, b = walks(1, n), walks(2, m)
    assert motion_fidelity_ivebench(a, b) == pytest.approx(naive(a, b), abs=1e-9, rel=0)


def test_pairs_in_parts_give_what_they_give_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = walks(3), walks(4)
    whole = motion_fidelity_ivebench(a, b)
    monkeypatch.setattr("motionbench.metrics.functional.motion_ivebench._CELLS", 50)
    assert motion_fidelity_ivebench(a, b) == pytest.approx(whole, abs=1e-12, rel=0)


def test_a_copy_scores_one_in_any_order_and_swapping_the_videos_changes_nothing() -> None:
    a, b = walks(5), walks(6)
    assert motion_fidelity_ivebench(a[::-1], a) == pytest.approx(1.0, abs=1e-12, rel=0)
    assert motion_fidelity_ivebench(a, b) == pytest.approx(motion_fidelity_ivebench(b, a), abs=1e-12, rel=0)


def test_a_path_is_stretched_over_its_visible_positions() -> None:
    a = walks(7, 1, 6)
    padded = np.concatenate([a, np.full((1, 5, 2), np.nan)], axis=1)
    seen = np.isfinite(padded).all(axis=-1)
    assert motion_fidelity_ivebench(padded, a, visible_generated=seen) == pytest.approx(1.0, abs=1e-12, rel=0)


def test_a_track_seen_in_two_frames_counts_and_one_seen_in_one_does_not() -> None:
    line = np.arange(8)[:, None] * [3.0, 0.0] + np.zeros((2, 1, 2))
    seen = np.zeros((2, 8), bool)
    seen[0, [0, 7]] = True
    seen[1, 0] = True
    assert motion_fidelity_ivebench(line, line[:1], visible_generated=seen) == pytest.approx(1.0, abs=1e-12, rel=0)
    assert motion_fidelity_ivebench(line[1:], line[:1], visible_generated=seen[1:]) == 0.0


def test_a_bad_pair_is_dropped_before_the_mean() -> None:
    a = walks(8, 2)
    far = a.copy()
    far[1] += 1e4
    far[1] = far[1, ::-1]
    assert motion_fidelity_ivebench(far, a) == pytest.approx(1.0, abs=1e-12, rel=0)
    assert motion_fidelity_ivebench(far[1:], a[1:]) == 0.0


def test_standing_still_in_the_right_place_scores_high() -> None:
    a = walks(9)
    assert motion_fidelity_ivebench(np.repeat(a.mean(axis=1, keepdims=True), 8, axis=1), a) > 0.6


def test_short_videos_have_nothing_to_compare() -> None:
    assert motion_fidelity_ivebench(walks(10, frames=4), walks(10)) == 0.0
    assert motion_fidelity_ivebench(walks(10, frames=5), walks(10, frames=5)) == pytest.approx(1.0, abs=1e-12, rel=0)


def test_what_it_cannot_take_raises_and_says_so() -> None:
    broken = walks(11)
    broken[0, 0] = np.inf
    with pytest.raises(ValueError, match="generated tracks have a visible position that is not finite"):
        motion_fidelity_ivebench(broken, walks(11))
    with pytest.raises(ValueError, match=r"reference visibility is \[5, 8\]"):
        motion_fidelity_ivebench(walks(11), walks(11), visible_reference=np.ones((5, 7), bool))
