"""The page as Chromium shows it from disk, in real time: a script of the test acts and says on the console what it saw.

Under virtual time, as ``--dump-dom`` waits by, frames of animation and views of elements come or do not come.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Drive = Callable[..., Any]
"""The fixture ``drive``."""


def test_a_prompt_of_html_is_shown_as_text_and_the_console_is_silent(drive: Drive, gallery: Path) -> None:
    act = """return {
      prompt: document.querySelector(".prompt").textContent, bold: all("main b").length, title: document.title,
      notes: document.getElementById("notes").textContent, reason: document.querySelector(".none").textContent,
      why: all(".row:first-child .why").map((line) => line.textContent),
      scores: all(".row:nth-child(2) .method .scores td").map((cell) => cell.textContent)};"""
    seen = drive(gallery, act, "#sort=suite")
    assert seen.console == []
    assert seen.told["prompt"] == "a </script><script>document.title = 'owned'</script><b>cat</b> & \"dog\""
    assert seen.told["bold"] == 0
    assert seen.told["title"] == "MotionBench gallery: noise, plan 0123456789ab"
    assert "Noise <proves> nothing." in seen.told["notes"]
    assert seen.told["reason"] == "it <exploded>"
    assert seen.told["why"][0] == "motionbench why 'ours[rate=0.5]' up c0 --seed 0 --plan 0123456789ab"
    assert seen.told["scores"] == ["1.00", "0.50", "1.00", "0.50"]


def test_the_console_is_heard(drive: Drive, gallery: Path) -> None:
    assert len(drive(gallery, 'console.error("heard"); return 1;').console) == 1


def test_only_rows_near_the_view_are_filled_and_loaded(drive: Drive, gallery: Path) -> None:
    act = """
    await until(() => all("canvas[data-frame]").length > 2);
    const before = [all(".row").length, all("canvas").length, window.pictures];
    all(".row")[29].scrollIntoView();
    await until(() => all(".row:last-child canvas").length && !all(".row:first-child canvas").length);
    return { before, first: all(".row:first-child canvas").length, last: all(".row:last-child canvas").length };"""
    told = drive(gallery, act).told
    rows, canvases, pictures = told["before"]
    assert rows == 30
    assert 3 <= canvases <= 4 * 5
    assert 3 <= pictures <= canvases
    assert told["first"] == 0
    assert told["last"] >= 3


def test_all_videos_show_one_frame_while_playing_stepping_and_scrubbing(drive: Drive, gallery: Path) -> None:
    act = """
    await until(() => all("canvas[data-frame]").length > 2);
    const told = { start: frames(), playing: [], moved: new Set() };
    press("ArrowRight"); told.step = frames();
    press("ArrowLeft"); press("ArrowLeft"); told.wrapped = frames();
    const scrub = document.getElementById("scrub");
    scrub.value = 2; scrub.dispatchEvent(new Event("input")); told.scrubbed = frames();
    press(" ");
    told.label = document.getElementById("play").textContent;
    for (let i = 0; i < 20; i += 1) { await wait(50); told.playing.push(frames().length); told.moved.add(frames()[0]); }
    press(" ");
    const held = frames(); await wait(300); told.paused = held[0] === frames()[0];
    press("t"); await until(() => all("canvas[data-points]").length > 2);
    told.points = all("canvas[data-points]").length; told.address = location.hash;
    told.moved = told.moved.size;
    return told;"""
    told = drive(gallery, act, "#frame=0").told
    assert told["start"] == ["0"]
    assert told["step"] == ["1"]
    assert told["wrapped"] == ["4"]
    assert told["scrubbed"] == ["2"]
    assert told["label"] == "Pause"
    assert set(told["playing"]) == {1}
    assert told["moved"] >= 3
    assert told["paused"] is True
    assert told["points"] >= 3
    assert told["address"] == "#tracks=1"


def test_rows_are_sorted_and_filtered_and_the_address_says_how(drive: Drive, gallery: Path) -> None:
    act = """
    const told = { linked: cases(), held: location.hash };
    location.hash = ""; await until(() => cases().length === 30); told.suite = cases().slice(0, 3);
    choose("sort", "score"); told.score = cases().slice(0, 3); told.address = location.hash;
    choose("of", "copy"); told.control = cases().slice(0, 3); choose("of", "");
    location.hash = "method=copy&sort=score"; await until(() => cases()[0] === "c0"); told.alone = cases().slice(0, 3);
    location.hash = ""; await until(() => document.getElementById("sort").value === "suite");
    choose("sort", "disagreement"); told.disagreement = cases()[0];
    choose("sort", "failure"); told.failure = cases().slice(0, 11);
    const find = document.getElementById("find");
    press(" ", find); told.typing = document.getElementById("play").textContent;
    find.value = "C1"; find.dispatchEvent(new Event("input"));
    told.found = cases().length; told.count = document.getElementById("count").textContent;
    return told;"""
    told = drive(gallery, act, "#category=human&failed=1&reverse=1&method=theirs").told
    assert told["linked"] == [f"c{number}" for number in (27, 21, 15, 9, 3)]
    assert told["suite"] == ["c0", "c1", "c2"]
    assert told["score"] == ["c29", "c28", "c27"]
    assert told["address"] == "#sort=score"
    assert told["control"] == told["alone"] == ["c0", "c1", "c2"]
    # 7n mod 30 is largest at n = 17.
    assert told["disagreement"] == "c17"
    assert told["failure"] == [*(f"c{number}" for number in range(0, 30, 3)), "c1"]
    assert told["typing"] == "Play"
    assert told["found"] == 11
    assert told["count"] == "11 of 30 rows"
