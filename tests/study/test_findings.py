"""What is printed of a study."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from motionbench.errors import MissingResourceError, NotComparableError, UsageError
from motionbench.study import findings, printing, records
from motionbench.study.records import Key

TRUE = {"ours[rate=0.5]": 2.0, "theirs": 0.7, "baseline": -0.7, "control": -2.0}


@pytest.fixture
def found(make_key: Callable[..., Key], answer: Callable[..., Any], judge_of: Callable[..., Any]) -> findings.Findings:
    key = make_key(questions=("motion", "prompt"))
    return findings.find(key, answer(key, judge_of(TRUE), wrong=(2,)), draws=100)


def test_raters_who_fail_attention_items_are_dropped_and_named(found: findings.Findings) -> None:
    assert (found.kept, len(found.raters)) == (5, 6)
    assert [(one.rater, one.right, one.asked) for one in found.raters if not one.kept] == [(2, 0, 5)]
    assert found.findings[0].votes == 5 * 24
    assert found.findings[0].raters_a_pair == (5, 5)
    text = printing.as_markdown(found)
    assert (
        "5 of 6 raters count: those with fewer than 80% of 5 attention items right are left out; rater 2 had 0" in text
    )


def test_four_of_five_attention_items_are_enough(
    make_key: Callable[..., Key], answer: Callable[..., Any], judge_of: Callable[..., Any]
) -> None:
    key = make_key(raters=3)
    sheets = list(answer(key, judge_of(TRUE)))
    checks = [one.id for one in key.raters[0] if one.role == "attention"]
    for wrong, kept in ((1, 3), (2, 2)):
        spoiled = {name: dataclasses.replace(sheets[0].answers[name], choice="tie") for name in checks[:wrong]}
        first = dataclasses.replace(sheets[0], answers={**sheets[0].answers, **spoiled})
        assert findings.find(key, [first, *sheets[1:]], draws=20).kept == kept
    assert findings.find(key, [first, *sheets[1:]], draws=20).findings[0].no_interval == "fewer than 3 raters"


def test_nobody_left_is_an_error(make_key: Callable[..., Key], answer: Callable[..., Any]) -> None:
    key = make_key(raters=2)
    with pytest.raises(UsageError, match="none of 2 raters has 80% of the attention items right"):
        findings.find(key, answer(key, lambda showing, generator: "a", wrong=(1, 2)))


def test_methods_stand_in_the_order_of_their_strengths_with_wins_to_match(found: findings.Findings) -> None:
    one = found.findings[0]
    assert [strength.method.label for strength in one.strengths] == list(TRUE)
    for row, strength in enumerate(one.strengths):
        assert sum(one.wins[row]) == strength.wins
        assert one.wins[row][row] == 0
        assert strength.low is not None
        assert strength.low < strength.value < strength.high  # type: ignore[operator]
    assert sum(map(sum, one.wins)) == one.votes


def test_questions_are_counted_apart(found: findings.Findings) -> None:
    assert [one.question for one in found.findings] == ["motion", "prompt"]
    assert all(one.votes == 120 for one in found.findings)
    assert found.findings[0].wins != found.findings[1].wins


def test_a_method_without_votes_has_a_reason_in_every_format(
    make_key: Callable[..., Key], answer: Callable[..., Any], judge_of: Callable[..., Any]
) -> None:
    key = make_key()
    judge = judge_of(TRUE)
    sheets = answer(key, lambda one, generator: "skip" if "control" in one.pair else judge(one, generator))
    seen = findings.find(key, sheets, draws=20)
    last = seen.findings[0].strengths[-1]
    assert (last.method.label, last.value, last.low, last.reason) == ("control", None, None, "no votes")
    assert seen.findings[0].skips == 6 * 12
    for text in (printing.as_markdown(seen), printing.as_latex(seen), printing.as_json(seen)):
        assert "control has no strength: no votes" in text
    assert json.loads(printing.as_json(seen))["findings"][0]["strengths"][-1]["value"] is None


def test_latex_escapes_labels_and_stamps_the_study(found: findings.Findings) -> None:
    text = printing.as_latex(found)
    assert f"study: {found.study}" in text.splitlines()[0]
    assert text.count("\\begin{tabular}") == text.count("\\toprule") == 5
    assert "{ours[rate=0.5]} & +" in text
    assert "[U+" not in text


def test_a_key_is_read_back_and_a_changed_or_newer_one_refused(make_key: Callable[..., Key], tmp_path: Path) -> None:
    key, path = make_key(), tmp_path / "key.json"
    with pytest.raises(MissingResourceError, match="that motionbench study make wrote"):
        records.read(tmp_path)
    path.write_text(records.text(key), encoding="utf-8")
    assert records.read(tmp_path) == key
    data = json.loads(records.text(key))
    for change, error, message in (
        ({"seed": 7}, UsageError, "was changed after the study was made"),
        ({"schema_version": 2}, NotComparableError, "reads up to 1"),
        ({"kind": "other"}, UsageError, "is not the key of a study"),
        ({"raters": [[{"id": 1}]]}, UsageError, "is not the key of a study: 'slot'"),
    ):
        path.write_text(json.dumps({**data, **change}), encoding="utf-8")
        with pytest.raises(error, match=message):
            records.read(tmp_path)


def test_without_the_extra_the_line_to_type_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingResourceError, match=r"choix, which is not installed\nInstall it: pip install 'motion"):
        findings.require()
