"""The store: whole objects or none, rows that survive a kill, schemas that are refused when newer."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionbench import store
from motionbench.errors import MissingResourceError, NotComparableError, UsageError
from motionbench.store import Meta, Row, Store
from motionbench.types import Protocol

ROW = Row("k" * 64, "fake", "pan-0", "camera", "pan", "fym", 0, "mf", "ok", value=0.5, written_at=1.0)


@pytest.fixture
def opened(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


def put(opened: Store, key: str, text: str = "payload", meta: Meta | None = None) -> Path:
    with opened.objects.filling("generate", key) as folder:
        (folder / "file.txt").write_text(text)
        opened.objects.commit("generate", key, folder, meta or Meta())
    return opened.objects.path("generate", key)


def test_a_key_ignores_the_order_of_its_parts_and_the_kind_of_sequence() -> None:
    assert store.key("tune", a=1, b=[1, 2]) == store.key("tune", b=(1, 2), a=1)


def test_a_key_of_a_record_changes_with_each_field() -> None:
    protocol = Protocol("p", 17, 8.0, 64, 64, "t", 16)
    changed = dataclasses.replace(protocol, grid=8)
    assert store.key("tune", protocol=protocol) != store.key("tune", protocol=changed)


@given(st.text(max_size=5), st.text(max_size=5))
def test_two_texts_share_a_key_only_if_equal(first: str, second: str) -> None:
    assert (store.key("score", a=first) == store.key("score", a=second)) == (first == second)


def test_a_key_differs_between_stages_and_refuses_nan_and_objects() -> None:
    assert store.key("tune", a=1) != store.key("generate", a=1)
    with pytest.raises(ValueError):
        store.key("tune", a=float("nan"))
    with pytest.raises(TypeError, match="got object"):
        store.key("tune", a=object())


def test_an_object_is_there_after_commit_and_gives_its_meta_back(opened: Store) -> None:
    meta = Meta("ok", seconds=1.5, trainable_parameters=3, value=0.25, signature="s", substages={"a": 1.0})
    assert not opened.objects.done("generate", "ab12")
    path = put(opened, "ab12", meta=meta)
    assert path.relative_to(opened.root) == Path("objects/generate/ab/ab12")
    assert opened.objects.meta("generate", "ab12") == meta
    assert list((opened.root / "work").iterdir()) == []


def test_a_folder_that_is_not_committed_leaves_nothing(opened: Store) -> None:
    with opened.objects.filling("generate", "ab12") as folder:
        (folder / "file.txt").write_text("half")
    assert not opened.objects.done("generate", "ab12")
    assert list((opened.root / "work").iterdir()) == []


def test_what_a_killed_attempt_left_is_removed_by_the_next_one_and_one_under_way_is_not(opened: Store) -> None:
    killed = opened.root / "work" / "generate-ab12.dead"
    killed.mkdir(parents=True)
    with opened.objects.filling("generate", "ab12") as first:
        assert not killed.exists()
        with opened.objects.filling("generate", "ab12") as second:
            assert first.is_dir()
            assert second.is_dir()


@pytest.mark.parametrize("damage", ["truncate", "lose-file", "lose-done", "tear-done", "tear-meta"])
def test_a_damaged_object_is_not_there_and_can_be_made_again(opened: Store, damage: str) -> None:
    path = put(opened, "ab12")
    match damage:
        case "truncate":
            (path / "file.txt").write_text("pay")
        case "lose-file":
            (path / "file.txt").unlink()
        case "lose-done":
            (path / "DONE").unlink()
        case "tear-done":
            (path / "DONE").write_text('{"files": {')
        case "tear-meta":
            (path / "meta.json").write_text("{")
    assert opened.objects.meta("generate", "ab12") is None
    put(opened, "ab12", "again")
    assert (path / "file.txt").read_text() == "again"
    assert opened.objects.done("generate", "ab12")


def test_verify_finds_a_changed_byte_that_keeps_the_size(opened: Store) -> None:
    put(opened, "ab12")
    path = put(opened, "cd34")
    assert opened.objects.verify() == []
    (path / "file.txt").write_text("pAyload")
    assert opened.objects.done("generate", "cd34")
    assert opened.objects.verify() == [path]


def test_the_first_of_two_writers_wins(opened: Store) -> None:
    with opened.objects.filling("generate", "ab12") as late:
        (late / "file.txt").write_text("late")
        path = put(opened, "ab12", "early")
        opened.objects.commit("generate", "ab12", late, Meta())
    assert (path / "file.txt").read_text() == "early"


def test_work_under_way_is_found_again_and_cleaned_when_done(opened: Store) -> None:
    with opened.objects.resuming("tune", "ab12") as folder:
        (folder / "step-100").write_text("x")
    with opened.objects.resuming("tune", "ab12") as folder:
        assert (folder / "step-100").read_text() == "x"
        opened.objects.commit("tune", "ab12", folder, Meta())
    assert opened.objects.done("tune", "ab12")
    assert list((opened.root / "work").iterdir()) == []


def test_rows_come_back_as_written_and_a_torn_last_line_is_dropped(opened: Store) -> None:
    writer = opened.writer()
    writer.append(ROW)
    writer.append(dataclasses.replace(ROW, case="zoom-0", status="undefined", value=None, reason="still"))
    writer.close()
    [file] = (opened.root / "rows").iterdir()
    file.write_text(file.read_text() + '{"key": "torn')
    assert [(row.case, row.value) for row in opened.rows()] == [("pan-0", 0.5), ("zoom-0", None)]


def test_a_broken_line_in_the_middle_names_the_file_and_the_way_out(opened: Store) -> None:
    (opened.root / "rows").mkdir()
    (opened.root / "rows" / "a.jsonl").write_text("{\n{}\n")
    with pytest.raises(UsageError, match=r"line 1 of .*a\.jsonl is not JSON.*\n.*rm "):
        opened.rows()


def test_the_latest_answer_wins_over_failures_whenever_they_came(opened: Store) -> None:
    failed = dataclasses.replace(ROW, status="failed", value=None, reason="boom")
    for row in (failed, ROW, dataclasses.replace(failed, written_at=9.0)):
        writer = opened.writer()
        writer.append(row)
        writer.close()
    assert [row.value for row in opened.rows()] == [0.5]


def test_compaction_changes_no_row_and_is_idempotent(opened: Store) -> None:
    declined = dataclasses.replace(ROW, case="b", status="declined", value=None, reason="no")
    for row in (ROW, declined):
        writer = opened.writer()
        writer.append(row)
        writer.close()
    before = opened.rows()
    assert opened.compact() is not None
    assert list((opened.root / "rows").iterdir()) == []
    assert opened.rows() == before
    opened.compact()
    assert opened.rows() == before
    assert len(list((opened.root / "compact").iterdir())) == 1


def test_compaction_passes_over_a_file_in_use(opened: Store) -> None:
    writer = opened.writer()
    writer.append(ROW)
    assert opened.compact() is None
    writer.append(dataclasses.replace(ROW, case="b"))
    writer.close()
    assert len(opened.rows()) == 2


def test_rows_as_a_frame_have_a_line_a_score(opened: Store) -> None:
    writer = opened.writer()
    writer.append(ROW)
    writer.append(dataclasses.replace(ROW, case="b", status="failed", value=None))
    writer.close()
    frame = store.read_rows(opened)
    assert list(frame["case"]) == ["pan-0", "b"]
    assert frame["value"].isna().tolist() == [False, True]


@pytest.mark.parametrize("place", ["store.json", "rows/a.jsonl"])
def test_a_newer_schema_is_refused_with_exit_5(opened: Store, place: str) -> None:
    path = opened.root / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**store.records.to_json(ROW), "schema_version": 99}) + "\n")
    with pytest.raises(NotComparableError, match=r"schema_version 99, this MotionBench reads up to 1") as caught:
        Store.open(opened.root).rows()
    assert caught.value.exit_code == 5


def test_an_unwritable_store_says_so_with_exit_6(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MissingResourceError, match=r"cannot write the store .*file/store.*\n.*--store DIR") as caught:
        Store.open(tmp_path / "file" / "store")
    assert caught.value.exit_code == 6


def test_a_store_on_a_read_only_file_system_says_so_although_its_bits_allow_writing(
    opened: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(MissingResourceError, match="Read-only file system"):
        Store.open(opened.root)
    assert Store.open(opened.root, create=False).rows() == []


def test_writers_of_one_object_at_once_leave_it_whole(opened: Store) -> None:
    def write(number: int) -> None:
        for key in "abcdef":
            put(Store.open(opened.root), key * 4, str(number) * 1000)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert all(opened.objects.done("generate", key * 4) for key in "abcdef")
    assert opened.objects.verify() == []
    assert list((opened.root / "work").iterdir()) == []


def test_a_store_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match="no store at"):
        Store.open(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()
