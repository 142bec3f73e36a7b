"""What of a folder is read, and what is said of the rest."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from motionbench import provenance, submission
from motionbench.errors import NotComparableError, UsageError
from motionbench.gallery.shelf import MARK
from motionbench.site import inputs


def test_records_are_read_and_other_files_are_named(results: Path) -> None:
    found = inputs.find(results)
    assert [source.name for source in found.sources] == ["first.json", "second.json", "third.json"]
    assert found.passed_over == ("README.md", "other.json")
    assert found.broken == ()


def test_a_submission_is_read_by_its_own_reader(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = provenance.read_record(results / "third.json")
    monkeypatch.setattr(submission, "read", lambda path: run)
    (results / "zeta.motionbench").write_bytes(b"packed")
    last = inputs.find(results).sources[-1]
    assert (last.name, last.run) == ("zeta.motionbench", run)
    assert last.digest == hashlib.sha256(b"packed").hexdigest()


def _damaged(results: Path, *path: str | int, value: object) -> str:
    data = json.loads((results / "third.json").read_text())
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    (results / "third.json").write_text(json.dumps(data))
    (broken,) = inputs.find(results).broken
    assert broken.name == "third.json"
    return str(broken.error)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("scores", 0, "value"), "much", "score 1 of {file} is not a Row of MotionBench: value: "),
        (("scores", 0, "value"), float("nan"), "{file} is not JSON: NaN is not a number"),
        (("configuration", "methods", 0, "label"), 5, "{file} is not a Configuration of MotionBench: methods.0.label"),
        (("configuration", "suite"), "\ud800", "{file} is not JSON: 'utf-8' codec can't encode character '\\ud800'"),
        (("environments",), [], "{file} is not a run record: expected environments by name"),
        (("scores", 0, "strange"), 1, "is not a Row of MotionBench"),
    ],
)
def test_a_broken_record_is_told_with_the_place(
    results: Path, path: tuple[str | int, ...], value: object, message: str
) -> None:
    assert message.format(file=results / "third.json") in _damaged(results, *path, value=value)


def test_text_that_is_not_json_is_broken_and_a_link_is_passed_over(results: Path) -> None:
    (results / "a.json").write_text("{")
    (results / "b.json").symlink_to(results / "first.json")
    found = inputs.find(results)
    assert [one.name for one in found.broken] == ["a.json"]
    assert "b.json" in found.passed_over


def test_a_gallery_beside_a_record_is_found_only_where_it_is_one(results: Path) -> None:
    for name, text in (("first", MARK), ("second", "<p>else</p>")):
        (results / f"{name}.gallery").mkdir()
        (results / f"{name}.gallery" / "index.html").write_text(text)
    first, second, _ = inputs.find(results).sources
    assert first.gallery == results / "first.gallery"
    assert second.gallery is None


def test_all_broken_files_are_one_error_whose_code_is_theirs() -> None:
    newer = inputs.Broken("a\x1b[2J.json", NotComparableError("newer"))
    error = inputs.failure([newer])
    assert error.exit_code == 5
    assert "\x1b" not in str(error)
    both = inputs.failure([newer, inputs.Broken("b.json", UsageError("not\nJSON"))])
    assert both.exit_code == 2
    assert "2 files cannot be read" in str(both)
    assert "  b.json: not JSON" in str(both)
