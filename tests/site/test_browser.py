"""The site as Chromium shows it from disk: sorting by click and key, no word on the console, hostile text as text."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from motionbench.site import folder, inputs
from motionbench.site.building import files
from motionbench.site.catalogue import Catalogue
from motionbench.site.groups import groups

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
DRIVER = """
<script>
const heads = () => [...document.querySelector("table").tHead.rows[0].cells];
const rows = (body) => [...document.querySelector("table").tBodies[body].rows];
const column = (place, body = 0) => rows(body).map((row) => row.cells[place].textContent.trim());
const told = (() => {@ACT@})();
const out = document.createElement("pre");
out.id = "told";
out.textContent = JSON.stringify(told);
document.body.append(out);
</script>
"""


@pytest.fixture
def site(results: Path, tmp_path: Path) -> Path:
    made, _ = groups(inputs.find(results).sources)
    folder.replace(tmp_path / "site", files(Catalogue(made)))
    return tmp_path / "site"


def shown(page: Path) -> tuple[str, list[str]]:
    """The document after its scripts have run, and what the console said."""
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--virtual-time-budget=2000"]
    words += [f"--user-data-dir={page.parent}/.profile", "--dump-dom"]
    done = subprocess.run(
        [str(CHROMIUM), *words, page.as_uri()], capture_output=True, encoding="utf-8", timeout=60, check=True
    )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def drive(page: Path, act: str) -> Any:
    """Act on a copy of the page; its policy is taken out, as it admits no script of a test."""
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text(encoding="utf-8"))
    driven = page.with_name("driven.html")
    driven.write_text(text.replace("</body>", DRIVER.replace("@ACT@", act) + "</body>"), encoding="utf-8")
    document, console = shown(driven)
    assert console == []
    found = re.search(r'<pre id="told">(.*?)</pre>', document, re.DOTALL)
    assert found is not None
    return json.loads(unescape(found[1]))


def test_our_script_runs_under_the_policy_and_the_console_is_silent(site: Path) -> None:
    document, console = shown(site / "index.html")
    assert console == []
    assert 'aria-sort="none"' in document
    assert "<img" not in document
    assert "<title>Leaderboard · MotionBench</title>" in document


def test_a_script_that_is_not_ours_does_not_run(site: Path) -> None:
    page = site / "index.html"
    injected = page.read_text(encoding="utf-8").replace("</main>", "<script>document.title = 'owned'</script></main>")
    page.write_text(injected, encoding="utf-8")
    document, console = shown(page)
    assert "<title>Leaderboard" in document
    assert len(console) == 1


def test_a_click_sorts_numbers_with_the_missing_last_and_controls_apart(site: Path) -> None:
    act = """
    const up = heads()[1].querySelector("button");
    const seen = () => [heads()[1].getAttribute("aria-sort"), column(0)[0], column(0).at(-1), column(0, 1)];
    up.click(); const best = seen();
    up.click(); const worst = seen();
    const said = document.getElementById("said").textContent;
    heads()[0].querySelector("button").click();
    return { best, worst, said, names: column(0).slice(0, 4), other: heads()[1].getAttribute("aria-sort") };"""
    told = drive(site / "index.html", act)
    assert told["best"] == ["descending", "method-11", "failing", ["backbone (control)"]]
    assert told["worst"] == ["ascending", "method-1", "failing", ["backbone (control)"]]
    assert told["said"] == "Sorted by up ↑, ascending"
    # As a reader counts: 2 before 11.
    names = [name for name in told["names"] if name.startswith("method-")]
    assert names == sorted(names, key=lambda name: int(name.rpartition("-")[2]))
    assert told["other"] == "none"


def test_headings_take_the_keyboard_and_tables_can_be_scrolled_by_it(site: Path) -> None:
    act = """
    const button = heads()[2].querySelector("button");
    button.focus();
    return { focused: document.activeElement === button, kind: button.type, tag: button.tagName,
      scrolls: [...document.querySelectorAll(".scroll")].every((box) => box.tabIndex === 0 && box.ariaLabel),
      captions: [...document.querySelectorAll("table")].every((table) => table.caption),
      scopes: [...document.querySelectorAll("th")].every((cell) => ["row", "col"].includes(cell.scope)) };"""
    told = drive(site / "tables" / "first.html", act)
    assert told == {"focused": True, "kind": "button", "tag": "BUTTON"} | dict.fromkeys(
        ("scrolls", "captions", "scopes"), True
    )


def test_a_hostile_name_is_its_own_text(site: Path) -> None:
    act = """return { title: document.title, images: document.images.length,
      names: column(0).filter((name) => name.includes("onerror")) };"""
    told = drive(site / "index.html", act)
    assert told["title"] == "Leaderboard · MotionBench"
    assert told["images"] == 0
    assert told["names"] == ["../<img src=x onerror=\"document.title='owned'\">@BODY@"]
