"""What must hold of every function of tracks, whatever the tracks."""

from __future__ import annotations

import dataclasses
import inspect
import math
import re
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from motionbench.metrics import functional
from motionbench.metrics.functional import best_match, curves, motion_ivebench, motion_local, motion_symmetric

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Pair = Callable[[Floats, Floats], float | None]
SIZE, TAU = 64.0, 0.1
SEEDS = st.integers(0, 10_000)


def agreement(a: Floats, b: Floats, sigma: float = 0.3, scale: float = 1.0) -> functional.LocalFidelity:
    """A wide neighbourhood unless told: a lone track just within reach of a few others stands at the cut-off."""
    return functional.motion_fidelity_local(a, b, diagonal=SIZE * scale, tau=TAU * scale, sigma=sigma)


def walks(seed: int, count: int, frames: int = 8) -> Floats:
    rng = np.random.default_rng(seed)
    start = rng.uniform(0, SIZE, (count, 1, 2))
    return np.asarray(start + np.cumsum(rng.normal(0.5, 1.0, (count, frames, 2)), axis=1))


def same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-6) or (math.isnan(one) and math.isnan(other))


PAIRS: dict[str, Pair] = {
    "local": lambda a, b: agreement(a, b).f,
    "fleximmt": functional.motion_fidelity_fleximmt,
    "det": lambda a, b: functional.motion_fidelity_det(a, b, width=SIZE, height=SIZE),
    "ivebench": functional.motion_fidelity_ivebench,
    "symmetric": lambda a, b: functional.motion_fidelity_symmetric(a, b, least_displacement=TAU).value,
    "direction": lambda a, b: functional.direction_cosine(a, b, tau=TAU, least_net=0.0).value,
    "speed_ratio": lambda a, b: functional.speed_ratio(a, b, tau=TAU).value,
    "dynamic_degree": lambda a, b: functional.dynamic_degree(a, diagonal=SIZE, tau=TAU).value,
}
"""Scores of two sets of tracks of any number."""
POINTWISE: dict[str, Pair] = {
    "dmt": functional.motion_fidelity_dmt,
    "frechet": lambda a, b: functional.same_point_frechet(a, b).value,
    "pck": lambda a, b: functional.pck(a, b, root=[0], chest=[1]).value,
    "oks": lambda a, b: functional.oks(a, b, scale=SIZE, kappa=0.1).value,
    "tap_vid": lambda a, b: functional.tap_vid(a, b, size=(64, 64)).average_jaccard,
    "tracker_error": lambda a, b: functional.tracker_error(a, b).median,
}
"""Scores that know which track of one side belongs to which of the other."""
RIGID = ("local", "fleximmt", "symmetric", "direction", "speed_ratio", "dynamic_degree")


@pytest.mark.parametrize("name", PAIRS)
@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, ours=st.integers(3, 12), theirs=st.integers(3, 12))
def test_the_order_of_tracks_is_irrelevant(name: str, seed: int, ours: int, theirs: int) -> None:
    a, b = walks(seed, ours), walks(seed + 1, theirs)
    rng = np.random.default_rng(seed)
    assert same(PAIRS[name](a, b), PAIRS[name](rng.permutation(a), rng.permutation(b)))


@pytest.mark.parametrize("name", [name for name in POINTWISE if name != "pck"])
@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, count=st.integers(2, 12))
def test_where_tracks_belong_together_a_common_order_is_irrelevant(name: str, seed: int, count: int) -> None:
    a, b = walks(seed, count), walks(seed + 1, count)
    order = np.random.default_rng(seed).permutation(count)
    assert same(POINTWISE[name](a, b), POINTWISE[name](a[order], b[order]))


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, ours=st.integers(1, 12), theirs=st.integers(1, 12))
def test_swapping_the_videos_swaps_precision_and_recall(seed: int, ours: int, theirs: int) -> None:
    a, b = walks(seed, ours), walks(seed + 1, theirs)
    forth, back = agreement(a, b), agreement(b, a)
    assert (forth.precision, forth.recall) == pytest.approx((back.recall, back.precision), abs=1e-9, rel=0)
    one, other = (functional.motion_fidelity_symmetric(*pair, least_displacement=TAU) for pair in ((a, b), (b, a)))
    assert (one.from_generated, one.from_reference) == pytest.approx(
        (other.from_reference, other.from_generated), abs=1e-9, rel=0
    )


