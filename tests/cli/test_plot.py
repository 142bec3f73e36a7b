"""``motionbench plot`` from a store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from motionbench.cli import app
from motionbench.errors import MissingResourceError, UsageError

EVAL = ("eval", "--suite", "fake", "--metric", "fake_brightness,fake_motion", "--method", "fake-roll,fake-roll:shift=2")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.fixture
def desk(tmp_path: Path, fakes: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert run(*EVAL, "--no-controls").exit_code == 0
    return tmp_path


@pytest.mark.parametrize(
    ("words", "magic"),
    [
        (("pareto", "a.pdf", "--metric", "fake_motion,fake_brightness"), b"%PDF"),
        (("scatter", "a.svg", "--metric", "fake_motion,fake_brightness", "--no-controls"), b"<?xml"),
        (("categories", "a.png"), b"\x89PNG"),
    ],
)
def test_each_kind_is_drawn_and_its_path_printed(desk: Path, words: tuple[str, ...], magic: bytes) -> None:
    pytest.importorskip("matplotlib")
    done = run("plot", *words)
    assert done.exit_code == 0, done.exception
    assert done.stdout == f"{words[1]}\n"
    assert Path(words[1]).read_bytes().startswith(magic)


def test_text_in_svg_stays_text(desk: Path) -> None:
    pytest.importorskip("matplotlib")
    run("plot", "scatter", "a.svg", "--metric", "fake_motion,fake_brightness")
    assert "fake-roll[shift=2]" in Path("a.svg").read_text()


def test_without_matplotlib_the_extra_is_named(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    done = run("plot", "pareto", "a.pdf")
    assert isinstance(done.exception, MissingResourceError)
    assert "pip install 'motionbench-transfer[plot]'" in str(done.exception)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("pareto", "a.gif"), "motionbench plot takes a file that ends in .pdf, .svg or .png, got a.gif"),
        (("pareto", "a.pdf", "--metric", "fake_motion"), "a pareto plot takes two metrics or more"),
        (
            ("scatter", "a.pdf", "--metric", "fake_moton,x"),
            "the table has no column 'fake_moton'; did you mean 'fake_mo",
        ),
    ],
)
def test_what_cannot_be_drawn_says_why(
    desk: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], message: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    done = run("plot", *words)
    assert isinstance(done.exception, UsageError)
    assert message in str(done.exception)
