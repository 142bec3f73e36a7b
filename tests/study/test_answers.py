"""Strangers' files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motionbench.errors import MissingResourceError, UsageError
from motionbench.study import answers
from motionbench.study.records import Key

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def key(make_key: Callable[..., Key]) -> Key:
    return make_key(raters=3)


def content(key: Key, rater: int = 1, **changes: Any) -> dict[str, Any]:
    given = [{"item": one.id, "answer": "a", "seconds": 1.5} for one in key.raters[rater - 1]]
    whole = {"kind": "motionbench study answers", "schema_version": 1, "study": key.digest, "rater": rater}
    return {**whole, "consent": True, "answers": given, **changes}


def write(path: Path, value: Any) -> Path:
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def test_files_and_folders_are_read_in_the_order_of_raters(key: Key, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    late = write(tmp_path / "a.json", content(key, 3))
    write(tmp_path / "more" / "b.json", content(key, 1))
    found = answers.read(key, [late, tmp_path / "more"])
    assert [sheet.rater for sheet in found] == [1, 3]
    assert set(found[0].answers) == {one.id for one in key.raters[0]}
    assert found[0].answers[key.raters[0][0].id] == answers.Answer("a", 1.5)


def test_all_faults_of_all_files_are_told_at_once(key: Key, tmp_path: Path) -> None:
    shown = [one.id for one in key.raters[0]]
    said = content(key)["answers"]
    cases = {
        "json": ("{", "Invalid JSON"),
        "kind": (content(key, kind="other"), "kind: Input should be 'motionbench study answers'"),
        "newer": (content(key, schema_version=2), "schema_version: Input should be 1"),
        "extra": (content(key, method="x"), "method: Extra inputs are not permitted"),
        "consent": (content(key, consent=False), "consent: Input should be True"),
        "study": (content(key, study="0" * 64), f"of another study (00000000…, this is {key.digest[:8]}…)"),
        "rater": ({**content(key), "rater": 4}, "rater 4 is not in the study, which has 3"),
        "few": (content(key, answers=said[2:]), f"2 of {len(shown)} screens have no answer"),
        "other": (
            content(key, answers=[*said, {**said[0], "item": "e" * 16}]),
            "1 answers are of screens that rater 1",
        ),
        "twice": (content(key, answers=[*said, said[0]]), "1 answers are there twice"),
        "choice": (content(key, answers=[{**said[0], "answer": "left"}]), "answers.0.answer: Input should be 'a', 'b'"),
        "seconds": (content(key, answers=[{**said[0], "seconds": -1}]), "answers.0.seconds"),
        "infinite": (json.dumps(content(key, answers=[{**said[0], "seconds": float("nan")}])), "answers.0.seconds"),
        "large": (" " * (answers.LARGEST + 1), "larger than 2 MiB"),
    }
    files = [write(tmp_path / f"{name}.json", value) for name, (value, _) in cases.items()]
    with pytest.raises(UsageError) as caught:
        answers.read(key, [*files, tmp_path / "absent.json"])
    told = {line.split(": ", 1)[0]: line.split(": ", 1)[1] for line in str(caught.value).splitlines()[1:]}
    for name, (_, fault) in cases.items():
        assert fault in told[str(tmp_path / f"{name}.json")]
    assert told[str(tmp_path / "absent.json")] == "cannot be read: No such file or directory"


def test_a_rater_answers_once(key: Key, tmp_path: Path) -> None:
    files = [write(tmp_path / f"{name}.json", content(key, 2)) for name in "ab"]
    with pytest.raises(UsageError, match=r"b\.json: rater 2 answers in .*a\.json too; keep one of them"):
        answers.read(key, files)


def test_a_folder_without_answers_is_told(key: Key, tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match="no answers in"):
        answers.read(key, [tmp_path])


def test_what_a_file_says_is_not_repeated_to_the_terminal(key: Key, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", content(key, **{"\x1b[2Jowned\n": 1}))
    with pytest.raises(UsageError) as caught:
        answers.read(key, [path])
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2


@settings(max_examples=150, deadline=None)
@given(value=json_values, field=st.sampled_from(["", "rater", "answers", "study", "consent"]))
def test_no_json_does_more_than_be_refused(
    value: Any, field: str, key: Key, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "a.json"
    write(path, json.dumps({**content(key), field: value} if field else value))
    try:
        answers.read(key, [path])
    except UsageError:
        return
    assert field in ("rater", "consent")
