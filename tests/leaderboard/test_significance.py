"""Sign flips against scipy and by hand, Holm's correction, and what so many references can show."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from motionbench.leaderboard import significance
from motionbench.leaderboard.significance import holm, minimum_detectable_effect, sign_flip

GENERATOR = np.random.default_rng


def scipys(values: np.ndarray, draws: float) -> float:
    found = stats.permutation_test((values,), np.mean, permutation_type="samples", n_resamples=draws, rng=GENERATOR(9))
    return float(found.pvalue)


@pytest.mark.parametrize("count", [3, 8, 11])
def test_few_references_have_the_exact_p_value_which_is_scipys(count: int) -> None:
    values = GENERATOR(count).normal(0.5, 1.0, count)
    assert sign_flip(values) == pytest.approx(scipys(values, np.inf), rel=0, abs=1e-12)


def test_many_references_have_scipys_p_value_up_to_the_noise_of_the_draws() -> None:
    values = GENERATOR(1).normal(0.4, 1.0, 30)
    theirs = scipys(values, 9_999)
    assert sign_flip(values) == pytest.approx(theirs, rel=0, abs=5 * np.sqrt(2 * theirs / 10_000))


def test_by_hand_all_alike_signs_are_the_most_extreme_two() -> None:
    assert sign_flip([1.0, 2.0, 4.0]) == 2 / 8
    assert sign_flip([1.0, 2.0, -4.0]) == sum(abs(a + 2 * b - 4 * c) >= 1 for a, b, c in SIGNS) / 8


SIGNS = tuple(itertools.product((1, -1), repeat=3))


def test_the_sign_and_the_unit_of_differences_change_no_p_value() -> None:
    values = GENERATOR(2).normal(0.3, 1.0, 20)
    assert sign_flip(-values) == sign_flip(values) == sign_flip(1e-6 * values)


def test_differences_that_are_all_zero_show_nothing() -> None:
    assert sign_flip([0.0] * 9) == 1.0


def test_no_difference_is_no_test() -> None:
    with pytest.raises(ValueError, match="at least one reference"):
        sign_flip([])


def test_true_null_hypotheses_are_rejected_as_often_as_the_level_says() -> None:
    generator = GENERATOR(4)
    rejected = sum(sign_flip(generator.normal(0.0, 1.0, 10)) <= 0.05 for _ in range(1000))
    assert 30 <= rejected <= 70


def test_holm_by_hand_keeps_the_order_given_and_is_monotone() -> None:
    assert holm((0.01, 0.04, 0.03, 0.005)) == pytest.approx((0.03, 0.06, 0.06, 0.02), rel=0, abs=1e-12)
    assert holm((0.6, 0.9)) == (1.0, 1.0)
    assert holm(()) == ()


def test_holm_lies_between_no_correction_and_bonferronis() -> None:
    values = GENERATOR(5).uniform(0, 0.2, 7)
    adjusted = np.array(holm(tuple(values)))
    assert np.all(adjusted >= values)
    assert np.all(adjusted <= np.minimum(1, 7 * values) + 1e-12)
    # Benjamini and Hochberg control less, so theirs are never above Holm's.
    assert np.all(stats.false_discovery_control(values) <= adjusted + 1e-12)


@pytest.mark.parametrize(("references", "effect"), [(50, 0.075), (113, 0.050)])
def test_the_detectable_effect_is_that_of_the_textbooks_formula(references: int, effect: float) -> None:
    values = GENERATOR(0).normal(0.0, 1.0, references)
    values = 0.19 * (values - values.mean()) / values.std(ddof=1)
    assert minimum_detectable_effect(values) == pytest.approx(effect, rel=0, abs=5e-4)
    assert minimum_detectable_effect([1.0]) is None


def test_a_difference_of_the_detectable_size_is_found_as_often_as_the_power_says() -> None:
    generator = GENERATOR(6)
    shift = 2.8016 / np.sqrt(40)
    found = sum(sign_flip(generator.normal(shift, 1.0, 40), draws=999) <= 0.05 for _ in range(400))
    assert found / 400 == pytest.approx(significance.POWER, rel=0, abs=0.08)


def test_a_family_is_corrected_together_and_too_few_references_have_no_p_value() -> None:
    generator = GENERATOR(7)
    good, nothing = tuple(generator.normal(2.0, 1.0, 12)), tuple(generator.normal(0.0, 1.0, 12))
    first, second, few = significance.family("mf", {"good": good, "nothing": nothing, "few": good[:7]})
    assert first.p == sign_flip(good)
    assert first.adjusted == pytest.approx(2 * first.p, rel=1e-12, abs=0)
    assert second.adjusted == max(first.adjusted, second.p)
    assert (few.p, few.adjusted, few.references) == (None, None, 7)
    assert few.detectable == minimum_detectable_effect(good[:7])
