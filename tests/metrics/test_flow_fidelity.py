"""FlexiMMT's flow score, on flow whose histograms are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from motionbench.metrics.functional import fleximmt_flow_fidelity

Floats = NDArray[np.float64]


def noise(seed: int, pairs: int = 3, height: int = 20, width: int = 30) -> Floats:
    return np.random.default_rng(seed).normal(size=(pairs, height, width, 2))


def constant(x: float, y: float, pairs: int = 3) -> Floats:
    return np.broadcast_to(np.array([x, y]), (pairs, 20, 30, 2))


def naive(ours: Floats, theirs: Floats) -> float:
    values = []
    for f, g in zip(ours, theirs, strict=True):
        lengths = [np.hypot(*flow.reshape(-1, 2).T) for flow in (f, g)]
        lengths = [length / (length.mean() + 1e-6) for length in lengths]
        top = max(np.quantile(length, 0.99) for length in lengths)
        angles = [np.arctan2(*flow.reshape(-1, 2).T[::-1]) for flow in (f, g)]
        pairs = []
        for sides, bins, span in ((lengths, 20, (0, top)), (angles, 18, (-np.pi, np.pi))):
            counts = [np.histogram(side, bins, span)[0] for side in sides]
            shares = [count / (count.sum() + 1e-6) for count in counts]
            pairs.append(np.sqrt(shares[0] * shares[1]).sum())
        values.append(sum(pairs) / 2)
    return float(np.mean(values))


def test_it_equals_its_definition_by_numpy_histograms() -> None:
    a, b = noise(1) + np.array([0.5, 0.0]), noise(2)
    assert fleximmt_flow_fidelity(a, b) == pytest.approx(naive(a, b), abs=1e-5, rel=0)


def test_equal_flow_scores_one_and_opposite_flow_loses_the_angles() -> None:
    assert fleximmt_flow_fidelity(noise(3), noise(3)) == pytest.approx(1.0, abs=1e-5, rel=0)
    assert fleximmt_flow_fidelity(constant(2, 1), constant(-2, -1)) == pytest.approx(0.5, abs=1e-5, rel=0)


def test_place_and_speed_are_invisible_to_it() -> None:
    a = noise(4)
    shuffled = np.random.default_rng(5).permutation(a.reshape(3, -1, 2), axis=1).reshape(a.shape)
    assert fleximmt_flow_fidelity(0.25 * shuffled, a) == pytest.approx(1.0, abs=1e-5, rel=0)


def test_still_flow_is_defined_on_either_side() -> None:
    assert fleximmt_flow_fidelity(constant(0, 0), constant(0, 0)) == pytest.approx(1.0, abs=1e-5, rel=0)
    assert 0 <= fleximmt_flow_fidelity(constant(0, 0), noise(6)) < 0.5


def test_only_flow_inside_the_masks_counts() -> None:
    a, b = noise(7), noise(7)
    inside = np.zeros((3, 20, 30), bool)
    inside[:, 5:10] = True
    b = np.where(inside[..., None], b, -9.0)
    masked = fleximmt_flow_fidelity(a, b, generated_masks=inside, reference_masks=inside)
    assert masked == pytest.approx(1.0, abs=1e-5, rel=0)
    assert fleximmt_flow_fidelity(a, b) < 0.9


def test_a_frame_with_an_empty_mask_counts_zero() -> None:
    inside = np.ones((3, 20, 30), bool)
    inside[1] = False
    assert fleximmt_flow_fidelity(noise(8), noise(8), generated_masks=inside) == pytest.approx(2 / 3, abs=1e-5, rel=0)


def test_the_longer_video_is_cut_and_sizes_may_differ() -> None:
    a, b = noise(9, 3), noise(10, 5, 11, 13)
    assert fleximmt_flow_fidelity(a, b) == fleximmt_flow_fidelity(a, b[:3])


def test_what_it_cannot_take_raises_and_says_so() -> None:
    with pytest.raises(
        ValueError, match=r"generated flow is \[T-1, H, W, 2\] with no empty axis, got \[0, 20, 30, 2\]"
    ):
        fleximmt_flow_fidelity(noise(1, 0), noise(1))
    with pytest.raises(ValueError, match="reference flow has values that are not finite"):
        fleximmt_flow_fidelity(noise(1), np.nan * noise(1))
    with pytest.raises(ValueError, match=r"reference masks are \[3, 20, 30\] like their flow, got \[4, 20, 30\]"):
        fleximmt_flow_fidelity(noise(1), noise(1), reference_masks=np.ones((4, 20, 30), bool))
