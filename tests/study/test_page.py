"""The raters' page as text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from motionbench.gallery import pictures
from motionbench.study import page
from motionbench.study.page import Screen
from motionbench.study.records import Key
from motionbench.types import Protocol

PROMPT = "a </script><script>document.title = 'owned'</script><b>cat</b> & \"dog\""
GRID = pictures.grid(Protocol("p", 5, 50.0, 16, 16, "lk", 4), 64)


@pytest.fixture(scope="module")
def texts(make_key: Callable[..., Key]) -> dict[str, str]:
    key = make_key(questions=("motion", "prompt"))
    screens = {one.id: Screen("1" * 24, "2" * 24, "3" * 24, PROMPT) for shown in key.raters for one in shown}
    return page.files(key, screens, GRID, 50.0, ["CC-BY-4.0, <Ann>"])


def test_the_page_tells_no_method_case_clip_role_or_known_answer(
    texts: dict[str, str], make_key: Callable[..., Key]
) -> None:
    key = make_key(questions=("motion", "prompt"))
    html = texts["page.html"]
    found = re.search(r'id="data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    data = json.loads(found[1])
    assert set(data) == {"study", "consent", "credits", "fps", "grid", "scale", "questions", "raters"}
    screens = [screen for shown in data["raters"] for screen in shown]
    assert len(screens) == sum(map(len, key.raters))
    assert {name for screen in screens for name in screen} == {"id", "question", "a", "b", "reference", "prompt"}
    for word in (*key.labels, key.plan_id, "attention", "repeat", "frozen", "c0", "r0"):
        assert f'"{word}"' not in found[1]


def test_no_text_is_markup(texts: dict[str, str]) -> None:
    html = texts["page.html"]
    assert "<script>document" not in html
    assert "<Ann>" not in html


def test_all_that_is_loaded_lies_in_the_folder(texts: dict[str, str]) -> None:
    outside = r"https?:|//[a-z]+\.|@import|\bfetch\(|XMLHttpRequest|innerHTML|insertAdjacentHTML|sendBeacon|WebSocket"
    for text in texts.values():
        assert not re.search(outside, text)
    linked = re.findall(r'(?:src|href)="([^"]+)"', texts["page.html"])
    assert sorted(linked) == sorted(["data:,", *page.ASSETS])


def test_the_clock_and_the_videos_are_the_gallerys(texts: dict[str, str]) -> None:
    assets = Path(pictures.__file__).parent / "assets"
    for name in ("clock.js", "video.js"):
        assert texts[name] == (assets / name).read_text(encoding="utf-8")
