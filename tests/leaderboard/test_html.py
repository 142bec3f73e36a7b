"""HTML: one file, nothing executable, every text shown as text."""

from __future__ import annotations

import dataclasses
from html.parser import HTMLParser

import pytest

from motionbench.leaderboard import stamps
from motionbench.leaderboard.aggregate import Board, board
from motionbench.leaderboard.html import html
from motionbench.leaderboard.sheets import Quotation
from motionbench.leaderboard.views import View
from motionbench.store import Configuration, Row

EVIL = "<script>alert(1)</script>\"'&"


class Reader(HTMLParser):
    """Elements, their attributes, and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


@pytest.fixture
def made(configuration: Configuration, rows: list[Row]) -> Board:
    methods = tuple(dataclasses.replace(m, label=EVIL) if m.label == "fym" else m for m in configuration.methods)
    changed = [dataclasses.replace(r, method=EVIL) if r.method == "fym" else r for r in rows]
    return board(dataclasses.replace(configuration, methods=methods, notice=EVIL, command=EVIL), changed)


def test_text_of_methods_notices_and_commands_is_shown_and_never_run(made: Board) -> None:
    read = Reader(html(made))
    assert read.count("script") == 0
    assert EVIL in read.texts
    assert {"motionbench-run": EVIL}.items() <= {a.get("name"): a.get("content") for _, a in read.elements}.items()


def test_nothing_is_loaded_from_elsewhere(made: Board) -> None:
    text = html(made)
    assert not [tag for tag, given in Reader(text).elements if {"src", "href", "onclick"} & set(given)]
    assert "url(" not in text
    assert "@import" not in text


def test_controls_have_a_body_of_their_own_and_marks_their_class(made: Board) -> None:
    text = html(made)
    overall = text[text.index('<section id="overall"') : text.index("</section>")]
    methods, controls = overall.split("<tbody>")[1:]
    assert '<span class="best">0.640</span>' in methods
    assert "backbone" not in methods
    assert controls.count('<tr class="control" title="control">') == 2


def test_quotations_stand_apart_and_say_so(made: Board) -> None:
    text = html(made, View(quoted=True), [Quotation("fym", "motion_fidelity", 0.971, "its <own>", "arXiv")])
    quoted = text[text.index('<section id="quoted" class="words">') :]
    assert "quoted from papers, not measured here" in quoted
    assert "its &lt;own&gt;" in quoted
    assert "0.971" not in text[: text.index('<section id="quoted"')]


def test_the_stamp_is_read_back(made: Board) -> None:
    view = View(by="prompt", half_width=True, metrics=("mf",))
    assert stamps.read(html(made, view)) == stamps.Stamp(("p1",), view)