@pytest.mark.parametrize("name", ["local", "ivebench", "symmetric", "direction", "frechet", "oks"])
@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, count=st.integers(2, 12))
def test_a_two_sided_score_does_not_know_which_video_is_which(name: str, seed: int, count: int) -> None:
    score = (PAIRS | POINTWISE)[name]
    a, b = walks(seed, count), walks(seed + 1, count)
    assert same(score(a, b), score(b, a))


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_swapping_the_videos_turns_the_sign_of_the_speed_ratio(seed: int) -> None:
    a, b = walks(seed, 7), 3 * walks(seed + 1, 9)
    forth, back = PAIRS["speed_ratio"](a, b), PAIRS["speed_ratio"](b, a)
    assert forth is not None
    assert back == pytest.approx(-forth, abs=1e-9, rel=0)


@pytest.mark.parametrize("name", [*RIGID, "frechet", "oks", "tracker_error"])
@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, turn=st.floats(-3, 3), shift=st.floats(-50, 50))
def test_a_rigid_motion_of_both_videos_changes_nothing(name: str, seed: int, turn: float, shift: float) -> None:
    score = (PAIRS | POINTWISE)[name]
    a, b = walks(seed, 8), walks(seed + 1, 8)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    # float32 inside of the published forms: what a shift by 50 pixels rounds away.
    found = [score(a, b), score(a @ rotation.T + shift, b @ rotation.T + shift)]
    assert found[1] == pytest.approx(found[0], abs=1e-4 if name == "fleximmt" else 1e-6, rel=0)


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, scale=st.floats(1e-3, 1e3))
def test_the_local_score_has_no_unit_of_length(seed: int, scale: float) -> None:
    a, b = walks(seed, 8), walks(seed + 1, 9)
    assert same(agreement(a, b).f, agreement(a * scale, b * scale, scale=scale).f)


@pytest.mark.parametrize("name", [*RIGID, "frechet", "oks", "tracker_error"])
@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, times=st.integers(2, 3))
def test_tracking_every_point_again_changes_nothing(name: str, seed: int, times: int) -> None:
    score = (PAIRS | POINTWISE)[name]
    a, b = walks(seed, 7), walks(seed + 1, 7)
    assert same(score(a, b), score(np.repeat(a, times, axis=0), np.repeat(b, times, axis=0)))


@pytest.mark.parametrize("frames", [5, 16, 24, 49, 81])
def test_unrelated_motion_scores_zero_at_every_length_and_the_published_maximum_does_not(frames: int) -> None:
    rng = np.random.default_rng(frames)
    start = rng.uniform(0, SIZE, (2, 400, 1, 2))
    a, b = start + np.cumsum(rng.normal(0, 1, (2, 400, frames, 2)), axis=2)
    found = agreement(a, b, sigma=0.05)
    assert (found.precision, found.recall, found.f) == pytest.approx((0, 0, 0), abs=0.05, rel=0)
    assert functional.motion_fidelity_fleximmt(a, b) > 0.15


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, trembling=st.floats(0, 0.1))
def test_a_still_generation_scores_zero_locally_with_and_without_jitter(seed: int, trembling: float) -> None:
    reference = walks(seed, 8)
    jitter = np.random.default_rng(seed).normal(0, trembling * TAU, reference.shape)
    found = agreement(np.repeat(reference[:, :1], 8, axis=1) + jitter, reference)
    assert (found.precision, found.recall, found.f) == (None, 0, 0)


@pytest.mark.parametrize(
    ("module", "limit", "score"),
    [
        (motion_local, "_ROWS", PAIRS["local"]),
        (motion_symmetric, "ROWS", PAIRS["symmetric"]),
        (best_match, "ROWS", PAIRS["fleximmt"]),
        (best_match, "ROWS", PAIRS["det"]),
        (motion_ivebench, "_CELLS", PAIRS["ivebench"]),
        (curves, "_CELLS", POINTWISE["frechet"]),
    ],
    ids=["local", "symmetric", "fleximmt", "det", "ivebench", "frechet"],
)
@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, count=st.integers(2, 12), at_once=st.integers(1, 300))
def test_work_in_portions_gives_what_work_at_once_gives(
    module: ModuleType, limit: str, score: Pair, seed: int, count: int, at_once: int
) -> None:
    a, b = walks(seed, count), walks(seed + 1, count)
    whole = score(a, b)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, limit, at_once if limit == "_CELLS" else 1 + at_once % count)
        assert same(score(a, b), whole)


