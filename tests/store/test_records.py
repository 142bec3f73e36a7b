"""Records are checked as they are read: no field too many, none missing, none of another type."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from motionbench.errors import NotComparableError, UsageError
from motionbench.store import Row, Store, records
from motionbench.types import Protocol


def _row(**changes: Any) -> dict[str, Any]:
    row = Row("k", "mini", "pan-1--p1", "camera", "pan-1", "fym", 0, "mf.local", "ok", 0.5)
    return records.to_json(row) | changes


def _configuration(**changes: Any) -> dict[str, Any]:
    protocol = dataclasses.asdict(Protocol("mini-v1", 17, 8.0, 64, 64, "lk", 16))
    empty: dict[str, Any] = {name: [] for name in ("seeds", "methods", "metrics", "cases", "score_keys")}
    names = ("plan_id", "suite", "notice", "backbone", "backbone_digest", "encoder", "encoder_digest")
    texts = dict.fromkeys((*names, "manifest_digest"), "x")
    return {"protocol": protocol, "tune_seed": 0, "schema_version": 1, **empty, **texts, **changes}


def _named(place: int) -> str:
    return f"row {place}"


def test_what_was_written_is_read_again() -> None:
    rows = [_row(), _row(value=None, status="undefined", reason="still")]
    assert [records.to_json(row) for row in records.rows_from(rows, _named)] == rows
    assert json.loads(json.dumps(records.to_json(records.configuration_from(_configuration(), "x")))) == (
        _configuration(command="", written_at=0.0)
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": float("nan")}, "row 1 is not a Row of MotionBench: value: Input should be a finite number"),
        ({"value": "good"}, "row 1 is not a Row of MotionBench: value: Input should be a valid number"),
        ({"status": "great"}, "row 1 is not a Row of MotionBench: status: Input should be 'ok', 'failed'"),
        ({"score": 1}, "row 1 is not a Row of MotionBench: score: Unexpected keyword argument"),
        ({"schema_version": None}, "row 1 is not a record of MotionBench: it has no schema_version"),
    ],
)
def test_a_row_that_is_none_is_named_with_the_field(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as error:
        records.rows_from([_row(), _row(**changes)], _named)
    assert str(error.value).startswith(message)


def test_a_newer_row_is_not_comparable() -> None:
    with pytest.raises(NotComparableError, match="row 0 has schema_version 2, this MotionBench reads up to 1"):
        records.rows_from([_row(schema_version=2)], _named)


def test_fields_below_a_configuration_are_checked_too() -> None:
    protocol = _configuration()["protocol"]
    for changes, where in (
        ({"protocol": {**protocol, "colour": "red"}}, "protocol.colour"),
        ({"cases": [{"id": 5, "category": "camera", "reference": "r", "digest": "d"}]}, "cases.0.id"),
        ({"seeds": ["first"]}, "seeds.0"),
    ):
        with pytest.raises(UsageError, match=f"x is not a Configuration of MotionBench: {where}: "):
            records.configuration_from(_configuration(**changes), "x")


@pytest.mark.parametrize("text", ["[]", "NaN", '{"a": Infinity}', "[" * 100_000])
def test_json_that_is_no_object_of_numbers_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"record\.json"):
        records.loads(text, "record.json")


def test_a_truncated_table_of_rows_says_how_to_go_on(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    writer = store.writer()
    writer.append(records.rows_from([_row()], _named)[0])
    writer.append(records.rows_from([_row(case="b", value=None, status="undefined")], _named)[0])
    writer.close()
    kept = store.rows()
    table = store.compact()
    assert table is not None
    assert store.rows() == kept
    table.write_bytes(table.read_bytes()[:-20])
    with pytest.raises(UsageError, match=r"is not the Parquet file that was written.*\n.*rm "):
        store.rows()
