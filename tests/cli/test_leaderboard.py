"""``motionbench leaderboard build``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from motionbench.cli import app
from motionbench.errors import MotionBenchError, UsageError

RECORD = Path(__file__).parents[2] / "results" / "methods.json"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("results").mkdir()
    shutil.copy(RECORD, "results/mine.json")
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["leaderboard", "build", "results", *words])


def test_the_address_is_all_of_stdout_and_the_same_command_builds_the_same_again(desk: Path) -> None:
    Path("results/README.md").write_text("words")
    done = run()
    assert (done.exit_code, done.stdout) == (0, "site/index.html\n")
    assert "Passed over, no records: README.md" in done.stderr
    assert "One table: mine.json" in done.stderr
    before = {path: path.read_bytes() for path in Path("site").rglob("*.html")}
    assert run().exit_code == 0
    assert {path: path.read_bytes() for path in Path("site").rglob("*.html")} == before


def test_broken_files_are_listed_together_after_the_others_are_built(desk: Path) -> None:
    for name in ("a.json", "b.json"):
        Path("results", name).write_text("{")
    done = run("--output", "public")
    assert isinstance(done.exception, UsageError)
    assert "2 files cannot be read" in str(done.exception)
    assert "  a.json: " in str(done.exception)
    assert Path("public/index.html").is_file()


def test_strict_builds_nothing_where_a_file_is_broken(desk: Path) -> None:
    Path("results/a.json").write_text("{")
    done = run("--strict")
    assert isinstance(done.exception, MotionBenchError)
    assert not Path("site").exists()


def test_a_folder_of_something_else_is_left_alone(desk: Path) -> None:
    Path("site").mkdir()
    Path("site/thesis.tex").write_text("years")
    done = run()
    assert isinstance(done.exception, UsageError)
    assert list(Path("site").iterdir()) == [Path("site/thesis.tex")]


def test_a_folder_without_records_says_how_to_write_one(desk: Path) -> None:
    Path("results/mine.json").unlink()
    assert "motionbench table --record results/NAME.json" in str(run().exception)
