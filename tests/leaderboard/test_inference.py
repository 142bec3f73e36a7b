"""Conclusions of a board: paired with the anchor, on what methods share, in the JSON too."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import pytest

from motionbench.leaderboard import machine, significance
from motionbench.leaderboard.aggregate import Board, board
from motionbench.store import CaseLine, Configuration, Row

Make = Callable[..., Row]
REFERENCES = 9


@pytest.fixture
def wide(configuration: Configuration) -> Configuration:
    """Nine references, two prompts each."""
    cases = [CaseLine(f"r{n}-0--p{p}", "single_object", f"r{n}", "d") for n in range(REFERENCES) for p in (1, 2)]
    return dataclasses.replace(configuration, cases=tuple(cases))


@pytest.fixture
def scores(wide: Configuration, row: Make) -> list[Row]:
    """fym is above aaa, aaa above the backbone; the second prompt and some references are harder."""
    steps = {"backbone": 0.0, "oracle": 0.9, "aaa": 0.1, "fym": 0.5}
    return [
        row(name, case.id, step + 0.01 * (n % 5) - 0.1 * case.id.endswith("p2") * (n % 3), metric)
        for name, step in steps.items()
        for n, case in enumerate(wide.cases)
        for metric in ("mf", "error")
    ]


def test_evidence_is_the_sign_flip_of_paired_differences_corrected_over_methods(
    wide: Configuration, scores: list[Row]
) -> None:
    found = {(one.method, one.metric): one for one in board(wide, scores).inference.evidence}
    assert set(found) == {(method, metric) for method in ("aaa", "fym") for metric in ("mf", "error")}
    assert found["fym", "mf"].p == significance.sign_flip([0.5] * REFERENCES) == 2 / 2**REFERENCES
    assert found["fym", "mf"].adjusted == 4 / 2**REFERENCES


def test_what_the_anchor_lacks_is_in_no_test(wide: Configuration, scores: list[Row]) -> None:
    fewer = [r for r in scores if not (r.method == "backbone" and r.reference in ("r0", "r1"))]
    made = board(wide, fewer)
    assert {one.references for one in made.inference.evidence} == {REFERENCES - 2}
    assert {one.p for one in made.inference.evidence} == {None}


def test_controls_take_no_place_and_neutral_metrics_have_none(wide: Configuration, scores: list[Row]) -> None:
    neutral = dataclasses.replace(wide.metrics[1], better="none")
    made = board(dataclasses.replace(wide, metrics=(wide.metrics[0], neutral)), scores)
    assert [(place.method, place.metric) for place in made.inference.places] == [("fym", "mf"), ("aaa", "mf")]
    assert {one.metric for one in made.inference.evidence} == {"mf"}


def test_places_use_the_references_that_all_methods_have(wide: Configuration, scores: list[Row]) -> None:
    made = board(wide, [r for r in scores if not (r.method == "aaa" and r.reference == "r0")])
    assert {place.references for place in made.inference.places} == {REFERENCES - 1}
    subset = made.inference.subset("mf", "all")
    assert (subset.pairs, subset.complete) == (2 * (REFERENCES - 1), False)


def test_one_seed_leaves_its_share_of_the_variance_open(wide: Configuration, scores: list[Row]) -> None:
    found = {one.metric: one for one in board(wide, scores).inference.shares}["mf"]
    assert found.seed is None
    assert found.prompt is not None
    assert found.reference + found.prompt == pytest.approx(1.0, rel=0, abs=1e-12)


def test_the_order_of_rows_changes_nothing(wide: Configuration, scores: list[Row]) -> None:
    def shown(made: Board) -> str:
        return machine.as_json(made, "store")

    assert shown(board(wide, scores[::-1])) == shown(board(wide, scores))


def test_json_holds_tests_ranks_and_variance(wide: Configuration, scores: list[Row]) -> None:
    data = json.loads(machine.as_json(board(wide, scores), "store"))["inference"]
    assert list(data) == ["tests", "ranks", "variance"]
    assert list(data["tests"][0]) == ["method", "metric", "references", "p", "adjusted", "detectable"]
    assert data["ranks"][0]["method"] == "fym"
    assert data["variance"][0]["seed"] is None
