"""Crews of the fakes: real processes, on stores of a test's own."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from motionbench import plan, request, run
from motionbench.executors.crew import Crew, Places
from motionbench.executors.events import EventWriter
from motionbench.executors.local import Local
from motionbench.executors.orders import Order
from motionbench.executors.posts import Executor
from motionbench.leaderboard import tables
from motionbench.leaderboard.aggregate import board
from motionbench.plan import Item
from motionbench.request import Question
from motionbench.scoring import Verdict
from motionbench.store import Store

QUESTION = Question(
    ("fake-tuned", "fake-roll"), suite="fake", metrics=("fake_brightness", "fake_motion"), controls=False
)


class Watching:
    """A display that remembers, and calls back when an item begins or ends."""

    def __init__(self, on_begin: Callable[[str, Item], None] | None = None) -> None:
        self.ended: list[tuple[Item, Verdict]] = []
        self.warnings: list[str] = []
        self.workers: list[str] = []
        self.counts = (0, 0)
        self._on_begin = on_begin

    def of(self, worker: str) -> Watching:
        self.workers.append(worker)
        return self

    def start(self, missing: int, cached: int) -> None:
        self.counts = (missing, cached)

    def begin(self, item: Item) -> None:
        if self._on_begin:
            self._on_begin(self.workers[-1], item)

    def progress(self, stage: str, done: int, total: int) -> None:
        pass

    def end(self, item: Item, verdict: Verdict, seconds: float) -> None:
        self.ended.append((item, verdict))

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def stop(self) -> None:
        pass


@dataclasses.dataclass
class Crews:
    """Starts crews on stores below one folder."""

    folder: Path

    def store(self, name: str = "store") -> Store:
        return Store.open(self.folder / name)

    def alone(self, name: str = "alone", **changes: Any) -> Store:
        """A store that one process has filled."""
        made = plan.make(request.resolve(dataclasses.replace(QUESTION, **changes)))
        opened = self.store(name)
        opened.save_plan(made.configuration())
        run.Run(made, opened, Watching()).execute()
        return opened

    def go(
        self,
        store: Store,
        display: Watching | None = None,
        *,
        executor: Executor | None = None,
        workers: int = 2,
        timeouts: dict[str, float] | None = None,
        retried: tuple[Any, ...] | None = None,
        force: Any = None,
        **changes: Any,
    ) -> run.Result:
        question = dataclasses.replace(QUESTION, **changes)
        made = plan.make(request.resolve(question))
        store.save_plan(made.configuration())
        order = Order(question, made.plan_id, timeouts=timeouts or {}, retried=retried, heartbeat=0.5)
        events = EventWriter(self.folder / "events.jsonl", "driver")
        places = Places(({},) * workers, shared=True)
        crew = Crew(made, store, display or Watching(), executor or Local(), places, order, force=force, events=events)
        try:
            return crew.execute()
        finally:
            events.close()

    watching = staticmethod(Watching)

    @staticmethod
    def table(store: Store) -> str:
        """The table of a store without what methods cost, which no two runs share."""
        rows = [
            dataclasses.replace(row, tune_seconds=0, generate_seconds=0, peak_memory_bytes=0) for row in store.rows()
        ]
        return tables.markdown(board(store.plan(), rows))

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """What was written so far."""
        lines = (self.folder / "events.jsonl").read_text().splitlines()
        return [event for event in map(json.loads, lines) if kind in ("", event["event"])]


@pytest.fixture
def crews(tmp_path: Path, fakes: Any, monkeypatch: pytest.MonkeyPatch) -> Crews:
    monkeypatch.setenv("PYTHONPATH", fakes.environment["PYTHONPATH"])
    return Crews(tmp_path)
