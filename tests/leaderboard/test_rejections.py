"""Tables mark a metric that its self-check did not admit."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from motionbench import provenance
from motionbench.leaderboard import contrasts, sheets, tables
from motionbench.leaderboard.aggregate import board
from motionbench.provenance import RunRecord
from motionbench.store import Configuration, Rejection, Row

REJECTED = Rejection("mf", "1", "keeps the order on 3 of 24 clips")


def test_a_rejected_metric_is_marked_wherever_it_is_named(configuration: Configuration, rows: list[Row]) -> None:
    made = board(configuration, rows, [REJECTED])
    assert sheets.overall(made).header[:3] == ("method", "mf‡ ↑", "error ↓")
    assert contrasts.differences(made).header == ("method", "mf‡ ↑", "error ↓")
    assert sheets.by_group(made, configuration.metrics[0]).title == "mf‡ ↑ by category"
    assert "- ‡ mf: keeps the order on 3 of 24 clips\n" in tables.markdown(made)


def test_a_check_of_another_version_or_metric_marks_nothing(configuration: Configuration, rows: list[Row]) -> None:
    others = [dataclasses.replace(REJECTED, version="2"), dataclasses.replace(REJECTED, metric="elsewhere")]
    assert tables.markdown(board(configuration, rows, others)) == tables.markdown(board(configuration, rows))


def test_a_run_record_carries_the_mark(configuration: Configuration, rows: list[Row], tmp_path: Path) -> None:
    run = RunRecord(configuration, {}, tuple(rows), (REJECTED,))
    provenance.write_record(tmp_path / "run.json", run)
    assert provenance.read_record(tmp_path / "run.json").rejections == (REJECTED,)


def test_a_record_without_a_self_check_is_what_it_was(
    configuration: Configuration, rows: list[Row], tmp_path: Path
) -> None:
    provenance.write_record(tmp_path / "run.json", RunRecord(configuration, {}, tuple(rows)))
    assert "rejections" not in (tmp_path / "run.json").read_text()
    assert provenance.read_record(tmp_path / "run.json").rejections == ()
