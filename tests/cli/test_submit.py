"""``motionbench submit`` as a user types it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from motionbench.cli import app
from motionbench.errors import MotionBenchError
from motionbench.store import Store

ROWS = "mf.dmt,dynamic_degree"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two controls on the quick suite."""
    folder = tmp_path_factory.mktemp("run") / "store"
    words = ["eval", "--method", "frozen,copy-reference", "--quick", "--no-controls", "--metric", ROWS]
    done = CliRunner().invoke(app, [*words, "--store", str(folder)])
    assert done.exit_code == 0, done.output
    return folder


def test_export_and_check(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.motionbench"
    done = CliRunner().invoke(app, ["submit", "export", str(file), "--videos", "--store", str(store)])
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{file}\n"
    assert "16 scores of 8 generations, 8 videos" in done.stderr
    assert f"Next: motionbench submit check {file}" in done.stderr
    checked = CliRunner().invoke(app, ["submit", "check", str(file)])
    assert checked.exit_code == 4
    assert "fault   cases: 4 of the suite's 8 cases were not run" in checked.stdout
    assert "fault   controls: the controls backbone, oracle, other-clip, time-reversed are missing" in checked.stdout
    told = json.loads(CliRunner().invoke(app, ["submit", "check", str(file), "--format", "json"]).stdout)
    assert (told["accepted"], [fault["check"] for fault in told["faults"]]) == (False, ["cases", "controls"])


def test_a_name_without_the_suffix_is_refused(store: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["submit", "export", str(tmp_path / "mine.zip"), "--store", str(store)])
    assert isinstance(done.exception, MotionBenchError)
    assert str(done.exception).startswith("a submission is named NAME.motionbench, got ")


def test_a_strangers_words_cannot_command_the_terminal(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.motionbench"
    CliRunner().invoke(app, ["submit", "export", str(file), "--store", str(store)])
    with zipfile.ZipFile(file) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    head = json.loads(members["submission.json"])
    head["configuration"]["suite"] = "\x1b[2Jmini\u202e"
    members["submission.json"] = json.dumps(head).encode()
    with zipfile.ZipFile(file, "w") as whole:
        for name, content in members.items():
            whole.writestr(name, content)
    done = CliRunner().invoke(app, ["submit", "check", str(file)])
    assert done.exit_code == 4
    assert "\x1b" not in done.output
    assert "\u202e" not in done.output


def test_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    Store.open(tmp_path / "store")
    done = CliRunner().invoke(
        app, ["submit", "export", str(tmp_path / "a.motionbench"), "--store", str(tmp_path / "store")]
    )
    assert "no run in the store" in str(done.exception)