Anything = Callable[[Floats, Floats, Bools, Bools], object]


def camera(a: Floats, b: Floats, p: Bools, q: Bools) -> tuple[functional.CameraFit, functional.CameraFit]:
    return functional.fit_camera(a, tolerance=1.0, seed=0, visible=p), functional.fit_camera(
        b, tolerance=1.0, seed=0, visible=q
    )


EVERYTHING: dict[str, Anything] = {
    "motion_fidelity_local": lambda a, b, p, q: functional.motion_fidelity_local(
        a, b, diagonal=SIZE, tau=TAU, visible_generated=p, visible_reference=q
    ),
    "motion_fidelity_dmt": lambda a, b, p, q: functional.motion_fidelity_dmt(a, b),
    "motion_fidelity_fleximmt": lambda a, b, p, q: functional.motion_fidelity_fleximmt(a, b),
    "motion_fidelity_fleximmt_objects": lambda a, b, p, q: functional.motion_fidelity_fleximmt_objects([(a, b)]),
    "motion_fidelity_det": lambda a, b, p, q: functional.motion_fidelity_det(a, b, width=SIZE, height=SIZE),
    "motion_fidelity_ivebench": lambda a, b, p, q: functional.motion_fidelity_ivebench(
        a, b, visible_generated=p, visible_reference=q
    ),
    "motion_fidelity_symmetric": lambda a, b, p, q: functional.motion_fidelity_symmetric(
        a, b, least_displacement=0.0, epsilon=0.0, visible_generated=p, visible_reference=q
    ),
    "direction_cosine": lambda a, b, p, q: functional.direction_cosine(
        a, b, tau=0.0, visible_generated=p, visible_reference=q
    ),
    "speed_ratio": lambda a, b, p, q: functional.speed_ratio(a, b, tau=0.0, visible_generated=p, visible_reference=q),
    "dynamic_degree": lambda a, b, p, q: functional.dynamic_degree(a, diagonal=SIZE, tau=TAU, visible=p),
    "same_point_frechet": lambda a, b, p, q: functional.same_point_frechet(
        a, b, visible_generated=p, visible_reference=q
    ),
    "fit_camera": camera,
    "camera_path_error": lambda a, b, p, q: functional.camera_path_error(*camera(a, b, p, q), width=SIZE, height=SIZE),
    "subject_residual": lambda a, b, p, q: functional.subject_residual(a, camera(a, b, p, q)[0], visible=p),
    "pck": lambda a, b, p, q: functional.pck(a, b, root=[0], chest=[1], visible_generated=p, visible_reference=q),
    "oks": lambda a, b, p, q: functional.oks(a, b, scale=SIZE, kappa=0.1, visible_generated=p, visible_reference=q),
    "tap_vid": lambda a, b, p, q: functional.tap_vid(a, b, size=(64, 64), visible=p, exact_visible=q),
    "tracker_error": lambda a, b, p, q: functional.tracker_error(a, b, visible=p, exact_visible=q),
}
SCRIPTS = ("motion_fidelity_dmt", "motion_fidelity_det")
"""NaN where the published code divides 0 by 0."""
OURS_TO_SAY = re.compile(r"\b(tracks?|joints|key points?|frames)\b")
"""In each of our messages; a library's own does not name the argument."""


def numbers(found: object) -> list[float]:
    """All numbers in a result, however it is built."""
    if found is None or isinstance(found, str):
        return []
    if isinstance(found, np.ndarray | float | int):
        return [float(number) for number in np.ravel(found)]
    if dataclasses.is_dataclass(found):
        return [number for field in dataclasses.fields(found) for number in numbers(getattr(found, field.name))]
    assert isinstance(found, tuple)
    return [number for part in found for number in numbers(part)]


def attempt(function: Anything, a: Floats, b: Floats, p: Bools, q: Bools) -> tuple[list[float], str | None]:
    """The numbers in a result; or none and the refusal."""
    try:
        return numbers(function(a, b, p, q)), None
    except ValueError as error:
        return [], str(error)


