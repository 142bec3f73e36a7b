"""A submission that is right is taken; each way of being wrong is told, all of them in one run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from motionbench.errors import NotComparableError, UsageError
from motionbench.store import Store
from motionbench.submission import checking, open_submission, packing, read

from .conftest import Change, edit_head, edit_rows

MISSING_CONTROLS = "the controls backbone, oracle, time-reversed are missing"


def _told(path: Path, share: float = 0.0) -> list[str]:
    """Faults besides the controls that the small run leaves out."""
    found = checking.check(path, share=share).faults
    return [f"{fault.check}: {fault.what}" for fault in found if MISSING_CONTROLS not in fault.what]


def test_what_is_exported_is_read_as_the_record_of_the_run(packed: Path) -> None:
    run = read(packed)
    assert (run.configuration.suite, len(run.configuration.cases), len(run.scores)) == ("mini", 8, 72)
    submission = open_submission(packed)
    assert len(submission.receipts) == 24
    assert all(receipt.video and receipt.generation for receipt in submission.receipts)


def test_the_same_run_gives_the_same_bytes(packed: Path, tmp_path: Path) -> None:
    store = Store.open(packed.parent / "store", create=False)
    packing.export(store, store.plan(), tmp_path / "again.motionbench", videos=True)
    assert (tmp_path / "again.motionbench").read_bytes() == packed.read_bytes()


def test_a_right_one_lacks_nothing_but_the_controls_that_it_left_out(packed: Path) -> None:
    assert [f"{fault.check}: {fault.what}" for fault in checking.check(packed, share=0.0).faults] == [
        f"controls: {MISSING_CONTROLS}"
    ]


def _row(count: int = 1, **changes: Any) -> Change:
    """Of the first scores of the control that stands still."""

    def spoil(rows: list[dict[str, Any]]) -> None:
        still = [row for row in rows if (row["method"], row["metric"]) == ("frozen", "motion_fidelity[local]")]
        for row in still[:count]:
            row.update(changes)

    return lambda members: edit_rows(members, spoil)


def _drop(members: dict[str, bytes]) -> None:
    edit_rows(members, lambda rows: rows.__delitem__(slice(3)))


def _twice(members: dict[str, bytes]) -> None:
    edit_rows(members, lambda rows: rows.append(dict(rows[0])))


def _configuration(**changes: Any) -> Change:
    def edit(members: dict[str, bytes]) -> None:
        configuration = json.loads(members["submission.json"])["configuration"]
        edit_head(members, configuration=configuration | changes)

    return edit


def _protocol(members: dict[str, bytes]) -> None:
    configuration = json.loads(members["submission.json"])["configuration"]
    configuration["protocol"]["frames"] = 16
    edit_head(members, configuration=configuration)


def _clip(members: dict[str, bytes]) -> None:
    configuration = json.loads(members["submission.json"])["configuration"]
    configuration["cases"][0]["digest"] = "0" * 64
    edit_head(members, configuration=configuration)


def _quick(members: dict[str, bytes]) -> None:
    configuration = json.loads(members["submission.json"])["configuration"]
    configuration["cases"] = configuration["cases"][:6]
    edit_head(members, configuration=configuration)


def _unlisted(members: dict[str, bytes]) -> None:
    members[f"videos/{'0' * 64}.mkv"] = b"x"


def _flipped(members: dict[str, bytes]) -> None:
    name = next(name for name in members if name.startswith("videos/"))
    members[name] = members[name][:-1] + bytes([members[name][-1] ^ 1])


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (_row(value=7.0), r"scores: 1 scores lie outside the bounds of .*: .* 7$"),
        (_row(value=None), r"scores: 1 scores have a value without being ok, or are ok without one: "),
        (_row(category="human", reference="none"), r"scores: 1 scores name another category or reference than"),
        (_row(method="mine"), r"scores: 1 scores are of a case, method, metric or suite that the run has not: mine"),
        (_drop, r"completeness: 3 scores have neither a value nor a reason: "),
        (_twice, r"scores: 1 scores are there more than once: "),
        (
            _row(count=8, value=0.5),
            r"controls: frozen has motion_fidelity\[local\] 0\.500, expected -0\.05 to 0\.05",
        ),
        (_row(signature="mf|v9"), r"signatures: .* was computed as .*mf\|v9.*, here it is "),
        (_protocol, r"protocol: protocol.frames is 16, the suite has 17"),
        (_clip, r"cases: 1 cases are not those of the suite: "),
        (_quick, r"cases: 2 of the suite's 8 cases were not run: "),
        (_configuration(manifest_digest="0"), r"cases: prompts or captions are not those of the suite"),
        (_configuration(suite="mine"), r"suite: .*no suite named 'mine'"),
        (_unlisted, r"digests: videos/0{64}.mkv is not listed"),
        (_flipped, r"digests: videos/.* has the digest .*, listed is "),
    ],
)
def test_each_fault_is_told(changed: Callable[[Change], Path], edit: Change, message: str) -> None:
    assert any(re.search(message, told) for told in _told(changed(edit)))


def test_all_faults_are_told_in_one_run(changed: Callable[[Change], Path]) -> None:
    def edit(members: dict[str, bytes]) -> None:
        _twice(members)
        _clip(members)
        _unlisted(members)

    assert {told.partition(":")[0] for told in _told(changed(edit))} >= {"scores", "cases", "digests"}


def test_scores_are_made_again_from_the_videos(
    packed: Path, changed: Callable[[Change], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_missing_controls", lambda run, request: iter(()))
    verdict = checking.check(packed, share=0.2)
    assert (verdict.faults, verdict.rescored) == ((), 5)

    def better(members: dict[str, bytes]) -> None:
        def lift(rows: list[dict[str, Any]]) -> None:
            for row in rows:
                if row["metric"] == "motion_fidelity[dmt]" and row["method"] == "other-clip":
                    row["value"] = min(1.0, row["value"] + 0.02)

        edit_rows(members, lift)

    assert checking.check(changed(better), share=0.0).faults == ()
    found = checking.check(changed(better), share=1.0).faults
    assert [fault.check for fault in found] == ["videos"]
    assert re.search(r"8 scores are not those of their videos: other-clip .*, now 0\.", found[0].what)


def test_other_files_draw_other_videos(packed: Path) -> None:
    from motionbench.submission import rescoring

    receipts = open_submission(packed).receipts
    names = {f"videos/{receipt.video}.mkv" for receipt in receipts}
    first, again, other = (rescoring.chosen(receipts, names, 0.2, digest) for digest in ("a", "a", "b"))
    assert first == again != other
    assert rescoring.chosen(receipts, set(), 0.2, "a") == []


def test_a_newer_schema_is_not_comparable(changed: Callable[[Change], Path]) -> None:
    with pytest.raises(NotComparableError, match="has schema_version 2"):
        checking.check(changed(lambda members: edit_head(members, schema_version=2)))


def test_a_run_record_is_no_submission(tmp_path: Path) -> None:
    (tmp_path / "record.motionbench").write_text("{}")
    with pytest.raises(UsageError, match="not a submission, but a broken zip: it has no directory"):
        read(tmp_path / "record.motionbench")
