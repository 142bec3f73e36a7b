"""``motionbench why`` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from motionbench.cli import app
from motionbench.errors import UsageError

EVAL = ("eval", "--suite", "fake", "--metric", "fake_brightness", "--no-controls", "--method")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.fixture
def desk(tmp_path: Path, fakes: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert run(*EVAL, "fake-roll").exit_code == 0
    return tmp_path


def test_a_receipt_is_printed_line_by_line_and_as_json(desk: Path) -> None:
    done = run("why", "fake-roll", "fake_brightness", "zoom-0")
    assert done.exit_code == 0, done.exception
    names = [line.split("  ")[0] for line in done.stdout.splitlines()]
    assert names[:4] == ["value", "method", "options", "metric"]
    assert names[-1] == "again"
    data = json.loads(run("why", "fake-roll", "fake_brightness", "zoom-0", "--format", "json").stdout)
    assert data["row"]["case"] == "zoom-0"
    assert data["again"].endswith("--store again-store")


def test_the_latest_run_that_has_the_score_answers_unless_one_is_named(desk: Path) -> None:
    assert run(*EVAL, "fake-tuned", "--seed", "4").exit_code == 0
    assert "generation 0" in run("why", "fake-roll", "fake_brightness", "zoom-0").stdout
    assert "generation 4" in run("why", "fake-tuned", "fake_brightness", "zoom-0").stdout


def test_a_record_gives_the_receipt_without_files(desk: Path) -> None:
    assert run("table", "--record", "run.json").exit_code == 0
    text = run("why", "fake-roll", "fake_brightness", "zoom-0", "--from", "run.json").stdout
    assert "video.mkv" not in text
    assert "costs" in text
    assert "again" in text


def test_a_wrong_name_exits_2_with_the_near_one(desk: Path) -> None:
    done = run("why", "fake-rol", "fake_brightness", "zoom-0")
    assert isinstance(done.exception, UsageError)
    assert "did you mean 'fake-roll'?" in str(done.exception)
