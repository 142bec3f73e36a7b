"""The folder of one run in the store: ``runs/<id>/``, shared by the driver and all workers of that run.

::

    order.json             what was asked (orders)
    stop                   there once the user asked to stop
    failed/<key>.json      tries of an item by class of failure, and the verdict where it failed for good
    events/<worker>.jsonl  what a worker did (events)
    output/<worker>.txt    what a worker printed outside of items
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import Any

from motionbench.executors import orders
from motionbench.executors.orders import Order
from motionbench.failures import Failure
from motionbench.plan import Item
from motionbench.scoring import Verdict
from motionbench.store import records
from motionbench.store.writing import writing

_FOLDER = "runs"
_OLD = 30 * 86400.0
"""Seconds without an event after which nobody of a run whose driver was killed can be left, not even in a queue."""


class Ledger:
    """The records of one run."""

    def __init__(self, root: Path, run_id: str) -> None:
        self._root, self.run_id = root, run_id
        self.folder = root / _FOLDER / run_id

    @classmethod
    def begin(cls, root: Path, order: Order) -> Ledger:
        """A new run with an id of its own."""
        _sweep(root / _FOLDER)
        ledger = cls(root, f"{order.plan_id}-{time.time_ns():020d}-{uuid.uuid4().hex[:4]}")
        with writing(root):
            for name in ("failed", "events", "output"):
                (ledger.folder / name).mkdir(parents=True)
        ledger._write(ledger.folder / "order.json", orders.to_json(order))
        return ledger

    def order(self) -> Order:
        """What was asked; raises UsageError where the file is spoilt."""
        path = self.folder / "order.json"
        with writing(self._root):
            text = path.read_bytes()
        return orders.from_json(records.loads(text, str(path)), str(path))

    def events_of(self, worker: str) -> Path:
        """The file of a worker's events."""
        return self.folder / "events" / f"{worker}.jsonl"

    def output_of(self, worker: str) -> Path:
        """The file of what a worker prints."""
        return self.folder / "output" / f"{worker}.txt"

    def ask_to_stop(self) -> None:
        """Let workers end after the item at hand."""
        with contextlib.suppress(OSError):
            (self.folder / "stop").touch()

    @property
    def stopping(self) -> bool:
        """Whether they were asked to, or the folder is gone."""
        return (self.folder / "stop").exists() or not self.folder.exists()

    def tried(self, item: Item, failure: Failure) -> int:
        """Count a try that failed so; how many there were."""
        record = self._record(item.key)
        tries = record["tries"][failure] = int(record["tries"].get(failure, 0)) + 1
        self._write(self._path(item.key), record)
        return tries

    def was_tried(self, item: Item) -> bool:
        """Whether a try failed before."""
        return bool(self._record(item.key)["tries"])

    def fail(self, item: Item, verdict: Verdict) -> None:
        """An item failed for good."""
        self._write(self._path(item.key), {**self._record(item.key), "verdict": asdict(verdict)})

    def verdict(self, item: Item) -> Verdict | None:
        """How it failed for good; None where it did not."""
        told = self._record(item.key).get("verdict")
        return Verdict(**told) if told else None

    def close(self) -> None:
        """Remove the folder: all that is of use later is in objects, rows and logs."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, key: str) -> Path:
        return self.folder / "failed" / f"{key}.json"

    def _record(self, key: str) -> dict[str, Any]:
        with contextlib.suppress(OSError, ValueError):
            record = json.loads(self._path(key).read_bytes())
            if isinstance(record.get("tries"), dict):
                return dict(record)
        return {"tries": {}}

    def _write(self, path: Path, data: object) -> None:
        with writing(self._root):
            partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
            partial.write_text(json.dumps(data, allow_nan=False), encoding="utf-8")
            partial.replace(path)


def _sweep(folder: Path) -> None:
    """Remove the folders of runs whose driver was killed long ago."""
    for left in folder.glob("*"):
        with contextlib.suppress(OSError, ValueError):
            latest = max(path.stat().st_mtime for path in (left, *left.rglob("*")))
            if time.time() - latest > _OLD:
                shutil.rmtree(left, ignore_errors=True)
