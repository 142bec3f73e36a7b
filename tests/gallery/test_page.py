"""The page's data, and that nothing in it can act."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from motionbench.gallery import page
from motionbench.gallery.exhibits import Exhibition
from motionbench.gallery.shelf import Forms, Shelf
from motionbench.store import Configuration

Maker = Callable[[int], tuple[Exhibition, Shelf]]


def data_of(html: str) -> str:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return found[1]


def test_no_text_of_a_run_is_markup_in_the_page(configuration: Configuration, exhibition: Maker) -> None:
    shown, shelf = exhibition(1)
    html = page.files(configuration, shown, shelf.grid)["index.html"]
    text = data_of(html)
    assert not set("<>&") & set(text)
    assert json.loads(text)["exhibits"][0]["prompt"] == shown.exhibits[0].entry.prompt
    assert html.count("owned") == 1


def test_the_data_holds_scores_reasons_and_the_words_of_the_receipt(
    configuration: Configuration, exhibition: Maker
) -> None:
    shown, shelf = exhibition(1)
    data = page.contents(configuration, shown, shelf.grid, "my store")
    assert data["tail"] == "--plan 0123456789ab --store 'my store'"
    assert [method["word"] for method in data["methods"]] == ["'ours[rate=0.5]'", "theirs", "copy"]
    assert [method["control"] for method in data["methods"]] == [False, False, True]
    ours, theirs, _ = data["exhibits"][0]["cells"]
    assert ours["values"] == (0.0, 0.5)
    assert theirs["values"] == (None, None)
    assert theirs["still"] == {"name": "", "points": False, "reason": "it <exploded>"}


def test_the_default_store_is_not_named(configuration: Configuration, exhibition: Maker) -> None:
    shown, shelf = exhibition(1)
    assert page.contents(configuration, shown, shelf.grid)["tail"] == "--plan 0123456789ab"


def test_the_endings_of_files_stand_in_the_order_they_are_tried(
    configuration: Configuration, exhibition: Maker
) -> None:
    shown, shelf = exhibition(1)
    grid = page.contents(configuration, shown, shelf.grid, forms=Forms(("webm", "h264"), 8.0))["grid"]
    assert (grid["films"], grid["fps"]) == (["webm", "mp4"], 8.0)
    assert "films" not in page.contents(configuration, shown, shelf.grid)["grid"]


def test_all_that_is_loaded_lies_in_the_folder(gallery: Path) -> None:
    for name in (*page.ASSETS, "index.html"):
        text = (gallery / name).read_text(encoding="utf-8")
        assert not re.search(r"https?:|//[a-z]+\.|@import|\bfetch\(|XMLHttpRequest|innerHTML|insertAdjacentHTML", text)
    index = (gallery / "index.html").read_text(encoding="utf-8")
    linked = re.findall(r'(?:src|href)="([^"]+)"', index)
    assert sorted(linked) == sorted(["data:,", *page.ASSETS])


@pytest.mark.parametrize("text", ["</script>", "<!--<script>", "a & b"])
def test_embedded_json_is_the_same_value(text: str) -> None:
    made = page.embedded(json.dumps(text))
    assert not set("<>&") & set(made)
    assert json.loads(made) == text
