"""The raters' page as Chromium shows it from disk, in real time: a script of the test answers it by its keys."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motionbench.gallery import pictures
from motionbench.gallery.shelf import Shelf
from motionbench.study import answers, page
from motionbench.study.page import PAGE, Screen
from motionbench.study.records import Key, Showing
from motionbench.types import Protocol, Video

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

PROTOCOL = Protocol("p", 4, 100.0, 16, 16, "lk", 4)
PROMPT = "a </script><script>document.title = 'owned'</script><b>cat</b> & \"dog\""
DRIVER = """
<script>
const at = (id) => document.getElementById(id);
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const until = async (holds) => {
  for (let tries = 0; !holds() && tries < 400; tries += 1) await wait(5);
  if (!holds()) throw new Error(`waited in vain for ${holds}`);
};
const press = (key) =>
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const may = () => !document.querySelector("[data-answer=a]").disabled;
const place = () => at("place").textContent;
const phase = Number(sessionStorage.getItem("phase"));
const told = JSON.parse(sessionStorage.getItem("told") ?? "{}");
const reload = () => {
  sessionStorage.setItem("phase", phase + 1);
  sessionStorage.setItem("told", JSON.stringify(told));
  location.reload();
};
const start = (rater) => {
  at("rater").value = rater;
  at("agreed").checked = true;
  at("entry").requestSubmit();
};
const saved = async () => {
  let blob = null;
  let name = null;
  const make = URL.createObjectURL;
  URL.createObjectURL = (one) => make.call(URL, (blob = one));
  HTMLAnchorElement.prototype.click = function () { name = this.download; };
  at("save").click();
  return { name, text: await blob.text() };
};
(async () => {
  const done = await (async () => {@ACT@})();
  if (done) console.log(`told ${encodeURIComponent(JSON.stringify(done))} end`);
})().catch((error) => console.error(error));
</script>
"""


@dataclass(frozen=True)
class Seen:
    """What the script returned, and what the console said."""

    told: Any
    console: list[str]


@pytest.fixture
def study(tmp_path: Path, make_key: Callable[..., Key]) -> tuple[Key, Path]:
    """Two questions, two methods, three raters."""
    key = make_key(methods=("ours[rate=0.5]", "theirs"), clips=4, raters=3, pairs=3, questions=("motion", "prompt"))
    shelf = Shelf(tmp_path / "for-raters", pictures.grid(PROTOCOL, 64), PAGE)
    screens = {one.id: _screen(shelf, one) for shown in key.raters for one in shown}
    for name, text in page.files(key, screens, shelf.grid, PROTOCOL.fps, ["CC-BY-4.0, <i>Ann</i>"]).items():
        shelf.text(name, text)
    return key, shelf.folder


def _screen(shelf: Shelf, one: Showing) -> Screen:
    reference = _picture(shelf, one.slot.case) if one.question == "motion" else ""
    a, b = (_picture(shelf, f"{name} {one.slot.case}") for name in (one.a, one.b))
    return Screen(a, b, reference, PROMPT if one.question == "prompt" else "")


def _picture(shelf: Shelf, content: str) -> str:
    name = shelf.name(content)
    random = np.random.default_rng(len(content))
    shelf.picture(name, lambda: Video(random.integers(0, 256, (4, 16, 16, 3), dtype=np.uint8), 100.0))
    return name


def drive(folder: Path, act: str, address: str = "") -> Seen:
    """Open the page at an address, act, and tell; an act that returns nothing goes on in the next load."""
    driven = folder / "driven.html"
    html = (folder / page.INDEX).read_text(encoding="utf-8")
    driven.write_text(html.replace("</body>", DRIVER.replace("@ACT@", act) + "</body>"), encoding="utf-8")
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--window-size=1000,900"]
    words += [f"--user-data-dir={folder.parent / 'profile'}", "--remote-debugging-port=0"]
    command = [str(CHROMIUM), *words, f"{driven.as_uri()}{address}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, encoding="utf-8") as browser:
        watchdog = threading.Timer(60, browser.kill)
        watchdog.start()
        try:
            return _heard(browser.stderr or [])
        finally:
            watchdog.cancel()
            browser.terminate()


def _heard(lines: Iterable[str]) -> Seen:
    from urllib.parse import unquote

    console: list[str] = []
    for line in lines:
        if found := re.search(r'CONSOLE.*"told (\S*) end", source', line):
            return Seen(json.loads(unquote(found[1])), console)
        if "CONSOLE" in line:
            console.append(line)
            if "waited in vain" in line:
                break
    raise RuntimeError(f"the page said nothing: {console}")


def test_a_rater_answers_by_keys_through_a_reload_and_saves_what_was_answered(
    study: tuple[Key, Path], tmp_path: Path
) -> None:
    key, folder = study
    act = """
    const given = told.given ?? [];
    const keys = { a: "a", b: "b", tie: "t", skip: "s" };
    const answer = async (choice) => {
      await until(may);
      given.push(choice);
      press(keys[choice]);
    };
    if (phase === 0) {
      start(2);
      told.first = place();
      for (const choice of ["a", "b", "tie"]) await answer(choice);
      await until(may);
      press("Backspace");
      given.pop();
      await answer("skip");
      told.given = given;
      return reload();
    }
    told.resumed = place();
    const choices = ["b", "tie", "a"];
    for (let n = 0; at("end").hidden; n += 1) await answer(choices[n % 3]);
    return { ...told, given, shown: at("text").value, ...(await saved()) };"""
    seen = drive(folder, act)
    assert seen.console == []
    shown = key.raters[1]
    assert seen.told["first"] == f"part 1 of 2, screen 1 of {len(shown)}"
    assert seen.told["resumed"] == f"part 1 of 2, screen 4 of {len(shown)}"
    assert seen.told["name"] == f"answers-rater-2-{key.digest[:8]}.json"
    assert seen.told["text"] == seen.told["shown"]
    path = tmp_path / "a.json"
    path.write_text(seen.told["text"], encoding="utf-8")
    [sheet] = answers.read(key, [path])
    assert sheet.rater == 2
    assert [sheet.answers[one.id].choice for one in shown] == seen.told["given"]
    assert seen.told["given"][:3] == ["a", "b", "skip"]


def test_texts_are_text_and_the_reference_shows_where_motion_is_asked(study: tuple[Key, Path]) -> None:
    _, folder = study
    act = """
    const before = { start: !at("start").hidden, rater: at("rater").value, credits: at("credits").textContent };
    at("entry").requestSubmit();
    before.refused = !at("start").hidden;
    start(1);
    const canvases = () => [...document.querySelectorAll("#item figure:not([hidden]) canvas")];
    await until(may);
    const motion = { ask: at("ask").textContent, videos: canvases().length, prompt: at("prompt").hidden };
    motion.frames = new Set(canvases().map((canvas) => canvas.dataset.frame)).size;
    for (let n = 0; at("prompt").hidden; n += 1) { await until(may); press("t"); }
    await until(may);
    const prompt = { ask: at("ask").textContent, videos: canvases().length, text: at("prompt").textContent };
    const title = document.title;
    return { before, motion, prompt, title, bold: document.querySelectorAll("main b, main i").length };"""
    seen = drive(folder, act, "#rater=3")
    assert seen.console == []
    assert seen.told == {
        "before": {"start": True, "rater": "3", "credits": "Footage: CC-BY-4.0, <i>Ann</i>.", "refused": True},
        "motion": {"ask": "Which video moves more like the reference?", "videos": 3, "prompt": True, "frames": 1},
        "prompt": {"ask": "Which video fits the text better?", "videos": 2, "text": PROMPT},
        "title": "Which video is better?",
        "bold": 0,
    }


def test_no_answer_is_taken_before_both_videos_were_seen_whole(study: tuple[Key, Path]) -> None:
    act = """
    start(1);
    press("a"); press(" "); press("ArrowLeft"); press("b"); press("t");
    const early = [place(), may()];
    press("s");
    const skipped = place();
    await until(may);
    press("a");
    return { early, skipped, answered: place() };"""
    key, folder = study
    count = len(key.raters[0])
    assert drive(folder, act).told == {
        "early": [f"part 1 of 2, screen 1 of {count}", False],
        "skipped": f"part 1 of 2, screen 2 of {count}",
        "answered": f"part 1 of 2, screen 3 of {count}",
    }


def test_who_typed_a_wrong_number_gets_back_to_the_start_and_loses_no_answer(study: tuple[Key, Path]) -> None:
    act = """
    if (phase === 1) {
      told.again = !at("start").hidden;
      start(2);
      told.other = place();
      at("leave").click();
      sessionStorage.setItem("phase", 2);
      sessionStorage.setItem("told", JSON.stringify(told));
      return null;
    }
    start(1);
    if (phase === 2) return { ...told, resumed: place() };
    await until(may);
    press("a");
    sessionStorage.setItem("phase", 1);
    at("leave").click();"""
    key, folder = study
    count = len(key.raters[0])
    assert drive(folder, act).told == {
        "again": True,
        "other": f"part 1 of 2, screen 1 of {count}",
        "resumed": f"part 1 of 2, screen 2 of {count}",
    }


def test_a_video_that_does_not_load_is_told(study: tuple[Key, Path]) -> None:
    _, folder = study
    for path in (folder / "pictures").iterdir():
        path.unlink()
    act = 'start(1); await until(() => at("warning").textContent); return at("warning").textContent;'
    assert drive(folder, act).told == "A video of this screen does not load: press S to skip it."


def test_no_file_is_named_after_a_method(study: tuple[Key, Path]) -> None:
    key, folder = study
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert all(re.fullmatch(r"pictures/[0-9a-f]{24}\.webp", name) for name in names - {*page.ASSETS, page.INDEX})
    assert not any(label in (folder / page.INDEX).read_text(encoding="utf-8") for label in key.labels)
