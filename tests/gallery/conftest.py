"""Galleries made without a store, of noise and of counted frames, and a browser that opens them."""

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

from motionbench.gallery import onefile, page, pictures
from motionbench.gallery.disagreement import Disagreement
from motionbench.gallery.exhibits import Cell, Exhibit, Exhibition, Still
from motionbench.gallery.shelf import Forms, Shelf
from motionbench.store import CaseLine, Configuration, MethodLine, MetricLine
from motionbench.types import CaseEntry, Protocol, Tracks, Video

PROTOCOL = Protocol("p", 5, 8.0, 16, 16, "lk", 4)
PROMPT = "a </script><script>document.title = 'owned'</script><b>cat</b> & \"dog\""
METHODS = ("ours[rate=0.5]", "theirs", "copy")


@pytest.fixture(scope="session")
def configuration() -> Configuration:
    """Three methods, the last a control; two metrics."""
    return Configuration(
        plan_id="0123456789ab",
        suite="noise",
        notice="Noise <proves> nothing.",
        protocol=PROTOCOL,
        backbone="b",
        backbone_digest="",
        encoder="",
        encoder_digest="",
        seeds=(0,),
        tune_seed=0,
        methods=tuple(MethodLine(name, name, "1", name == "copy", False, "", {}) for name in METHODS),
        metrics=(MetricLine("up", "1", "u", "higher", "headline", 2), MetricLine("down", "1", "", "lower", "", 2)),
        cases=(CaseLine("c0", "camera", "r0", "d"),),
        score_keys=(),
        manifest_digest="",
    )


@pytest.fixture
def exhibition(tmp_path: Path) -> Callable[[int], tuple[Exhibition, Shelf]]:
    """So many exhibits: "up" rises with the number, and every third case fails for the second method."""

    def make(count: int) -> tuple[Exhibition, Shelf]:
        shelf = Shelf(tmp_path / "gallery", pictures.grid(PROTOCOL, 64))
        return _exhibition(shelf, count), shelf

    return make


