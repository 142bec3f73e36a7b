"""Direction, speed and amount of motion: equations by hand, what each is blind to, and inputs without a value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from motionbench.metrics.functional import direction_cosine, dynamic_degree, speed_ratio
from motionbench.metrics.functional.motion_local import NOTHING_MOVES_GENERATED, NOTHING_MOVES_REFERENCE

Floats = NDArray[np.float64]


def line(*steps: tuple[float, float], frames: int = 9) -> Floats:
    """Tracks that each repeat one step."""
    starts = np.random.default_rng(0).uniform(0, 64, (len(steps), 1, 2))
    return np.asarray(starts + np.arange(frames)[:, None] * np.array(steps)[:, None])


def turned(xy: Floats, angle: float) -> Floats:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.asarray(xy @ np.array([[cosine, sine], [-sine, cosine]]))


def jitter(count: int, frames: int = 9, size: float = 0.1, seed: int = 1) -> Floats:
    rng = np.random.default_rng(seed)
    return np.asarray(rng.uniform(0, 64, (count, 1, 2)) + rng.normal(0, size / 2, (count, frames, 2)))


def direction(a: Floats, b: Floats, tau: float = 0.1) -> float:
    found = direction_cosine(a, b, tau=tau)
    assert found.value is not None, found.reason
    return found.value


def speed(a: Floats, b: Floats, tau: float = 0.1) -> float:
    found = speed_ratio(a, b, tau=tau)
    assert found.value is not None, found.reason
    return found.value


def amount(xy: Floats, tau: float = 0.0, subject: list[bool] | None = None) -> float:
    found = dynamic_degree(xy, diagonal=100.0, tau=tau, subject=subject)
    assert found.value is not None, found.reason
    return found.value


@pytest.mark.parametrize("angle", [0.0, 0.5, np.pi / 2, 2.5, np.pi])
def test_direction_is_the_cosine_of_the_angle_between_two_pans(angle: float) -> None:
    pan = line((1, 0), (1, 0.1))
    assert direction(turned(pan, angle), pan) == pytest.approx(np.cos(angle), abs=1e-12, rel=0)


def test_direction_weighs_tracks_by_their_motion() -> None:
    # Without noise w = 3√8 and √8: d ∝ 3·(3, 0) + 1·(0, 1), whose cosine with (1, 0) is 9/√82.
    assert direction(line((3, 0), (0, 1)), line((1, 0)), tau=0.0) == pytest.approx(9 / np.sqrt(82), abs=1e-12, rel=0)


def test_direction_is_blind_to_speed_and_speed_to_direction() -> None:
    fast, slow = line((2, 1), (2, 0)), line((1, 0.5), (1, 0))
    assert direction(slow, fast, tau=0.0) == pytest.approx(1.0, abs=1e-12, rel=0)
    assert speed(turned(slow, 2.0), fast, tau=0.0) == pytest.approx(np.log(0.5), abs=1e-12, rel=0)


def test_speed_takes_the_noise_out() -> None:
    rng = np.random.default_rng(2)
    # Steps of such positions have a root mean square of 0.4, which would turn ln 2 into 0.64.
    fast, slow = (line(*[(v, 0.0)] * 400, frames=33) + rng.normal(0, 0.2, (400, 33, 2)) for v in (2.0, 1.0))
    assert speed(fast, slow, tau=0.4) == pytest.approx(np.log(2), abs=0.01, rel=0)


def test_speed_is_the_weighted_median_of_the_tracks() -> None:
    # Weights 1, 1, 1, 4 (times √8): half of their sum is first reached by the fastest track.
    assert speed(line((1, 0), (1, 0), (1, 0), (4, 0)), line((1, 0)), tau=0.0) == pytest.approx(np.log(4), abs=1e-12)
    assert speed(line((1, 0), (1, 0), (1, 0), (2, 0)), line((1, 0)), tau=0.0) == pytest.approx(0.0, abs=1e-12)


def test_jitter_beside_a_moving_object_changes_neither_direction_nor_speed() -> None:
    crowd = np.concatenate([line((1, 0.5)), jitter(200)])
    assert direction(crowd, line((1, 0.5))) == pytest.approx(1.0, abs=1e-12, rel=0)
    assert speed(crowd, line((1, 0.5))) == pytest.approx(0.0, abs=1e-12, rel=0)


def test_the_dynamic_degree_is_the_mean_path_over_the_diagonal() -> None:
    # Eight steps of 5 and of 0 pixels at a diagonal of 100.
    assert amount(line((3, 4), (0, 0))) == pytest.approx(0.2, abs=1e-12, rel=0)


def test_the_dynamic_degree_of_a_subject_is_its_own_minus_the_background() -> None:
    tracks = line((3, 4), (1, 0), (1, 0))
    assert amount(tracks, subject=[True, False, False]) == pytest.approx(0.4 - 0.08, abs=1e-12, rel=0)
    assert amount(tracks, subject=[False, True, True]) == pytest.approx(0.08 - 0.4, abs=1e-12, rel=0)


def test_the_dynamic_degree_of_jitter_is_zero_and_grows_with_speed() -> None:
    assert amount(jitter(100), tau=0.1) == 0.0
    values = [amount(line((v, 0)), tau=0.1) for v in (0.0, 0.5, 1.0, 2.0)]
    assert values == sorted(values)
    assert values[0] == 0.0 < values[1]


def test_a_step_that_was_not_seen_counts_as_the_mean_of_the_others() -> None:
    tracks, seen = line((3, 4)), np.ones((1, 9), bool)
    seen[0, 4] = False
    tracks[0, 4] = np.nan
    found = dynamic_degree(tracks, diagonal=100.0, tau=0.0, visible=seen)
    assert found.value == pytest.approx(0.4, abs=1e-12, rel=0)


@pytest.mark.parametrize("measure", [direction, speed, lambda a, b: amount(a)])
def test_order_place_turn_and_scale_of_both_change_nothing_but_the_amount(measure: object) -> None:
    a, b = line((1, 0.5), (2, 0), (0.3, 1)), line((1, 1), (2, 0.5))
    before = measure(a, b)  # type: ignore[operator]
    moved = [turned(side[::-1] + np.array([5.0, -3.0]), 0.7) for side in (a, b)]
    assert measure(*moved) == pytest.approx(before, abs=1e-12, rel=0)  # type: ignore[operator]
    assert measure(np.repeat(a, 2, axis=0), b) == pytest.approx(before, abs=1e-12, rel=0)  # type: ignore[operator]


def test_still_videos_have_a_reason_that_names_the_side() -> None:
    moving, still = line((1, 0)), jitter(5)
    for measure in (direction_cosine, speed_ratio):
        for nothing in (still, moving[:0], moving[:, :1]):
            assert measure(nothing, moving, tau=0.1).reason == NOTHING_MOVES_GENERATED
            assert measure(moving, nothing, tau=0.1).reason == NOTHING_MOVES_REFERENCE
    hidden = dynamic_degree(moving, diagonal=100.0, tau=0.1, visible=np.zeros((1, 9), bool))
    assert (hidden.value, hidden.reason) == (None, "no track is visible in two frames running")
    lone = dynamic_degree(moving, diagonal=100.0, tau=0.1, subject=[True])
    assert (lone.value, lone.reason) == (
        None,
        "no track is visible in two frames running on the subject, or none on the background",
    )


def test_motion_that_cancels_or_returns_has_no_direction() -> None:
    circle = np.stack([np.cos(np.linspace(0, 2 * np.pi, 9)), np.sin(np.linspace(0, 2 * np.pi, 9))], axis=-1)[None]
    crossing = line((1, 0), (-1, 0))
    for sides, name in (((circle, line((1, 0))), "generated"), ((line((1, 0)), crossing), "reference")):
        found = direction_cosine(*sides, tau=0.0)
        assert found.value is None
        assert found.reason == f"the displacements of the {name} video cancel or return: it has no one direction"


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    counts=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    frames=st.integers(1, 5),
    scale=st.sampled_from([0.0, 5e-324, 1e-160, 1.0, 1e30, 1e150, 1e300]),
    tau=st.sampled_from([0.0, 5e-324, 0.1, 1e300]),
    hidden=st.floats(0, 1),
)
def test_no_input_gives_nan(
    seed: int, counts: tuple[int, int], frames: int, scale: float, tau: float, hidden: float
) -> None:
    rng = np.random.default_rng(seed)
    a, b = (scale * rng.integers(-2, 3, (count, frames, 2)).astype(float) for count in counts)
    seen, there = (rng.uniform(size=side.shape[:2]) >= hidden for side in (a, b))
    found = [
        direction_cosine(a, b, tau=tau, visible_generated=seen, visible_reference=there),
        speed_ratio(a, b, tau=tau, visible_generated=seen, visible_reference=there),
        dynamic_degree(a, diagonal=100.0, tau=tau, visible=seen),
        dynamic_degree(a, diagonal=100.0, tau=tau, visible=seen, subject=np.arange(len(a)) % 2 == 0),
    ]
    for one in found:
        assert (one.value is None) != (one.reason is None)
        assert one.value is None or np.isfinite(one.value)


def test_what_it_cannot_take_raises_and_says_so() -> None:
    broken = line((1, 0))
    broken[0, 3] = np.inf
    with pytest.raises(ValueError, match="reference tracks have a visible position that is not finite"):
        speed_ratio(line((1, 0)), broken, tau=0.1)
    with pytest.raises(ValueError, match="tau is a number of pixels >= 0, got -1"):
        direction_cosine(line((1, 0)), line((1, 0)), tau=-1)
    with pytest.raises(ValueError, match=r"least_net is a share in \[0, 1\), got 1"):
        direction_cosine(line((1, 0)), line((1, 0)), tau=0, least_net=1)
    with pytest.raises(ValueError, match="diagonal is a positive number of pixels, got 0"):
        dynamic_degree(line((1, 0)), diagonal=0, tau=0)
    with pytest.raises(ValueError, match=r"subject is \[1\] like the tracks, got \[2\]"):
        dynamic_degree(line((1, 0)), diagonal=1, tau=0, subject=[True, False])
