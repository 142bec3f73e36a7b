"""The printed two-sided form: its equation, its two halves, and where it is undefined."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from motionbench.metrics.functional import SymmetricFidelity, motion_fidelity_symmetric
from motionbench.metrics.functional.motion_local import NOTHING_MOVES_GENERATED, NOTHING_MOVES_REFERENCE

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def walks(seed: int, count: int = 12, frames: int = 6) -> Floats:
    return np.cumsum(np.random.default_rng(seed).normal(size=(count, frames, 2)), axis=1)


def score(a: Floats, b: Floats, seen: Bools | None = None, there: Bools | None = None) -> SymmetricFidelity:
    return motion_fidelity_symmetric(a, b, least_displacement=0.0, visible_generated=seen, visible_reference=there)


def naive_half(a: Floats, b: Floats, seen: Bools, there: Bools) -> float:
    best = []
    for g, gs in zip(a, seen, strict=True):
        own = [k for k in range(len(g) - 1) if gs[k] and gs[k + 1]]
        row = []
        for r, rs in zip(b, there, strict=True):
            shared = [k for k in own if rs[k] and rs[k + 1]]
            moves = [(g[k + 1] - g[k], r[k + 1] - r[k]) for k in shared]
            row.append(sum(v @ w / (np.linalg.norm(v) * np.linalg.norm(w)) for v, w in moves) / len(own))
        best.append(max(row))
    return float(np.mean(best))


@pytest.mark.parametrize("hidden", [0.0, 0.2])
def test_it_equals_its_equation_written_as_loops(hidden: float) -> None:
    a, b = walks(1, 9, 12), walks(2, 7, 12)
    rng = np.random.default_rng(3)
    seen, there = rng.uniform(size=(9, 12)) >= hidden, rng.uniform(size=(7, 12)) >= hidden
    ours = score(a, b, seen, there)
    forth, back = naive_half(a, b, seen, there), naive_half(b, a, there, seen)
    expected = {"value": (forth + back) / 2, "from_generated": forth, "from_reference": back}
    assert {name: getattr(ours, name) for name in expected} == pytest.approx(expected, abs=1e-6, rel=0)


def test_many_tracks_in_parts_give_what_they_give_at_once() -> None:
    a, b = walks(4, 1100, 4), walks(5, 5, 4)
    parts = [score(part, b) for part in np.split(a, 11)]
    whole = score(a, b)
    assert whole.from_generated == pytest.approx(np.mean([part.from_generated for part in parts]), abs=1e-9, rel=0)
    single = [[score(a[i : i + 100], b[m : m + 1]).from_reference for m in range(5)] for i in range(0, 1100, 100)]
    assert whole.from_reference == pytest.approx(np.max(single, axis=0).mean(), abs=1e-9, rel=0)


def test_swapping_the_videos_swaps_the_halves() -> None:
    one, other = score(walks(6), walks(7)), score(walks(7), walks(6))
    assert one.from_generated == pytest.approx(other.from_reference, abs=1e-12, rel=0)
    assert one.value == pytest.approx(other.value, abs=1e-12, rel=0)


def test_a_copy_scores_one_and_a_reversed_pan_minus_one() -> None:
    pan = walks(8, 4, 1) + np.arange(8)[:, None] * [2.0, 1.0]
    assert score(walks(8), walks(8)).value == pytest.approx(1.0, abs=1e-6, rel=0)
    assert score(pan[:, ::-1], pan).value == pytest.approx(-1.0, abs=1e-6, rel=0)


def test_motion_that_is_missing_from_the_generation_costs_the_second_half() -> None:
    frames = np.arange(8)[:, None]
    both = np.stack([frames * [1.0, 0.0], frames * [-1.0, 0.0] + 20])
    ours = score(both[:1], both)
    assert ours.from_generated == pytest.approx(1.0, abs=1e-6, rel=0)
    assert ours.from_reference == pytest.approx(0.0, abs=1e-6, rel=0)


def test_the_gate_leaves_jitter_out_of_both_sides() -> None:
    rng = np.random.default_rng(9)
    moving = np.arange(8)[:, None] * [1.0, 0.0] + np.zeros((2, 1, 2))
    jitter = rng.normal(0, 0.05, (6, 8, 2))
    ours = motion_fidelity_symmetric(np.concatenate([moving, jitter]), moving, least_displacement=1.0)
    assert ours.value == pytest.approx(1.0, abs=1e-6, rel=0)
    assert (ours.moving_generated, ours.moving_reference) == (0.25, 1.0)


def test_a_partner_that_was_seen_once_is_no_match() -> None:
    a = walks(10, 1, 9)
    there = np.zeros((1, 9), bool)
    there[0, :2] = True
    ours = score(a, a, None, there)
    assert ours.from_generated == pytest.approx(1 / 8, abs=1e-6, rel=0)
    assert ours.from_reference == pytest.approx(1.0, abs=1e-6, rel=0)


def test_still_videos_have_a_reason() -> None:
    moving, still = walks(11), np.zeros((5, 6, 2))
    assert asdict(score(still, moving)) == {
        "value": 0.0,
        "from_generated": None,
        "from_reference": 0.0,
        "moving_generated": 0.0,
        "moving_reference": 1.0,
        "reason": NOTHING_MOVES_GENERATED,
    }
    for generated in (moving, still, moving[:0]):
        ours = score(generated, still)
        assert (ours.value, ours.reason) == (None, NOTHING_MOVES_REFERENCE)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    counts=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    frames=st.integers(1, 5),
    scale=st.sampled_from([0.0, 5e-324, 1e-160, 1.0, 1e150, 1e300]),
    hidden=st.floats(0, 1),
    epsilon=st.sampled_from([0.0, 1e-8]),
)
def test_no_input_gives_nan(
    seed: int, counts: tuple[int, int], frames: int, scale: float, hidden: float, epsilon: float
) -> None:
    rng = np.random.default_rng(seed)
    sides = [scale * rng.integers(-2, 3, (count, frames, 2)).astype(float) for count in counts]
    seen = [rng.uniform(size=side.shape[:2]) >= hidden for side in sides]
    ours = motion_fidelity_symmetric(
        *sides, least_displacement=0.0, epsilon=epsilon, visible_generated=seen[0], visible_reference=seen[1]
    )
    assert (ours.value is None) <= (ours.reason is not None)
    for value in (ours.value, ours.from_generated, ours.from_reference):
        assert value is None or -1 <= value <= 1


def test_what_it_cannot_take_raises_and_says_so() -> None:
    broken = walks(12)
    broken[2, 3] = np.nan
    hidden = np.isfinite(broken).all(axis=-1)
    with pytest.raises(ValueError, match="reference tracks have a visible position that is not finite"):
        score(walks(13), broken)
    assert score(walks(13), broken, None, hidden).value is not None
    with pytest.raises(ValueError, match="least_displacement, epsilon >= 0, got -1 and 1e-08"):
        motion_fidelity_symmetric(walks(1), walks(1), least_displacement=-1)
    with pytest.raises(ValueError, match="same number of frames, got 6 generated and 5 reference"):
        score(walks(1), walks(1, frames=5))
