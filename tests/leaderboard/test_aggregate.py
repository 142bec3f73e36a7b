"""Boards: standings with their n, failures with their reasons, nothing mixed that is not comparable."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from motionbench.errors import NotComparableError
from motionbench.leaderboard import comparable
from motionbench.leaderboard.aggregate import board
from motionbench.store import Configuration, Row

Make = Callable[..., Row]


def test_overall_is_the_mean_over_references_and_categories_have_their_own(
    configuration: Configuration, rows: list[Row]
) -> None:
    made = board(configuration, rows)
    overall = made.standing("fym", "mf")
    assert overall.mean == pytest.approx(0.64, rel=1e-12, abs=0)
    assert overall.low is not None
    assert overall.high is not None
    assert 0.6 <= overall.low < 0.64 < overall.high <= 0.7
    assert (overall.n, overall.n_failed, overall.control) == (4, 0, False)
    assert made.standing("fym", "mf", "camera").mean == pytest.approx(0.61, rel=1e-12, abs=0)
    assert made.categories == ("camera", "single_object")


def test_methods_are_ranked_by_the_headline_metric_with_controls_last(
    configuration: Configuration, rows: list[Row]
) -> None:
    assert [line.label for line in board(configuration, rows).methods] == ["fym", "aaa", "oracle", "backbone"]


def test_a_failure_lowers_n_and_is_never_a_zero(configuration: Configuration, rows: list[Row], row: Make) -> None:
    rows = [one for one in rows if (one.method, one.case, one.metric) != ("fym", "car-0", "mf")]
    made = board(configuration, [*rows, row("fym", "car-0", None, reason="boom")])
    standing = made.standing("fym", "mf")
    assert (standing.n, standing.n_failed) == (3, 1)
    assert standing.mean == pytest.approx(0.62, rel=1e-12, abs=0)
    [failure] = made.failures
    assert (failure.methods, failure.status, failure.reason, failure.cases) == (("fym",), "failed", "boom", ("car-0",))


def test_what_was_not_reached_is_neither_valued_nor_failed(configuration: Configuration, rows: list[Row]) -> None:
    made = board(configuration, [one for one in rows if one.method != "fym"])
    standing = made.standing("fym", "mf")
    assert (standing.mean, standing.n, standing.n_failed, made.unfinished) == (None, 0, 0, 8)


def test_differences_are_paired_with_the_backbone_over_shared_cases(
    configuration: Configuration, rows: list[Row]
) -> None:
    rows = [one for one in rows if (one.method, one.case) != ("backbone", "car-0")]
    found = {(c.method, c.metric): c.difference for c in board(configuration, rows).contrasts if c.category == "all"}
    assert set(found) == {("fym", "mf"), ("fym", "error"), ("aaa", "mf"), ("aaa", "error")}
    assert found["fym", "mf"].mean == pytest.approx(0.5, rel=1e-12, abs=0)
    assert found["fym", "mf"].references == 3


def test_a_control_that_declines_every_case_is_left_out_with_its_reason(
    configuration: Configuration, rows: list[Row], row: Make
) -> None:
    kept = [one for one in rows if one.method != "oracle"]
    declined = [row("oracle", one.case, None, one.metric, status="declined", reason="real clips") for one in rows[:4]]
    made = board(configuration, kept + declined)
    assert [line.label for line in made.methods] == ["fym", "aaa", "backbone"]
    assert [(one.method, one.reason) for one in made.omissions] == [("oracle", "real clips")]
    assert made.unfinished == 0


def test_a_method_that_declines_every_case_stays_in(configuration: Configuration, rows: list[Row], row: Make) -> None:
    kept = [one for one in rows if one.method != "fym"]
    made = board(configuration, [*kept, row("fym", "pan-0", None, status="declined", reason="too long")])
    assert made.omissions == ()
    assert made.standing("fym", "mf").n == 0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"fps": 25.0}, r"scores of error .* differ in fps:\n  25\.0\n  8\.0\n.*--plan"),
        ({"frames": 33}, "differ in frames"),
        ({"tracker": "cotracker3"}, "differ in tracker"),
        ({"metric_version": "2"}, "differ in metric_version"),
        ({"signature": "error|v:2"}, r"differ in signature \(v:1 / v:2\)"),
        ({"method_version": "2"}, "generations of fym .* differ in method_version"),
    ],
)
def test_scores_made_differently_refuse_to_share_a_column(
    configuration: Configuration, rows: list[Row], change: dict[str, object], named: str
) -> None:
    changed = [dataclasses.replace(one, **change) if one.method == "fym" else one for one in rows]  # type: ignore[arg-type]
    if "method_version" in change:
        changed = [*changed, rows[-1]]
    with pytest.raises(NotComparableError, match=named) as caught:
        board(configuration, changed)
    assert caught.value.exit_code == 5


def test_a_failure_without_a_signature_shares_a_column(
    configuration: Configuration, rows: list[Row], row: Make
) -> None:
    board(configuration, [*rows[1:], row("backbone", "pan-0", None, signature="")])


def test_runs_of_one_suite_merge_and_runs_of_two_do_not(configuration: Configuration) -> None:
    fym = dataclasses.replace(configuration, methods=configuration.methods[-1:], plan_id="p2", seeds=(1,))
    merged = comparable.merge([dataclasses.replace(configuration, methods=configuration.methods[:2]), fym])
    assert [line.label for line in merged.methods] == ["backbone", "oracle", "fym"]
    assert (merged.seeds, merged.plan_id) == ((0, 1), "p1+p2")
    with pytest.raises(NotComparableError, match="differ in suite:\n  mini\n  mini-full"):
        comparable.merge([configuration, dataclasses.replace(configuration, suite="mini-full")])
    other = dataclasses.replace(configuration, protocol=dataclasses.replace(configuration.protocol, fps=25.0))
    with pytest.raises(NotComparableError, match=r"differ in protocol\.fps"):
        comparable.merge([configuration, other])
