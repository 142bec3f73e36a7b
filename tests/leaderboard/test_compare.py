"""Two runs: the two keys, what counts as missing, what cannot be compared, and how often a gate is wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from motionbench.errors import NotComparableError
from motionbench.leaderboard.alike import Side
from motionbench.leaderboard.compare import Change, Comparison, compare, renamed
from motionbench.leaderboard.gates import Gates, MetricGate
from motionbench.store import CaseLine, Configuration, Environment, MethodLine, MetricLine, Row
from motionbench.types import Protocol

GATES = Gates(schema_version=1, otherwise=0.0, metrics={name: MetricGate(threshold=0.03) for name in ("mf", "leak")})
REFERENCES = tuple(f"clip{number}" for number in range(8))
STEPS = dict(zip(REFERENCES, np.linspace(-0.2, 0.2, 8), strict=True))

Values = Callable[[str, str, str, int], float | None]


def flat(method: str, metric: str, case: str, seed: int) -> float | None:
    return 0.5 + STEPS[case.split("--")[0]]


def shifted(amount: float, noise: float = 0.0, metric: str = "mf", method: str = "fym") -> Values:
    generator = np.random.default_rng(0)

    def value(of: str, name: str, case: str, seed: int) -> float | None:
        base = flat(of, name, case, seed)
        return (base or 0.0) + amount + noise * generator.standard_normal() if (of, name) == (method, metric) else base

    return value


def side(name: str, values: Values = flat, seeds: tuple[int, ...] = (0,), **fields: Any) -> Side:
    cases = tuple(CaseLine(f"{ref}--p1", "camera", ref, f"digest of {ref}") for ref in REFERENCES)
    configuration = Configuration(
        plan_id=name,
        suite="mini",
        notice="",
        protocol=Protocol("mini-v1", 17, 8.0, 64, 64, "lk", 16),
        backbone="mini-wan",
        backbone_digest="w1",
        encoder="mini-clip",
        encoder_digest="e",
        seeds=seeds,
        tune_seed=0,
        methods=(
            MethodLine("backbone", "backbone", "1", True, False, "", {}),
            MethodLine("fym", "fym", "1", False, True, "", {"rank": 8}),
        ),
        metrics=(
            MetricLine("mf", "1", "", "higher", "headline", 3),
            MetricLine("leak", "1", "", "lower", "headline", 3),
            MetricLine("shake", "1", "", "none", "diagnostic", 3),
        ),
        cases=cases,
        score_keys=(),
        manifest_digest="m1",
    )
    configuration = dataclasses.replace(configuration, **fields)
    rows = [
        one_row(method.label, metric, case, seed, values(method.label, metric.name, case.id, seed))
        for method in configuration.methods
        for metric in configuration.metrics
        for case in configuration.cases
        for seed in seeds
    ]
    return Side(name, configuration, rows)


def one_row(method: str, metric: MetricLine, case: CaseLine, seed: int, value: float | None) -> Row:
    return Row(
        key=f"{method}{metric.name}{case.id}{seed}",
        suite="mini",
        case=case.id,
        category=case.category,
        reference=case.reference,
        method=method,
        seed=seed,
        metric=metric.name,
        status="failed" if value is None else "ok",
        value=value,
        signature=f"{metric.name}|v{metric.version}",
        metric_version=metric.version,
    )


def found(comparison: Comparison, method: str = "fym", metric: str = "mf") -> Change:
    [change] = [one for one in comparison.changes if (one.method, one.metric) == (method, metric)]
    return change


def test_a_run_compared_with_itself_is_steady_to_the_last_digit() -> None:
    comparison = compare(side("base"), side("head"), GATES)
    assert comparison.verdict == "steady"
    for change in comparison.changes:
        assert change.difference is not None
        assert (change.difference.mean, change.difference.low, change.difference.high) == (0.0, 0.0, 0.0)
        assert change.verdict == ("shown" if change.metric == "shake" else "steady")


def test_worse_beyond_chance_and_beyond_the_threshold_is_a_regression() -> None:
    comparison = compare(side("base"), side("head", shifted(-0.05, noise=0.01)), GATES)
    change = found(comparison)
    assert comparison.verdict == change.verdict == "regression"
    assert comparison.changes[0] == change
    assert change.base == pytest.approx(0.5, rel=0, abs=1e-12)
    assert change.difference is not None
    assert change.difference.high is not None
    assert change.difference.high < 0
    assert found(comparison, "backbone").verdict == "steady"


def test_a_difference_below_the_threshold_is_steady_however_certain() -> None:
    change = found(compare(side("base"), side("head", shifted(-0.029)), GATES))
    assert change.verdict == "steady"
    assert change.difference is not None
    assert change.difference.high == pytest.approx(-0.029, rel=0, abs=1e-12)


def test_a_difference_within_chance_is_steady_however_large() -> None:
    def one_clip(method: str, metric: str, case: str, seed: int) -> float | None:
        value = flat(method, metric, case, seed) or 0.0
        return value - 0.6 if (metric, case) == ("mf", "clip3--p1") else value

    change = found(compare(side("base"), side("head", one_clip), GATES))
    assert change.difference is not None
    assert change.difference.mean == pytest.approx(-0.075, rel=0, abs=1e-12)
    assert change.verdict == "steady"


@pytest.mark.parametrize(
    ("metric", "amount", "verdict"),
    [("mf", 0.05, "improvement"), ("leak", 0.05, "regression"), ("leak", -0.05, "improvement"), ("shake", 9, "shown")],
)
def test_the_better_side_of_a_metric_decides(metric: str, amount: float, verdict: str) -> None:
    comparison = compare(side("base"), side("head", shifted(amount, metric=metric)), GATES)
    assert found(comparison, metric=metric).verdict == verdict
    assert (comparison.verdict == "regression") == (verdict == "regression")


def test_a_metric_without_a_gate_is_shown_and_fails_nothing() -> None:
    gates = Gates(schema_version=1, metrics={"mf": MetricGate(threshold=0.0, gate=False)})
    comparison = compare(side("base"), side("head", shifted(-0.3)), gates)
    assert found(comparison).verdict == "shown"
    assert comparison.verdict == "steady"


def test_a_lost_score_is_inconclusive_even_where_the_rest_is_worse_and_names_its_cases() -> None:
    def broken(method: str, metric: str, case: str, seed: int) -> float | None:
        return (
            None if (method, metric, case) == ("fym", "mf", "clip2--p1") else shifted(-0.3)(method, metric, case, seed)
        )

    change = found(comparison := compare(side("base"), side("head", broken), GATES))
    assert comparison.verdict == change.verdict == "inconclusive"
    assert change.missing == ("clip2--p1",)


def test_a_score_that_the_base_lacked_is_no_fault_of_the_head() -> None:
    def broken(method: str, metric: str, case: str, seed: int) -> float | None:
        return None if (method, metric) == ("fym", "mf") else flat(method, metric, case, seed)

    comparison = compare(side("base", broken), side("head"), GATES)
    assert found(comparison).reason == "the base has no value"
    assert comparison.verdict == "steady"


def test_what_the_head_did_not_ask_for_is_inconclusive_unless_only_the_common_part_is_compared() -> None:
    base = side("base")
    part = side("head", methods=base.configuration.methods[1:], cases=base.configuration.cases[:4])
    whole = compare(base, part, GATES)
    assert whole.verdict == "inconclusive"
    assert "head did not ask for 1 method (backbone) of base; --common leaves them out" in whole.notes
    common = compare(base, part, GATES, common=True)
    assert common.verdict == "steady"
    assert {change.method for change in common.changes} == {"fym"}
    assert common.notes == (
        "not compared, only in base: 1 method (backbone)",
        "not compared, only in base: 4 cases (clip4--p1, clip5--p1, clip6--p1…)",
    )


def test_nothing_in_common_is_inconclusive() -> None:
    other = side("head", methods=(MethodLine("lora", "lora", "1", False, True, "", {}),))
    assert compare(side("base"), other, GATES, common=True).verdict == "inconclusive"


def test_one_reference_gives_no_interval_and_so_no_verdict_on_a_large_difference() -> None:
    [case] = side("base").configuration.cases[:1]
    base, head = side("base", cases=(case,)), side("head", shifted(-0.3), cases=(case,))
    assert found(compare(base, head, GATES)).reason == "one reference video gives no interval"
    assert found(compare(base, base, GATES)).verdict == "steady"


def test_equal_seeds_pair_generations_other_seeds_pair_cases() -> None:
    def by_seed(method: str, metric: str, case: str, seed: int) -> float | None:
        return (flat(method, metric, case, seed) or 0.0) + seed

    same = compare(side("base", by_seed, (0, 1)), side("head", by_seed, (0, 1)), GATES)
    paired = found(same).difference
    assert paired is not None
    assert (paired.low, paired.high) == (0.0, 0.0)
    assert not same.notes
    other = compare(side("base", by_seed, (0, 1)), side("head", by_seed, (2,)), GATES)
    change = found(other)
    assert change.difference is not None
    assert change.difference.mean == pytest.approx(1.5, rel=0, abs=1e-12)
    assert other.notes == ("seeds 0, 1 against 2: pairs are cases, seeds are averaged in them",)


def test_averaged_seeds_count_only_where_all_are_there() -> None:
    def broken(method: str, metric: str, case: str, seed: int) -> float | None:
        return None if (case, seed) == ("clip0--p1", 3) else flat(method, metric, case, seed)

    assert found(compare(side("base"), side("head", broken, (2, 3)), GATES)).missing == ("clip0--p1",)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"suite": "mini-full"}, "differ in suite:\n  suite: mini in base, mini-full in head"),
        ({"backbone_digest": "w2"}, "or allow it: may_differ: \\[backbone_digest\\] in gates.yaml"),
        ({"manifest_digest": "m2"}, "differ in manifest_digest"),
        ({"protocol": Protocol("mini-v1", 33, 8.0, 64, 64, "lk", 16)}, "protocol.frames: 17 in base, 33 in head"),
        ({"cases": (CaseLine("clip0--p1", "camera", "clip0", "new"),)}, "digest of the case clip0--p1"),
        ({"metrics": (MetricLine("mf", "2", "", "higher", "headline", 3),)}, "version of mf: 1 in base, 2 in head"),
    ],
)
def test_runs_that_were_not_made_alike_exit_5_and_name_the_field(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(NotComparableError, match=words):
        compare(side("base"), side("head", **fields), GATES, common=True)


def test_another_signature_is_not_comparable_and_shows_the_part_that_differs() -> None:
    head = side("head")
    rows = [dataclasses.replace(row, signature=row.signature + "|trk:dis") for row in head.rows]
    with pytest.raises(
        NotComparableError, match=r"signature of mf \(— / trk:dis\): mf\|v1 in base, mf\|v1\|trk:dis in"
    ):
        compare(side("base"), dataclasses.replace(head, rows=rows), GATES)


def test_a_field_may_differ_where_the_gate_says_so() -> None:
    gates = GATES.model_copy(update={"may_differ": ["backbone_digest"]})
    assert compare(side("base"), side("head", backbone_digest="w2"), gates).verdict == "steady"


def test_changed_methods_are_compared_and_their_changes_told() -> None:
    head = side("head")
    lines = (
        head.configuration.methods[0],
        dataclasses.replace(head.configuration.methods[1], version="2", options={"rank": 4, "new": True}),
    )
    head = dataclasses.replace(head, configuration=dataclasses.replace(head.configuration, methods=lines))
    assert compare(side("base"), head, GATES).notes == ("fym: version 1 → 2, new absent → True, rank 8 → 4",)


def test_other_environments_are_told_and_forbid_nothing() -> None:
    here = Environment("3.11.7", "Linux", "a CPU", "a" * 40, False, {"torch": "2.14", "numpy": "2"})
    there = dataclasses.replace(here, commit="b" * 40, dirty=True, packages={"torch": "2.15", "numpy": "2"})
    base, head = side("base"), side("head")
    comparison = compare(
        dataclasses.replace(base, environments=(here,)), dataclasses.replace(head, environments=(here, there)), GATES
    )
    assert comparison.verdict == "steady"
    assert comparison.notes == (
        "made in other environments: commit aaaaaaaaaaaa → aaaaaaaaaaaa and bbbbbbbbbbbb+changes, "
        "torch 2.14 → 2.14 and 2.15",
    )


def test_two_labels_of_one_run_are_compared_under_one_name() -> None:
    base = side("base")
    both = renamed(base, {"backbone": "fym"})
    assert [line.label for line in both.configuration.methods] == ["fym"]
    assert {row.method for row in both.rows} == {"fym"}
    assert len(both.rows) == len(base.rows) // 2


def test_a_gate_is_quiet_on_reruns_that_differ_by_noise_alone() -> None:
    """Thresholds of zero leave the interval alone: a false alarm on one side has a chance of 2.5 %."""
    gates = Gates(schema_version=1, otherwise=0.0)
    generator = np.random.default_rng(1)

    def noisy(method: str, metric: str, case: str, seed: int) -> float | None:
        return (flat(method, metric, case, seed) or 0.0) + 0.1 * generator.standard_normal()

    alarms = sum(
        change.verdict == "regression"
        for _ in range(50)
        for change in compare(side("base", noisy), side("head", noisy, seeds=(1,)), gates).changes
    )
    assert alarms <= 200 * 0.025 + 3 * (200 * 0.025 * 0.975) ** 0.5
