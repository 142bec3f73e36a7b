"""PCK and OKS: by hand, against loops, what each is blind to, and bodies that are not there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from motionbench.metrics.functional import COCO_KAPPA, PoseAgreement, oks, pck

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ROOT, CHEST = (0,), (1,)


def body(frames: int = 5, limbs: int = 4, seed: int = 0) -> Floats:
    """Joint 0 is the hip, joint 1 the neck 10 pixels above it, the others are limbs."""
    rng = np.random.default_rng(seed)
    hip = rng.uniform(20, 40, (1, frames, 2))
    return np.concatenate([hip, hip - [0.0, 10.0], hip + rng.uniform(-15, 15, (limbs, frames, 2))])


def scored(a: Floats, b: Floats, seen: Bools | None = None, there: Bools | None = None) -> PoseAgreement:
    return pck(a, b, root=ROOT, chest=CHEST, visible_generated=seen, visible_reference=there)


def test_a_copy_has_one_whatever_its_place_and_size() -> None:
    assert scored(body(), body()) == PoseAgreement(1.0, 25)
    assert scored(3 * body() + [100.0, -7.0], body()).value == 1.0


def test_the_threshold_is_a_share_of_the_torso() -> None:
    near, far = body(), body()
    near[2, :, 0] += 1.9
    far[2, :, 0] += 2.1
    assert scored(near, body()).value == 1.0
    assert scored(far, body()).value == 4 / 5


def test_a_joint_counts_where_the_reference_shows_it_and_is_wrong_where_the_generation_does_not() -> None:
    seen, there = np.ones((6, 5), bool), np.ones((6, 5), bool)
    seen[3, :2] = False
    there[4, :] = False
    assert scored(body(), body(), seen, there) == PoseAgreement(18 / 20, 20)
    seen[0, 4], there[0, 0] = False, False
    # Frame 0 is not counted, frame 4 is wrong: of 16 joints one limb in frame 1 and four joints in frame 4.
    assert scored(body(), body(), seen, there) == PoseAgreement(11 / 16, 16)


def test_pck_equals_its_equation_written_as_loops() -> None:
    a, b = body(9, 6, 1), body(9, 6, 1) + np.random.default_rng(2).normal(0, 1.5, (8, 9, 2))
    sides = []
    for side in (a, b):
        torso = np.median([np.linalg.norm(side[1, t] - side[0, t]) for t in range(9)])
        sides.append([[(side[j, t] - side[0, t]) / torso for t in range(9)] for j in range(8)])
    right = [np.linalg.norm(sides[0][j][t] - sides[1][j][t]) <= 0.2 for j in range(1, 8) for t in range(9)]
    assert 0 < np.mean(right) < 1
    assert scored(a, b).value == pytest.approx(np.mean(right), abs=1e-12, rel=0)


def test_oks_equals_its_equation_written_as_loops() -> None:
    rng = np.random.default_rng(3)
    a = rng.uniform(0, 64, (17, 4, 2))
    b, sizes = a + rng.normal(0, 3, a.shape), np.array([20.0, 21.0, 22.0, 25.0])
    there = rng.uniform(size=(17, 4)) > 0.3
    terms = [
        np.exp(-(np.linalg.norm(a[j, t] - b[j, t]) ** 2) / (2 * sizes[t] ** 2 * COCO_KAPPA[j] ** 2))
        for j in range(17)
        for t in range(4)
        if there[j, t]
    ]
    found = oks(a, b, scale=sizes, kappa=COCO_KAPPA, visible_reference=there)
    assert found.value == pytest.approx(np.mean(terms), abs=1e-12, rel=0)
    assert found.joints == there.sum()


def test_oks_by_hand() -> None:
    reference = np.zeros((2, 1, 2))
    generated = np.array([[[3.0, 4.0]], [[0.0, 0.0]]])
    assert oks(generated, reference, scale=10.0, kappa=0.5).value == pytest.approx((np.exp(-0.5) + 1) / 2, abs=1e-12)
    hidden = oks(generated, reference, scale=10.0, kappa=0.5, visible_generated=[[True], [False]])
    assert hidden.value == pytest.approx(np.exp(-0.5) / 2, abs=1e-12, rel=0)


def test_damage_lowers_both() -> None:
    noise = np.random.default_rng(4).normal(size=(6, 5, 2))
    sizes = (0.0, 1.0, 3.0, 9.0)
    by_pck = [scored(body() + size * noise, body()).value for size in sizes]
    by_oks = [oks(body() + size * noise, body(), scale=20.0, kappa=0.1).value for size in sizes]
    for values in (by_pck, by_oks):
        assert values == sorted(values, reverse=True)  # type: ignore[type-var]
        assert values[0] == 1.0
        assert values[-1] is not None
        assert values[-1] < 0.3


def test_the_order_of_joints_and_a_common_turn_change_nothing() -> None:
    a, b = body(seed=5), body(seed=5) + np.random.default_rng(6).normal(0, 1.5, (6, 5, 2))
    turn = np.array([[0.6, 0.8], [-0.8, 0.6]])
    turned = pck(a[::-1] @ turn + 9.0, b[::-1] @ turn + 9.0, root=[5], chest=[4])
    assert turned.value == pytest.approx(scored(a, b).value, abs=1e-12, rel=0)


def test_a_body_that_is_not_there_has_a_reason() -> None:
    nobody, flat = np.zeros((6, 5), bool), body()
    flat[1] = flat[0]
    assert scored(body(), body(), None, nobody).reason == "no joint of the reference is visible together with its root"
    assert oks(body(), body(), scale=1.0, kappa=1.0, visible_reference=nobody) == PoseAgreement(
        None, 0, "no joint of the reference is visible"
    )
    expected = "no torso is visible in the {} video, or it has no length"
    assert scored(flat, body()).reason == expected.format("generated")
    assert scored(body(), body(), nobody).reason == expected.format("generated")
    assert scored(body(), flat).reason == expected.format("reference")


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    joints=st.integers(2, 5),
    frames=st.integers(1, 4),
    scales=st.tuples(*[st.sampled_from([0.0, 5e-324, 1e-160, 1.0, 1e30, 1e300])] * 2),
    size=st.sampled_from([5e-324, 1.0, 1e300]),
    hidden=st.floats(0, 1),
)
def test_no_input_gives_nan(
    seed: int, joints: int, frames: int, scales: tuple[float, float], size: float, hidden: float
) -> None:
    rng = np.random.default_rng(seed)
    a, b = (scale * rng.integers(-2, 3, (joints, frames, 2)).astype(float) for scale in scales)
    seen, there = (rng.uniform(size=(joints, frames)) >= hidden for _ in range(2))
    for found in (
        scored(a, b, seen, there),
        oks(a, b, scale=size, kappa=size, visible_generated=seen, visible_reference=there),
    ):
        assert (found.value is None) != (found.reason is None)
        assert found.value is None or 0 <= found.value <= 1


def test_what_they_cannot_take_raises_and_says_so() -> None:
    broken = body()
    broken[2, 2] = np.nan
    with pytest.raises(ValueError, match="generated key points have a visible position that is not finite"):
        scored(broken, body())
    with pytest.raises(ValueError, match="same joints, got 6 generated and 5 reference"):
        scored(body(), body()[:5])
    with pytest.raises(ValueError, match="same number of frames, got 5 generated and 4 reference"):
        scored(body(), body(4))
    with pytest.raises(ValueError, match=r"root names joints by index from 0 to 5, got \[6\]"):
        pck(body(), body(), root=[6], chest=[1])
    with pytest.raises(ValueError, match="threshold is a number of torso lengths >= 0, got -1"):
        pck(body(), body(), root=[0], chest=[1], threshold=-1)
    with pytest.raises(ValueError, match=r"kappa is one positive number or 6 of them, got \[1.0, 0.0\]"):
        oks(body(), body(), scale=1.0, kappa=[1.0, 0.0])
