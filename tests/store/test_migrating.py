"""Older schemas load as they are read; migrating writes them down; newer ones are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from motionbench.cli import app
from motionbench.errors import NotComparableError, UsageError
from motionbench.store import Row, Store, migrating, records


def _renamed(data: dict[str, Any]) -> dict[str, Any]:
    """As if the schema before the present one had called the metric a column."""
    return {**{name: value for name, value in data.items() if name != "column"}, "metric": data["column"]}


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of the schema before the present one."""
    store = Store.open(tmp_path / "store")
    row = records.to_json(Row("k", "mini", "pan-1--p1", "camera", "pan-1", "fym", 0, "mf.local", "ok", 0.5))
    row["column"] = row.pop("metric")
    (store.root / "rows").mkdir()
    (store.root / "rows" / "0-1-a.jsonl").write_text(json.dumps(row) + "\n")
    monkeypatch.setattr(records, "SCHEMA_VERSION", 2)
    monkeypatch.setattr(records, "UPGRADES", {1: {"Row": _renamed}})
    return store.root


def test_an_older_row_is_read_as_one_of_today(old: Path) -> None:
    rows = Store.open(old).rows()
    assert [(row.metric, row.value, row.schema_version) for row in rows] == [("mf.local", 0.5, 2)]


def test_migrating_writes_down_what_reading_gives_and_is_done_once(old: Path) -> None:
    store = Store.open(old)
    before = store.rows()
    assert (store.schema_version, migrating.migrate(store)) == (1, migrating.Migrated(1, 1, 0))
    assert (store.schema_version, store.rows()) == (2, before)
    assert list((old / "rows").glob("*.jsonl")) == []
    assert migrating.migrate(store) == migrating.Migrated(2)


def test_a_schema_without_a_way_up_and_a_newer_one_are_refused(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "UPGRADES", {})
    with pytest.raises(UsageError, match="has schema_version 1, which no release has written"):
        Store.open(old).rows()
    (old / "store.json").write_text('{"schema_version": 3}')
    with pytest.raises(NotComparableError, match="has schema_version 3, this MotionBench reads up to 2"):
        Store.open(old)


def test_a_store_of_today_has_nothing_to_migrate(tmp_path: Path) -> None:
    Store.open(tmp_path / "store")
    done = CliRunner().invoke(app, ["store", "migrate", "--store", str(tmp_path / "store")])
    assert (done.exit_code, done.stdout.count("there is nothing to do")) == (0, 1)
