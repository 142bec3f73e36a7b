"""The live display, drawn into text: a bar in items, a line a worker, failures as lines that stay."""

from __future__ import annotations

import io
from typing import Any

import pytest

from motionbench import plan, request
from motionbench.cli import screen
from motionbench.plan import ScoreItem
from motionbench.request import Question
from motionbench.scoring import Verdict


@pytest.fixture
def item(fakes: Any) -> ScoreItem:
    question = Question(("fake-roll",), suite="fake", metrics=("fake_brightness",), controls=False)
    return plan.make(request.resolve(question)).scores[0]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a terminal of 160 columns gets."""
    import rich.console

    made, text = rich.console.Console, io.StringIO()
    monkeypatch.setattr(
        rich.console, "Console", lambda **_: made(file=text, force_terminal=True, width=160, color_system=None)
    )
    return text


def test_one_process_has_a_bar_and_the_item_at_hand(item: ScoreItem, drawn: io.StringIO) -> None:
    live = screen.Live()
    live.start(3, 2)
    live.begin(item.generation)
    live.progress("denoise [1/2]", 3, 8)
    live._progress.refresh()
    live.end(item.generation, Verdict("failed", "weights [exploded]"), 1.0)
    live.stop()
    text = drawn.getvalue()
    assert "0 done · 2 cached · 0 failed · 3 left" in text
    assert "fake-roll · pan-0 · seed 0" in text
    assert "denoise [1/2]" in text
    assert "fake-roll · pan-0 · seed 0: failed: weights [exploded]" in text


def test_a_crew_has_a_bar_and_a_line_for_each_worker(item: ScoreItem, drawn: io.StringIO) -> None:
    live = screen.LiveCrew()
    live.start(3, 0)
    live.of("worker 1").begin(item.generation)
    live.of("worker 2").begin(item)
    live.of("worker 1").progress("denoise", 3, 8)
    live._progress.refresh()
    live.of("worker 2").end(item, Verdict(), 1.0)
    live._progress.refresh()
    live.stop()
    text = drawn.getvalue()
    assert "worker 1: fake-roll · pan-0 · seed 0" in text
    assert "worker 2: fake-roll · pan-0 · seed 0 · fake_brightness" in text
    assert "1 done · 0 cached · 0 failed · 2 left" in text


def test_without_a_terminal_there_are_lines_alone(item: ScoreItem, capsys: pytest.CaptureFixture[str]) -> None:
    display = screen.choose_for_crew()
    display.start(1, 0)
    display.of("worker 7").end(item, Verdict("failed", "broken"), 0.25)
    assert capsys.readouterr().err == (
        "1 items to do, 0 are there\n[1/1] fake-roll · pan-0 · seed 0 · fake_brightness failed 0.2 s: broken\n"
    )