@pytest.fixture(scope="session")
def gallery(configuration: Configuration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of thirty rows; nobody writes to it but into files of their own."""
    shelf = Shelf(tmp_path_factory.mktemp("shown") / "gallery", pictures.grid(PROTOCOL, 64))
    shown = _exhibition(shelf, 30)
    for name, text in page.files(configuration, shown, shelf.grid).items():
        shelf.text(name, text)
    return shelf.folder


COUNTED = Protocol("p", 21, 8.0, 131, 67, "lk", 4)
"""Frames of odd sizes, over two groups of frames and not the end of a third."""
BITS = 5
COLOUR = (200, 60, 30)


@pytest.fixture(scope="session")
def films(
    configuration: Configuration, counted: Video, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Path]:
    """A gallery of three rows in some forms, in a folder or a file; each frame shows its number as bars of bits."""

    def make(*names: str, one_file: bool = False) -> Path:
        grid, forms = pictures.grid(COUNTED, 320), Forms(names, COUNTED.fps)
        shelf = Shelf(tmp_path_factory.mktemp("films") / "gallery", grid, forms=forms)
        stills = [shelf.name(f"video {number}") for number in range(4)]
        for name in stills:
            shelf.video(name, lambda: counted)
        seen = [Still(name) for name in stills]
        cells = tuple(
            Cell(method, still, (1.0, 1.0), ("", ""), None) for method, still in zip(METHODS, seen[1:], strict=True)
        )
        entries = [CaseEntry(f"c{n}", "noise", "camera", f"r{n}", PROMPT, "a dog", "d") for n in range(3)]
        shown = Exhibition(tuple(Exhibit(entry, 0, seen[0], cells) for entry in entries), {}, {})
        texts = page.files(configuration, shown, grid, forms=forms)
        if one_file:
            onefile.write(shelf.folder.parent / "one" / "index.html", shelf.folder, texts)
            return shelf.folder.parent / "one"
        for name, text in texts.items():
            shelf.text(name, text)
        return shelf.folder

    return make


@pytest.fixture(scope="session")
def counted() -> Video:
    """Bar b of frame t is white where bit b of t is set; below is one colour."""
    frames = np.full((COUNTED.frames, COUNTED.height, COUNTED.width, 3), 16, np.uint8)
    frames[:, 66:] = COLOUR
    bar = COUNTED.width // BITS
    for frame in range(COUNTED.frames):
        for bit in range(BITS):
            if frame >> bit & 1:
                frames[frame, :66, bit * bar : (bit + 1) * bar] = 240
    return Video(frames, COUNTED.fps)


def _exhibition(shelf: Shelf, count: int) -> Exhibition:
    return Exhibition(tuple(_exhibit(shelf, number) for number in range(count)), {}, {})


def _exhibit(shelf: Shelf, number: int) -> Exhibit:
    category = "human" if number % 2 else "camera"
    entry = CaseEntry(f"c{number}", "noise", category, f"r{number}", PROMPT, "a dog", "d")
    cells = tuple(_cell(shelf, method, number) for method in METHODS)
    return Exhibit(entry, 0, _still(shelf, f"reference {number}"), cells)


def _cell(shelf: Shelf, method: str, number: int) -> Cell:
    if method == "theirs" and number % 3 == 0:
        return Cell(method, Still(reason="it <exploded>"), (None, None), ("it <exploded>",) * 2, None)
    # The control runs against the others, so that means with and without it differ in order.
    value = -10.0 * number if method == "copy" else float(number)
    apart = Disagreement(1.0 - number / 100 if method == "copy" else (number * 7 % 30) / 30, "up", "down")
    return Cell(method, _still(shelf, f"{method} {number}"), (value, 0.5), ("", ""), apart)


def _still(shelf: Shelf, content: str) -> Still:
    name = shelf.name(content)
    random = np.random.default_rng(len(content))
    shelf.picture(name, lambda: Video(random.integers(0, 256, (5, 16, 16, 3), dtype=np.uint8), 8.0))
    shelf.points(name, Tracks(random.uniform(0, 15, (4, 5, 2)).astype(np.float32), np.ones((4, 5), bool)), (16, 16))
    return Still(name, True)


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
COUNTER = """
<script>
window.pictures = 0;
window.Image = class extends window.Image { constructor() { super(); window.pictures += 1; } };
</script>
"""
DRIVER = """
<script>
const all = (selector) => [...document.querySelectorAll(selector)];
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const until = async (holds) => {
  for (let tries = 0; !holds() && tries < 100; tries += 1) await wait(50);
};
const press = (key, target = document.body) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const cases = () => all(".row").map((row) => row.dataset.case);
const frames = () => [...new Set(all("canvas[data-frame]").map((canvas) => canvas.dataset.frame))];
const choose = (id, value) => {
  document.getElementById(id).value = value;
  document.getElementById(id).dispatchEvent(new Event("change"));
};
(async () => {
  await until(() => all(".row canvas[data-frame]").length > 0);
  const told = await (async () => {@ACT@})();
  console.log(`told ${JSON.stringify(told)} end`);
})().catch((error) => console.error(error));
</script>
"""


@dataclass(frozen=True)
class Seen:
    """What the script returned, and what the console said."""

    told: Any
    console: list[str]


@pytest.fixture
def drive() -> Callable[..., Seen]:
    """Open a gallery's page at an address, act, and tell."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    return _driven


def _driven(folder: Path, act: str, address: str = "", flags: tuple[str, ...] = ()) -> Seen:
    index = (folder / "index.html").read_text(encoding="utf-8")
    driven = folder / "driven.html"
    driven.write_text(
        index.replace("<noscript>", COUNTER + "<noscript>").replace(
            "</body>", DRIVER.replace("@ACT@", act) + "</body>"
        ),
        encoding="utf-8",
    )
    words = [*flags, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--window-size=900,700"]
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
    console: list[str] = []
    for line in lines:
        if found := re.search(r'CONSOLE.*"told (.*) end", source', line):
            return Seen(json.loads(found[1]), console)
        if "CONSOLE" in line:
            console.append(line)
    raise RuntimeError(f"the page said nothing: {console}")
