"""The raters' page: what each rater sees as JSON inside the HTML, and the fixed files beside it.

Nothing in the page or in a file's name tells a method: videos and showings have names that stand for nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from motionbench.gallery.page import embedded
from motionbench.gallery.pictures import Grid
from motionbench.gallery.points import SCALE
from motionbench.gallery.shelf import Kind
from motionbench.study.records import WORDING, Key, Showing

INDEX = "page.html"
PAGE = Kind("study", INDEX, '<meta name="generator" content="motionbench study">', ("pictures",))
ASSETS = ("study.css", "clock.js", "video.js", "answers.js", "study.js")
"""Shipped with the package; the scripts are loaded in this order."""
_SHARED = ("clock.js", "video.js")
"""With the gallery."""


@dataclass(frozen=True)
class Screen:
    """What one showing puts on the screen: names of pictures, and a text."""

    a: str
    b: str
    reference: str = ""
    prompt: str = ""


def files(key: Key, screens: Mapping[str, Screen], grid: Grid, fps: float, credits: Sequence[str]) -> dict[str, str]:
    """The page's texts by file name; ``screens`` by the ids of showings."""
    data = json.dumps(contents(key, screens, grid, fps, credits), allow_nan=False, separators=(",", ":"))
    html = _asset("page.html").replace("@MARK@", PAGE.mark).replace("@DATA@", embedded(data))
    return {**{name: _asset(name) for name in ASSETS}, INDEX: html}


def contents(key: Key, screens: Mapping[str, Screen], grid: Grid, fps: float, credits: Sequence[str]) -> dict[str, Any]:
    """All that the page holds, as JSON values; of the key no more than its digest and the raters' consent."""
    return {
        "study": key.digest,
        "consent": key.consent,
        "credits": list(credits),
        "fps": fps,
        "grid": {"frames": grid.frames, "columns": grid.columns, "width": grid.width, "height": grid.height},
        "scale": SCALE,
        "questions": {question: WORDING[question] for question in key.questions},
        "raters": [[_screen(one, screens[one.id]) for one in shown] for shown in key.raters],
    }


def _screen(showing: Showing, screen: Screen) -> dict[str, str]:
    return {
        "id": showing.id,
        "question": showing.question,
        "a": screen.a,
        "b": screen.b,
        "reference": screen.reference,
        "prompt": screen.prompt,
    }


def _asset(name: str) -> str:
    owner = "motionbench.gallery" if name in _SHARED else "motionbench.study"
    return (resources.files(owner) / "assets" / name).read_text(encoding="utf-8")
