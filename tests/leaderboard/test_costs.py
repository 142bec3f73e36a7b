"""Costs: means over references and generations, peaks, and nothing where nothing was measured."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from motionbench.leaderboard import sheets, tables
from motionbench.leaderboard.aggregate import board
from motionbench.leaderboard.costs import Cost, costs
from motionbench.store import Configuration, MethodLine, Row

TUNED = MethodLine("fym", "fym", "1", False, True, "", {})
FREE = MethodLine("aaa", "aaa", "1", False, False, "", {})
CONTROL = MethodLine("oracle", "oracle", "1", True, False, "", {})


def test_a_reference_and_a_generation_count_once_whatever_the_number_of_metrics(row: Callable[..., Row]) -> None:
    spent = {"tune_seconds": 10.0, "trainable_parameters": 7}
    rows = [
        row("fym", case, 0.5, metric, generate_seconds=seconds, peak_memory_bytes=memory, **spent)
        for case, seconds, memory in (("pan-0", 1.0, 5), ("pan-1", 3.0, 9))
        for metric in ("mf", "error")
    ]
    rows.append(row("fym", "zoom-0", 0.5, tune_seconds=40.0, generate_seconds=2.0))
    assert costs(rows, [TUNED]) == {"fym": Cost(25.0, 2.0, 9, 7)}


def test_a_method_that_does_not_tune_has_no_tuning_time(row: Callable[..., Row]) -> None:
    rows = [row("aaa", "pan-0", 0.5, generate_seconds=2.0)]
    assert costs(rows, [FREE]) == {"aaa": Cost(None, 2.0, 0, 0)}


def test_failures_controls_and_videos_made_elsewhere_cost_nothing(row: Callable[..., Row]) -> None:
    rows = [
        row("fym", "pan-0", None, tune_seconds=10.0),
        row("aaa", "pan-0", 0.5),
        row("oracle", "pan-0", 0.9, generate_seconds=1.0),
    ]
    assert costs(rows, [TUNED, FREE, CONTROL]) == {}


def test_the_tables_end_with_what_methods_cost(configuration: Configuration, rows: list[Row]) -> None:
    spent = {
        "tune_seconds": 75.0,
        "generate_seconds": 2.5,
        "peak_memory_bytes": 3 * 2**29,
        "trainable_parameters": 1234,
    }
    costly = [dataclasses.replace(one, **spent) if one.method == "fym" else one for one in rows]
    made = board(configuration, costly)
    text = tables.markdown(made)
    assert "| method | tuning a reference | a video | peak memory | trainable parameters |" in text
    assert "| fym | 1 min 15 s | 2.5 s | 1.50 GiB | 1,234 |" in text
    assert [line.label for line in sheets.expenses(made).lines] == ["fym"]


def test_times_that_were_measured_beside_other_workers_are_not_told(
    configuration: Configuration, row: Callable[..., Row], rows: list[Row]
) -> None:
    spent = {"tune_seconds": 9.0, "generate_seconds": 3.0, "peak_memory_bytes": 5}
    beside = row("fym", "pan-0", 0.5, **spent, shared=True)
    alone = row("fym", "car-0", 0.5, **{**spent, "tune_seconds": 8.0}, shared=False)
    assert costs([beside], [TUNED]) == {"fym": Cost(None, None, 5, 0)}
    assert costs([beside, alone], [TUNED]) == {"fym": Cost(8.0, 3.0, 5, 0)}
    made = board(configuration, [dataclasses.replace(one, **spent, shared=True) for one in rows])
    text = tables.markdown(made)
    assert "No times of aaa, fym: other workers used the same device meanwhile." in text
