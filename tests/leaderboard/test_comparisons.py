"""A comparison as JSON, as a comment on a pull request, and in a line."""

from __future__ import annotations

import json

from motionbench.leaderboard.compare import Change, Comparison
from motionbench.leaderboard.comparisons import HEADER, as_json, as_markdown, cells, headline, notes
from motionbench.leaderboard.statistics import Interval

WORSE = Change("fym[rank=8]", "mf", "higher", 3, "regression", "", 0.5, 0.4, Interval(-0.1, -0.15, -0.05, 8), 0.03)
LOST = Change(
    "fym", "leak|age", "lower", 2, "inconclusive", "the head has no value where the base has one", missing=("a--p1",)
)
SAME = Change("lora", "mf", "higher", 3, "steady", "", 0.5, 0.5, Interval(0.0, 0.0, 0.0, 8), 0.03)
FOUND = Comparison("main.json", "head_1.json", "mini", (WORSE, LOST, SAME), ("fym: version 1 → 2",))


def test_cells_show_both_means_the_signed_difference_with_its_interval_and_the_threshold() -> None:
    assert cells(WORSE) == (
        "regression",
        "fym[rank=8]",
        "mf ↑",
        "0.500",
        "0.400",
        "-0.100 [-0.150, -0.050]",
        "0.03",
    )
    assert cells(LOST) == ("inconclusive", "fym", "leak|age ↓", "—", "—", "—", "—")
    assert len(HEADER) == len(cells(SAME))


def test_the_headline_counts_what_matters() -> None:
    assert headline(FOUND) == "1 regression, 1 inconclusive: head_1.json against main.json, suite mini"
    quiet = Comparison("a", "b", "mini", (SAME,), ())
    assert headline(quiet) == "no regression: b against a, suite mini"
    assert headline(Comparison("a", "b", "mini", (), ())) == "nothing to compare: b against a, suite mini"


def test_notes_say_why_something_is_inconclusive_and_on_which_cases() -> None:
    assert list(notes(FOUND))[1:] == [
        "fym leak|age: the head has no value where the base has one (a--p1)",
        "fym: version 1 → 2",
    ]


def test_markdown_shows_what_changed_folds_the_rest_and_escapes_names() -> None:
    text = as_markdown(FOUND)
    assert text.startswith("**1 regression, 1 inconclusive: head\\_1.json against main.json, suite mini**\n")
    shown, folded = text.split("<details><summary>1 more</summary>")
    assert "| regression | fym[rank=8] | mf ↑ | 0.500 | 0.400 | -0.100 [-0.150, -0.050] | 0.03 |" in shown
    assert "leak\\|age" in shown
    assert "| steady | lora |" in folded
    assert text.endswith("- fym: version 1 → 2\n")


def test_json_holds_verdict_exit_code_and_every_interval() -> None:
    data = json.loads(as_json(FOUND, 4))
    assert (data["verdict"], data["exit_code"], data["base"]) == ("regression", 4, "main.json")
    assert data["changes"][0]["difference"] == {"mean": -0.1, "low": -0.15, "high": -0.05, "references": 8}
    assert data["changes"][1]["missing"] == ["a--p1"]
