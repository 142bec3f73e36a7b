"""Films as Chromium plays them: numbers painted into the frames are read back from the canvases of all cells."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Drive = Callable[..., Any]
"""The fixture ``drive``."""

READABLE = ("--allow-file-access-from-files",)
"""A page may not read pixels of other files, only show them."""
READ = """
const eye = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const pixel = (canvas, x, y) => {
  eye.clearRect(0, 0, 1, 1);
  eye.drawImage(canvas, x * canvas.width, y * canvas.height, 1, 1, 0, 0, 1, 1);
  return eye.getImageData(0, 0, 1, 1).data;
};
const read = (canvas) => {
  let value = 0;
  for (let bit = 0; bit < 5; bit += 1) {
    const [red, , , alpha] = pixel(canvas, (13 * bit + 6) / 67, 0.25);
    if (alpha === 0) return -1;
    value += (red > 128) << bit;
  }
  return value;
};
const values = () => [...new Set(all("canvas").map(read))];
const whole = () => all("canvas").length > 3 && all("canvas").every((canvas) => canvas.dataset.frame);
const settled = async () => { await until(whole); return values(); };
"""
ACT = """
const told = { start: await settled(), stepped: [], backward: [], playing: [] };
told.colour = [...pixel(all("canvas")[0], 0.5, 0.75)].slice(0, 3);
for (let i = 0; i < 21; i += 1) { press("ArrowRight"); told.stepped.push(await settled()); }
for (let i = 0; i < 5; i += 1) { press("ArrowLeft"); told.backward.push(await settled()); }
const scrub = document.getElementById("scrub");
scrub.value = 13; scrub.dispatchEvent(new Event("input")); told.scrubbed = await settled();
press(" ");
for (let i = 0; i < 30; i += 1) { await wait(40); told.playing.push(values()); }
press(" ");
return told;"""


@pytest.mark.parametrize("names", [("h264",), ("webm",)], ids="+".join)
def test_every_cell_shows_the_clocks_frame_stepping_scrubbing_and_playing(
    drive: Drive, films: Callable[..., Path], names: tuple[str, ...]
) -> None:
    seen = drive(films(*names), READ + ACT, "#frame=0", READABLE)
    told = seen.told
    assert seen.console == []
    assert told["start"] == [0]
    assert told["stepped"] == [[(n + 1) % 21] for n in range(21)]
    assert told["backward"] == [[20 - n] for n in range(5)]
    assert told["scrubbed"] == [13]
    assert {len(values) for values in told["playing"]} == {1}
    assert len({values[0] for values in told["playing"]}) > 3
    assert told["colour"] == pytest.approx((200, 60, 30), abs=6)


def test_the_clock_waits_until_the_videos_in_view_are_there(drive: Drive, films: Callable[..., Path]) -> None:
    act = """
    await settled(); choose("sort", "score"); await until(() => all("canvas").length > 3);
    press(" "); await wait(20);
    const told = { held: [document.getElementById("play").classList.contains("held")], seen: new Set() };
    for (let i = 0; i < 40; i += 1) {
      await wait(40);
      const shown = all("canvas[data-frame]").map(read);
      told.held.push(document.getElementById("play").classList.contains("held"));
      if (!told.held.at(-1)) told.seen.add(new Set(shown).size);
    }
    told.seen = [...told.seen];
    return told;"""
    told = drive(films("h264"), READ + act, "#frame=0", READABLE).told
    assert told["seen"] == [1]
    assert told["held"][0] is True
    assert told["held"][-1] is False


def test_where_the_first_file_does_not_play_the_second_does(drive: Drive, films: Callable[..., Path]) -> None:
    folder = films("h264", "webm")
    for path in folder.glob("films/*.mp4"):
        path.write_bytes(b"not a film")
    told = drive(folder, READ + 'press("End"); return await settled();', "#frame=0", READABLE).told
    assert told == [20]


def test_a_video_that_nothing_plays_says_so_and_holds_nobody_up(drive: Drive, films: Callable[..., Path]) -> None:
    folder = films("h264")
    first = sorted(folder.glob("films/*.mp4"))[0]
    first.write_bytes(b"not a film")
    act = """
    await until(() => all("canvas.broken").length && all("canvas[data-frame]").length > 2);
    press(" "); await wait(600);
    return { title: document.querySelector("canvas.broken").title, frames: frames() };"""
    told = drive(folder, act, "#frame=0").told
    assert "cannot show it" in told["title"]
    assert len(told["frames"]) == 1
    assert told["frames"] != ["0"]


@pytest.mark.parametrize("names", [("sprite",), ("h264", "webm")], ids="+".join)
def test_one_file_shows_the_same_alone(
    drive: Drive, films: Callable[..., Path], names: tuple[str, ...], tmp_path: Path
) -> None:
    folder = films(*names, one_file=True)
    assert [path.name for path in folder.iterdir()] == ["index.html"]
    shutil.copytree(folder, tmp_path / "elsewhere")
    act = 'press("End"); const told = { last: await settled() }; press("ArrowRight"); told.first = await settled();'
    seen = drive(tmp_path / "elsewhere", READ + act + "return told;", "#frame=0")
    assert seen.console == []
    assert seen.told == {"last": [20], "first": [0]}