def test_every_function_of_tracks_is_tried_here() -> None:
    functions = {name: getattr(functional, name) for name in functional.__all__}
    takes_tracks = {
        name
        for name, function in functions.items()
        if inspect.isfunction(function) and re.search(r"\[[NJ], T, 2\]", function.__doc__ or "")
    }
    assert takes_tracks <= set(EVERYTHING)


EXTREMES = st.sampled_from([0.0, 5e-324, 1e-300, 1e-40, 1e-25, 1e-12, 1.0, 1e12, 1e18, 1e30, 1e36, 1e100, 1e200, 1e300])
"""Denormal and huge, for float32 and float64."""


@pytest.mark.parametrize("name", EVERYTHING)
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1_000),
    counts=st.tuples(st.integers(0, 5), st.integers(0, 5)) | st.integers(2, 5).map(lambda count: (count, count)),
    frames=st.integers(1, 6),
    sizes=st.tuples(EXTREMES, EXTREMES),
    still=st.booleans(),
    seen=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_no_input_gives_nan_or_infinity(
    name: str, seed: int, counts: tuple[int, int], frames: int, sizes: tuple[float, float], still: bool, seen: float
) -> None:
    a, b = (size * walks(seed + count, count, frames) for size, count in zip(sizes, counts, strict=True))
    if still:
        a[:] = a[:, :1]
    rng = np.random.default_rng(seed)
    shown = rng.random(a.shape[:2]) < seen, rng.random(b.shape[:2]) < max(seen, 0.5)
    with np.errstate(all="ignore"):
        found, refusal = attempt(EVERYTHING[name], a, b, *shown)
    assert refusal is None or OURS_TO_SAY.search(refusal)
    assert not any(math.isinf(number) for number in found)
    assert name in SCRIPTS or not any(math.isnan(number) for number in found)


@pytest.mark.parametrize("name", ["motion_fidelity_fleximmt", "motion_fidelity_ivebench"])
def test_a_position_that_is_not_finite_raises_where_no_visibility_excuses_it(name: str) -> None:
    a, all_seen = walks(0, 3), np.ones((3, 8), bool)
    broken = a.copy()
    broken[0, 0] = np.nan
    with pytest.raises(ValueError, match=r"generated tracks have a (visible )?position that is not finite"):
        EVERYTHING[name](broken, a, all_seen, all_seen)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_published_scripts_give_nan_for_one_still_step_and_never_infinity(name: str) -> None:
    a, all_seen = walks(0, 3), np.ones((3, 8), bool)
    still, vanishing = a.copy(), 1e-30 * a
    still[0, 1] = still[0, 0]
    for generated, reference in ((still, a), (a, still), (vanishing, a), (vanishing, vanishing)):
        assert numbers(EVERYTHING[name](generated, reference, all_seen, all_seen)) == pytest.approx(
            [math.nan], nan_ok=True
        )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1_000), frames=st.integers(1, 4), size=EXTREMES)
def test_nothing_visible_is_a_reason_and_never_a_number(seed: int, frames: int, size: float) -> None:
    a, b = size * walks(seed, 3, frames), walks(seed + 1, 3, frames)
    hidden, all_seen = np.zeros((3, frames), bool), np.ones((3, frames), bool)
    found = functional.motion_fidelity_local(
        a, b, diagonal=SIZE, tau=TAU, visible_generated=all_seen, visible_reference=hidden
    )
    assert found.f is None
    assert found.reason
    amount = functional.dynamic_degree(a, diagonal=SIZE, tau=TAU, visible=hidden)
    assert amount.value is None
    assert amount.reason


@pytest.mark.parametrize("name", ["motion_fidelity_local", "motion_fidelity_dmt", "motion_fidelity_symmetric"])
def test_unequal_lengths_raise_and_say_what_to_do(name: str) -> None:
    a, b = walks(0, 3, 8), walks(1, 3, 9)
    with pytest.raises(ValueError, match=r"same number of frames, got 8 .* 9 .*; resample one of them by time first"):
        EVERYTHING[name](a, b, np.ones((3, 8), bool), np.ones((3, 9), bool))
