"""``motionbench sheet`` on a run of the fakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from motionbench.cli import app
from motionbench.errors import UsageError


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.fixture
def desk(tmp_path: Path, fakes: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    methods = "fake-roll,fake-roll:shift=2+mode=b,fake-raises,fake-still"
    run("eval", "--suite", "fake", "--metric", "fake_brightness", "--no-controls", "--method", methods)
    return tmp_path


def test_a_sheet_shows_the_reference_and_every_method_that_is_no_control(desk: Path) -> None:
    from motionbench_fakes import pixels

    done = run("sheet", "a.png", "--case", "pan-0", "--frames", "3", "--cell", "32")
    assert done.exit_code == 0, done.exception
    assert done.stdout == "a.png\n"
    assert "Caption: Frames 0, 2, 4 of 5 at 8 a second: evenly spaced, first and last included. The re" in done.stderr
    picture = np.asarray(Image.open("a.png"))
    reference = pixels("pan")[2].repeat(2, axis=0).repeat(2, axis=1)
    rolled = np.roll(pixels("pan")[2], 1, axis=0).repeat(2, axis=0).repeat(2, axis=1)
    assert 0 <= _row(picture, reference) < _row(picture, rolled)
    still = pixels("pan")[0].repeat(2, axis=0).repeat(2, axis=1)
    assert _row(picture, still, columns=1) == -1
    assert (picture == 235).all(axis=-1).any()


def test_labels_with_commas_and_lists_of_labels_are_told_apart(desk: Path) -> None:
    label = "fake-roll[mode=b,shift=2]"
    assert run("sheet", "a.pdf", "--method", label, "--method", "fake-roll,fake-still").exit_code == 0
    done = run("sheet", "a.pdf", "--method", "fake-rol")
    assert isinstance(done.exception, UsageError)
    assert "the run has no method 'fake-rol'; did you mean 'fake-roll'?" in str(done.exception)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("a.gif",), "ends in .png or .pdf, got a.gif"),
        (("a.png", "--case", "pan"), "the run has no case 'pan'; did you mean 'pan-0'?"),
        (("a.png", "--seed", "5"), "the run has no seed 5; it has 0"),
    ],
)
def test_what_cannot_be_drawn_says_why(desk: Path, words: tuple[str, ...], message: str) -> None:
    done = run("sheet", *words)
    assert isinstance(done.exception, UsageError)
    assert message in str(done.exception)


def _row(picture: np.ndarray, patch: np.ndarray, columns: int = 0) -> int:
    """Where a patch begins, the topmost, or −1; ``columns`` leaves out cells from the left."""
    width = patch.shape[1]
    windows = np.lib.stride_tricks.sliding_window_view(picture[:, 280 + columns * 40 :], (1, width, 3))[:, :, 0, 0]
    rows, places = np.nonzero((windows == patch[0]).all(axis=(-1, -2)))
    found = [row for row, _ in zip(rows, places, strict=True)]
    return int(min(found)) if found else -1
