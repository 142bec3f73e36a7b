"""The properties that make the repaired score trustworthy, each on motion whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from motionbench.metrics.functional import f_score, motion_fidelity_local

WIDTH, HEIGHT, T = 512, 384, 17
DIAGONAL = float(np.hypot(WIDTH, HEIGHT))
TAU = 0.3
Floats = NDArray[np.float64]


def grid(side: int = 15) -> Floats:
    x, y = np.meshgrid(np.linspace(20, WIDTH - 20, side), np.linspace(20, HEIGHT - 20, side))
    return np.stack([x, y], axis=-1).reshape(-1, 2)


def pan(frames: int = T, dx: float = 4.0, dy: float = 1.0) -> Floats:
    return grid()[:, None] + np.arange(frames)[:, None] * np.array([dx, dy])


def swirl() -> Floats:
    """Rotation about the centre."""
    centre = np.array([WIDTH / 2, HEIGHT / 2])
    turns = 0.03 * np.arange(T)
    rotations = np.array([[np.cos(turns), -np.sin(turns)], [np.sin(turns), np.cos(turns)]])
    return np.asarray(np.einsum("ijt,nj->nti", rotations, grid() - centre) + centre)


def jittered(tracks: Floats, seed: int, amount: float = 0.02) -> Floats:
    return np.asarray(tracks + np.random.default_rng(seed).normal(0, amount, tracks.shape))


def walks(seed: int, count: int = 60, frames: int = T) -> Floats:
    """Independent random walks."""
    rng = np.random.default_rng(seed)
    start = rng.uniform((0, 0), (WIDTH, HEIGHT), (count, 2))[:, None]
    moves = rng.normal(0, 3, (count, frames - 1, 2))
    return np.asarray(np.concatenate([start, start + np.cumsum(moves, axis=1)], axis=1))


def score(generated: Floats, reference: Floats, **options: object) -> tuple[float, float, float]:
    keywords = {"diagonal": DIAGONAL, "tau": TAU, **options}
    result = motion_fidelity_local(generated, reference, **keywords)  # type: ignore[arg-type]
    assert result.precision is not None
    assert result.recall is not None
    assert result.f is not None
    return result.precision, result.recall, result.f


def naive(a: Floats, b: Floats, a_seen: NDArray[np.bool_], b_seen: NDArray[np.bool_], sigma: float) -> float:
    """The equations with loops."""
    total = weighted = 0.0
    steps = range(a.shape[1] - 1)

    def parts(xy: Floats, seen: NDArray[np.bool_]) -> tuple[float, float, float]:
        kept = [t for t in steps if seen[t] and seen[t + 1]]
        energy = sum(float(((xy[t + 1] - xy[t]) ** 2).sum()) for t in kept)
        noise = TAU**2 * len(kept)
        return energy, noise, max(energy - noise, 0) ** 0.5

    for n in range(len(a)):
        energy, noise, weight = parts(a[n], a_seen[n])
        if weight == 0:
            continue
        shared = power = 0.0
        for t in steps:
            if not (a_seen[n, t] and a_seen[n, t + 1]):
                continue
            mass, mean = 0.0, np.zeros(2)
            for m in range(len(b)):
                if b_seen[m, t] and b_seen[m, t + 1]:
                    apart = ((a[n, 0] - b[m, 0]) ** 2).sum() / (2 * (sigma * DIAGONAL) ** 2)
                    share = np.exp(-apart) * parts(b[m], b_seen[m])[2]
                    mass, mean = mass + share, mean + share * (b[m, t + 1] - b[m, t])
            if mass >= 1e-8 * DIAGONAL:
                mean = mean / mass
                shared += 2 * float((a[n, t + 1] - a[n, t]) @ mean)
                power += float(mean @ mean)
        total += weight
        weighted += weight * shared / (energy + power + noise)
    return weighted / total


def test_it_equals_the_equations_written_as_loops() -> None:
    a, b = walks(1, 12, 7), walks(2, 9, 7)
    rng = np.random.default_rng(3)
    a_seen, b_seen = rng.random(a.shape[:2]) < 0.8, rng.random(b.shape[:2]) < 0.8
    precision, recall, _ = score(a, b, sigma=0.2, visible_generated=a_seen, visible_reference=b_seen)
    assert precision == pytest.approx(naive(a, b, a_seen, b_seen, 0.2), abs=1e-12)
    assert recall == pytest.approx(naive(b, a, b_seen, a_seen, 0.2), abs=1e-12)


def test_a_perfect_transfer_with_fresh_jitter_is_near_one() -> None:
    for motion in (pan(), swirl()):
        assert min(score(jittered(motion, 1), jittered(motion, 2))) > 0.96


def test_a_reversed_pan_is_near_minus_one() -> None:
    assert score(pan()[:, ::-1] - pan()[:, -1:] + pan()[:, :1], pan())[2] < -0.97


def test_slower_motion_scores_less() -> None:
    values = [score(pan(dx=4 * speed, dy=speed), pan())[2] for speed in (1.0, 0.75, 0.5, 0.25)]
    assert values == sorted(values, reverse=True)
    assert values[2] == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("frames", [16, 24, 81])
def test_independent_tracks_are_near_zero_at_every_length(frames: int) -> None:
    assert abs(score(walks(5, 200, frames), walks(6, 200, frames))[2]) < 0.05


def test_a_frozen_generation_has_recall_and_f_zero_and_no_precision() -> None:
    frozen = np.repeat(pan()[:, :1], T, axis=1)
    for still in (frozen, jittered(frozen, 4)):
        result = motion_fidelity_local(still, pan(), diagonal=DIAGONAL, tau=TAU)
        assert (result.precision, result.recall, result.f) == (None, 0.0, 0.0)
        assert result.reason == "nothing moves in the generated video"
        assert result.moving_generated == 0.0


def test_a_still_reference_leaves_f_undefined() -> None:
    frozen = np.repeat(pan()[:, :1], T, axis=1)
    result = motion_fidelity_local(pan(), frozen, diagonal=DIAGONAL, tau=TAU)
    assert (result.recall, result.f, result.reason) == (None, None, "nothing moves in the reference video")
    assert result.precision == 0.0


def test_the_order_of_tracks_is_irrelevant() -> None:
    a, b = walks(7), walks(8)
    order = np.random.default_rng(9).permutation(len(a))
    assert score(a[order], b[order[::-1]]) == pytest.approx(score(a, b), abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 20), st.integers(2, 20))
def test_swapping_the_videos_swaps_precision_and_recall(seed: int, ours: int, theirs: int) -> None:
    a, b = walks(seed, ours), walks(seed + 1, theirs)
    forth, back = score(a, b, sigma=0.3), score(b, a, sigma=0.3)
    assert forth == pytest.approx((back[1], back[0], back[2]), abs=1e-12)


def test_duplicating_every_track_changes_nothing() -> None:
    a, b = walks(10), walks(11)
    assert score(np.repeat(a, 2, axis=0), np.repeat(b, 2, axis=0)) == pytest.approx(score(a, b), abs=1e-12)


def test_a_common_shift_rotation_or_scaling_changes_nothing() -> None:
    a, b = jittered(swirl(), 12), jittered(swirl() + walks(13, 225) * 0.2, 13)
    angle = 0.7
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    before = score(a, b)
    assert score(a + 50, b + 50) == pytest.approx(before, abs=1e-9)
    assert score(a @ turn.T, b @ turn.T) == pytest.approx(before, abs=1e-9)
    assert score(3 * a, 3 * b, diagonal=3 * DIAGONAL, tau=3 * TAU) == pytest.approx(before, abs=1e-9)


def test_a_missing_object_costs_recall_and_not_precision() -> None:
    left, right = np.array([60.0, 200.0]), np.array([450.0, 200.0])
    rng = np.random.default_rng(14)
    first, second = (centre + rng.uniform(-30, 30, (20, 2)) for centre in (left, right))
    path = 5 * np.arange(T)[:, None] * np.array([0.0, 1.0])
    both = np.concatenate([first[:, None] + path, second[:, None] - path])
    precision, recall, _ = score(both[:20], both)
    assert precision > 0.97
    assert recall == pytest.approx(0.5, abs=0.02)


def test_a_vanishing_object_costs_recall() -> None:
    seen = np.ones((225, T), bool)
    seen[:, 5:] = False
    precision, recall, _ = score(pan(), pan(), visible_generated=seen)
    assert precision > 0.97
    assert recall < 0.5


def test_hidden_positions_do_not_matter() -> None:
    seen = np.ones((225, T), bool)
    seen[::3, 8] = False
    wild = pan().copy()
    wild[::3, 8] = np.nan
    assert score(wild, pan(), visible_generated=seen) == score(pan(), pan(), visible_generated=seen)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 6), st.integers(0, 6), st.integers(1, 5), st.sampled_from([0.0, 1.0, 1e-310, 1e-160, 1e150, 1e300])
)
def test_no_input_gives_nan(ours: int, theirs: int, frames: int, size: float) -> None:
    rng = np.random.default_rng(15)
    a, b = size * rng.normal(size=(ours, frames, 2)), size * rng.normal(size=(theirs, frames, 2))
    for visible in (None, np.zeros((ours, frames), bool)):
        result = motion_fidelity_local(a, b, diagonal=DIAGONAL, tau=TAU, visible_generated=visible)
        values = [value for value in (result.precision, result.recall, result.f) if value is not None]
        assert all(-1 <= value <= 1 for value in values)
        assert (result.f is None) <= (result.reason is not None)


def test_unequal_lengths_and_bad_shapes_raise_and_say_so() -> None:
    with pytest.raises(ValueError, match="same number of frames, got 16 generated and 17 reference"):
        motion_fidelity_local(pan(16), pan(17), diagonal=DIAGONAL, tau=TAU)
    with pytest.raises(ValueError, match=r"reference tracks are \[N, T, 2\]"):
        motion_fidelity_local(pan(), pan()[0], diagonal=DIAGONAL, tau=TAU)
    with pytest.raises(ValueError, match=r"generated visibility is \[225, 17\]"):
        motion_fidelity_local(pan(), pan(), diagonal=DIAGONAL, tau=TAU, visible_generated=np.ones((225, 3)))
    with pytest.raises(ValueError, match="not finite"):
        motion_fidelity_local(pan() * np.nan, pan(), diagonal=DIAGONAL, tau=TAU)
    with pytest.raises(ValueError, match="diagonal, sigma > 0"):
        motion_fidelity_local(pan(), pan(), diagonal=0, tau=TAU)


UNIT = st.floats(-1, 1, allow_nan=False)


@given(UNIT, UNIT, UNIT)
def test_f_is_bounded_symmetric_and_never_falls_when_a_part_rises(p: float, q: float, r: float) -> None:
    low, high = sorted((p, q))
    assert -1 <= f_score(low, r) <= f_score(high, r) + 1e-15
    assert f_score(high, r) <= 1
    assert f_score(p, r) == pytest.approx(f_score(r, p), abs=1e-15)


@given(UNIT, UNIT, st.floats(-1e-6, 1e-6))
def test_f_is_continuous(p: float, r: float, step: float) -> None:
    nudged = min(1.0, max(-1.0, p + step))
    assert abs(f_score(nudged, r) - f_score(p, r)) <= 2.1e-6


@pytest.mark.parametrize(
    ("p", "r", "f"), [(1, 1, 1), (0.5, 1, 2 / 3), (0, 1, 0), (-0.2, 0.9, -0.2), (-0.2, -0.9, -0.9)]
)
def test_f_of_hand_worked_cases(p: float, r: float, f: float) -> None:
    assert f_score(p, r) == pytest.approx(f, abs=1e-15)
