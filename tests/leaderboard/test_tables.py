"""What people and programs read: marks, notes, escapes, and JSON in the promised form."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Callable

import pytest
from rich.console import Console

from motionbench.leaderboard import contrasts, machine, notes, sheets, tables
from motionbench.leaderboard.aggregate import Board, board
from motionbench.store import Configuration, Row


@pytest.fixture
def made(configuration: Configuration, rows: list[Row]) -> Board:
    return board(configuration, [dataclasses.replace(r, tune_seconds=75.0) if r.method == "fym" else r for r in rows])


def drawn(board: Board, width: int = 140, *, colours: bool = False) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=colours, color_system="256" if colours else None)
    tables.terminal(board, console)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_best_and_second_are_marked_among_methods_in_the_metrics_direction(made: Board) -> None:
    lines = {line.label: line for line in sheets.overall(made).lines}
    assert [cell.mark for cell in lines["fym"].cells[:2]] == ["best", "best"]
    assert [cell.mark for cell in lines["aaa"].cells[:2]] == ["second", "second"]
    assert {cell.mark for cell in lines["oracle"].cells} == {""}


def test_a_tie_at_the_printed_precision_shares_the_mark(configuration: Configuration, rows: list[Row]) -> None:
    tied = [dataclasses.replace(r, value=0.5 + 1e-5 * (r.method == "fym")) for r in rows]
    lines = {line.label: line for line in sheets.overall(board(configuration, tied)).lines}
    assert (lines["fym"].cells[0].mark, lines["aaa"].cells[0].mark) == ("best", "best")


def test_a_single_method_is_not_marked_best(configuration: Configuration, rows: list[Row]) -> None:
    methods = tuple(line for line in configuration.methods if line.label != "aaa")
    single = dataclasses.replace(configuration, methods=methods)
    lines = sheets.overall(board(single, [r for r in rows if r.method != "aaa"])).lines
    assert {cell.mark for line in lines for cell in line.cells} == {""}


def test_the_markdown_table_has_arrows_intervals_costs_and_counts(made: Board) -> None:
    text = tables.markdown(made)
    assert "| method | mf ↑ | error ↓ | tuning | n/N |" in text
    assert "| fym | **0.640** [0.6" in text
    assert "| 1 min 15 s | 4/4 |" in text
    assert "| *backbone* (control) |" in text
    assert "| method | camera (2) | single\\_object (2) |" in text
    assert "- No claim about large models." in text
    assert "**difference from backbone, paired**\n\n| method | mf ↑ | error ↓ |" in text
    assert "| fym | +0.500 [+0.500, +0.500] | -0.50 [-0.50, -0.50] |" in text
    assert "| aaa | <ins>0.340</ins> [0.3" in text
    assert "- Mean over reference videos with its 95 % bootstrap interval; controls bound each metric. Among" in text


def test_an_incomplete_cell_carries_its_own_count_and_the_reason_is_below(
    configuration: Configuration, rows: list[Row], row: Callable[..., Row]
) -> None:
    rest = [r for r in rows if (r.method, r.case, r.metric) != ("fym", "pan-0", "mf")]
    text = tables.markdown(board(configuration, [*rest, row("fym", "pan-0", None, reason="boom | [red]")]))
    assert "†3/4" in text
    assert "- † fym: failed on 1 case (pan-0), mf: boom \\| [red]" in text
    assert "†n/N: only n of N have a value." in text
    assert "| fym | +0.500 †3/4 [+0.500, +0.500] | -0.50 [" in text


def test_methods_that_share_a_reason_share_a_line(
    configuration: Configuration, rows: list[Row], row: Callable[..., Row]
) -> None:
    still = [dataclasses.replace(r, value=None, status="undefined", reason="still") for r in rows if r.metric == "mf"]
    found = notes.notes(board(configuration, [r for r in rows if r.metric != "mf"] + still))
    assert "† aaa, backbone, fym, oracle: undefined on 4 cases (ball-0, car-0, pan-0…), mf: still" in found
    failed = [dataclasses.replace(r, value=None, status="failed", reason="boom") for r in rows if r.method == "fym"]
    found = notes.notes(board(configuration, [r for r in rows if r.method != "fym"] + failed))
    assert "† fym: failed on 4 cases (ball-0, car-0, pan-0…), every metric: boom" in found


def test_a_metric_without_direction_has_no_differences_and_no_marks(
    configuration: Configuration, rows: list[Row]
) -> None:
    neutral = dataclasses.replace(configuration.metrics[1], better="none")
    made = board(dataclasses.replace(configuration, metrics=(configuration.metrics[0], neutral)), rows)
    assert contrasts.differences(made).header == ("method", "mf ↑")
    assert {line.cells[1].mark for line in sheets.overall(made).lines} == {""}


def test_intervals_go_below_their_means_on_a_narrow_terminal(made: Board) -> None:
    wide, _ = [line for line in drawn(made).splitlines() if line.startswith(" fym ") and "1 min 15 s" in line]
    assert "0.640 [0.6" in wide
    narrow = drawn(made, width=60).splitlines()
    place, _ = [n for n, line in enumerate(narrow) if line.startswith(" fym ") and "1 min 15 s" in line]
    assert "[" not in narrow[place]
    assert "[0.6" in narrow[place + 1]


def test_controls_are_dim_the_best_bold_and_the_second_underlined(made: Board) -> None:
    lines = drawn(made, colours=True).splitlines()
    first = {name: next(line for line in lines if f"{name} " in line) for name in ("fym", "aaa", "oracle")}
    assert "\x1b[1m0.640" in first["fym"]
    assert "\x1b[4m0.340" in first["aaa"]
    assert "\x1b[2m" in first["oracle"].split("oracle")[0]


def test_a_terminal_shows_the_same_and_brackets_survive(
    configuration: Configuration, rows: list[Row], row: Callable[..., Row]
) -> None:
    line = dataclasses.replace(configuration.methods[-1], label="fym[rank=8]")
    renamed = [dataclasses.replace(r, method="fym[rank=8]") if r.method == "fym" else r for r in rows]
    text = drawn(board(dataclasses.replace(configuration, methods=(*configuration.methods[:-1], line)), renamed))
    assert "fym[rank=8]" in text
    assert "0.640" in text
    assert "mf ↑ by category" in text
    assert "\x1b" not in text


def test_json_has_the_promised_keys_and_overall_rows_are_all(made: Board) -> None:
    data = json.loads(machine.as_json(made, "store"))
    assert list(data) == [
        "schema_version",
        "suite",
        "protocol",
        "backbone",
        "notice",
        "standings",
        "costs",
        "inference",
        "store",
    ]
    first = data["standings"][0]
    assert list(first) == ["method", "metric", "category", "mean", "low", "high", "n", "n_failed", "control"]
    assert (first["method"], first["category"]) == ("fym", "all")
    assert len(data["standings"]) == 4 * 2 * 3


def test_csv_has_a_line_a_standing_and_an_empty_field_where_nothing_is(
    configuration: Configuration, rows: list[Row]
) -> None:
    lines = list(
        csv.DictReader(io.StringIO(machine.as_csv(board(configuration, [r for r in rows if r.method != "fym"]))))
    )
    assert len(lines) == 4 * 2 * 3
    assert {line["mean"] for line in lines if line["method"] == "fym"} == {""}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(8.44, "8.4 s"), (59.0, "59.0 s"), (185.0, "3 min 05 s"), (119.7, "2 min 00 s"), (7620.0, "2 h 07 min")],
)
def test_durations_are_read_at_a_glance(seconds: float, text: str) -> None:
    assert sheets.duration(seconds) == text
