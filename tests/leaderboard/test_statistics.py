"""Intervals: against scipy, by simulation, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from motionbench.leaderboard import statistics
from motionbench.leaderboard.statistics import Observation


def named(values: np.ndarray) -> dict[str, float]:
    return {f"r{number:03d}": float(value) for number, value in enumerate(values)}


def test_seeds_are_averaged_in_cases_and_cases_in_references() -> None:
    observations = [
        Observation("a", "a-0", 0.0),
        Observation("a", "a-0", 1.0),
        Observation("a", "a-0", 2.0),
        Observation("a", "a-1", 4.0),
        Observation("b", "b-0", 7.0),
    ]
    assert statistics.by_reference(observations) == {"a": 2.5, "b": 7.0}


def test_the_interval_is_scipys_up_to_the_noise_of_the_draws() -> None:
    values = np.random.default_rng(3).normal(2.0, 1.0, 24)
    ours = statistics.interval(named(values), kind="percentile")
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=10_000, method="percentile", random_state=1
    ).confidence_interval
    assert ours is not None
    assert ours.mean == pytest.approx(values.mean(), rel=1e-12, abs=0)
    # The quantile of 10,000 draws has a standard error of about 0.006 here.
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=0, abs=0.025)


@pytest.mark.parametrize("references", [8, 12, 40])
def test_intervals_cover_the_truth_as_often_as_they_say(references: int) -> None:
    generator = np.random.default_rng(0)
    columns = [named(generator.normal(0.0, 1.0, references)) for _ in range(1200)]
    found = statistics.intervals(columns, draws=1000)
    covered = sum(one is not None and (one.low or 0.0) < 0 < (one.high or 0.0) for one in found) / 1200
    # 95 ± 2 %, and two standard errors of the trials.
    assert 0.93 - 0.0125 <= covered <= 0.97 + 0.0125


def test_seeds_within_a_reference_do_not_narrow_the_interval() -> None:
    values = named(np.random.default_rng(1).normal(0.0, 1.0, 12))
    once = [Observation(name, name, value) for name, value in values.items()]
    single, fivefold = (statistics.interval(statistics.by_reference(seeds)) for seeds in (once, once * 5))
    assert single is not None
    assert fivefold is not None
    assert (fivefold.low, fivefold.high) == pytest.approx((single.low, single.high), rel=1e-12, abs=1e-12)


def test_the_same_numbers_give_the_same_interval_and_another_seed_another() -> None:
    values = named(np.random.default_rng(5).normal(0.0, 1.0, 8))
    assert statistics.interval(values) == statistics.interval(values)
    assert statistics.interval(values) != statistics.interval(values, seed=1)


def test_shift_and_scale_carry_over_to_the_interval() -> None:
    values = np.random.default_rng(2).normal(0.0, 1.0, 10)
    first, second = statistics.interval(named(values)), statistics.interval(named(3 * values + 1))
    assert first is not None
    assert second is not None
    assert second.low == pytest.approx(3 * (first.low or 0.0) + 1, rel=1e-9, abs=1e-9)
    assert second.high == pytest.approx(3 * (first.high or 0.0) + 1, rel=1e-9, abs=1e-9)


def test_one_reference_has_no_interval_and_none_has_nothing() -> None:
    assert statistics.interval({"a": 2.0}) == statistics.Interval(2.0, None, None, 1)
    assert statistics.interval({}) is None


def test_pairing_removes_what_references_share_and_keeps_only_shared_ones() -> None:
    base = np.random.default_rng(4).normal(0.0, 10.0, 9)
    first, second = named(base + 0.5), named(base)
    second["only-here"] = 1e6
    found = statistics.paired(first, second)
    assert found is not None
    assert (found.mean, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5), rel=0, abs=1e-9)
    assert found.references == 9


def test_each_resample_weighs_as_much_as_the_whole() -> None:
    weights = statistics.resampling_weights(7, 500, 0)
    assert weights.shape == (500, 7)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-12, atol=0)


def test_the_bca_interval_is_scipys_up_to_the_noise_of_the_draws() -> None:
    values = np.random.default_rng(8).exponential(1.0, 30)
    ours = statistics.interval(named(values), kind="bca")
    theirs = stats.bootstrap((values,), np.mean, n_resamples=10_000, method="BCa", random_state=1).confidence_interval
    plain = statistics.interval(named(values), kind="percentile")
    assert ours is not None
    assert plain is not None
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=0, abs=0.03)
    assert ours.high is not None
    assert plain.high is not None
    # Skewed to the right: the percentile interval reaches too low.
    assert ours.high > plain.high


def test_the_expanded_interval_of_a_normal_mean_is_students() -> None:
    values = np.random.default_rng(9).normal(0.0, 1.0, 10)
    ours = statistics.interval(named(values), kind="expanded", draws=100_000)
    assert ours is not None
    low, high = stats.t.interval(0.95, 9, values.mean(), stats.sem(values))
    assert (ours.low, ours.high) == pytest.approx((low, high), rel=0, abs=0.08)


@pytest.mark.parametrize("kind", ["percentile", "bca", "expanded"])
def test_values_that_are_all_alike_have_an_interval_of_no_width(kind: statistics.Kind) -> None:
    found = statistics.interval(named(np.full(9, 0.25)), kind=kind)
    assert found is not None
    assert (found.mean, found.low, found.high) == pytest.approx((0.25, 0.25, 0.25), rel=0, abs=1e-12)


@pytest.mark.parametrize("kind", ["percentile", "bca", "expanded"])
def test_clustered_seeds_are_covered_as_often_as_the_interval_says(kind: statistics.Kind) -> None:
    generator = np.random.default_rng(11)
    columns = []
    for _ in range(600):
        own = generator.normal(0.0, 1.0, (40, 1)) + generator.normal(0.0, 0.5, (40, 5))
        seeds = [Observation(f"r{r:02d}", f"r{r:02d}", float(own[r, s])) for r, s in np.ndindex(40, 5)]
        columns.append(statistics.by_reference(seeds))
    found = statistics.intervals(columns, draws=1000, kind=kind)
    covered = sum(one is not None and (one.low or 0.0) < 0 < (one.high or 0.0) for one in found)
    assert 0.92 <= covered / 600 <= 0.975


def test_columns_together_have_the_intervals_that_they_have_alone() -> None:
    generator = np.random.default_rng(12)
    columns = [named(generator.normal(0.0, 1.0, size)) for size in (5, 0, 9, 5, 1)]
    for together, alone in zip(statistics.intervals(columns), map(statistics.interval, columns), strict=True):
        assert (together is None) == (alone is None)
        if together is not None and alone is not None and together.low is not None:
            assert (together.low, together.high) == pytest.approx((alone.low, alone.high), rel=1e-12, abs=1e-12)
