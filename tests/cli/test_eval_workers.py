"""The options of ``eval`` about workers and failures, as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from motionbench.cli import app

EVAL = ("eval", "--suite", "fake", "--no-controls", "--metric", "fake_brightness", "--method", "fake-raises")
RUNNER = CliRunner()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--timeout", "soon"), "--timeout takes seconds, as 600 or generate=600"),
        (("--retry-failed", "bad-luck"), "--retry-failed takes transient, deterministic"),
        (("--workers", "2", "--with", "partition=gpu"), "leave --with partition=... out"),
        (("--executor", "slurm", "--with", "gpu"), "--with takes NAME=VALUE"),
        (("--executor", "slurm", "--with", "time=long"), "--with time takes a number of minutes"),
        (("--executor", "ray", "--with", "partition=gpu"), "--executor ray has no setting 'partition'"),
    ],
)
def test_options_that_do_not_fit_are_usage_errors(
    fakes: Any, tmp_path: Path, words: tuple[str, ...], text: str
) -> None:
    pytest.importorskip("ray")
    pytest.importorskip("submitit")
    done = RUNNER.invoke(app, [*EVAL, "--store", str(tmp_path / "s"), *words])
    assert getattr(done.exception, "exit_code", done.exit_code) == 2
    assert text in f"{done.exception} {done.stderr}"


def test_events_of_one_process_are_json_lines(fakes: Any, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    done = RUNNER.invoke(app, [*EVAL, "--store", str(tmp_path / "s"), "--events", str(path)])
    assert done.exit_code == 3
    events = [json.loads(line) for line in path.read_text().splitlines()]
    assert [event["event"] for event in (events[0], events[-1])] == ["start", "stop"]
    ends = [event for event in events if event["event"] == "end"]
    assert len(ends) == events[0]["missing"] == 8
    assert [event["verdict"]["failure"] for event in ends].count("deterministic") == 4


def test_what_failed_before_is_left_alone_where_another_class_is_named(fakes: Any, tmp_path: Path) -> None:
    words = [*EVAL, "--store", str(tmp_path / "s")]
    RUNNER.invoke(app, words)
    assert "0 items done now" in RUNNER.invoke(app, [*words, "--retry-failed", "timeout"]).stderr
    assert "2 items done now" in RUNNER.invoke(app, words).stderr


def test_a_plan_reads_the_file_of_a_run_by_workers(fakes: Any, tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(
        "suite: fake\nmethod: fake-roll\nno-controls: true\nmetric: fake_brightness\n"
        "executor: slurm\nworkers: 16\nwith: {partition: gpu, time: 240}\n"
    )
    shown = RUNNER.invoke(app, ["eval", "--config", str(path), "--show-config"])
    assert "workers: 16" in shown.stdout
    assert 'with: ["partition=gpu", "time=240"]' in shown.stdout
    assert RUNNER.invoke(app, ["plan", "--config", str(path), "--store", str(tmp_path / "s")]).exit_code == 0
