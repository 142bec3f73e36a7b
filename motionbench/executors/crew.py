"""The driver: starts workers, shows what they do, replaces those that die, and makes the rows that they could not.

The table comes from the store alone. Killed at any moment the driver leaves workers that end after the item at hand,
and a store with which the same command goes on.
"""

from __future__ import annotations

import functools
import time
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from motionbench import errors, pending
from motionbench.engine import Alone, Display, Engine
from motionbench.errors import MissingResourceError, MotionBenchError
from motionbench.executors import claims
from motionbench.executors.events import EventWriter, Tail
from motionbench.executors.ledger import Ledger
from motionbench.executors.orders import Order
from motionbench.executors.posts import Ending, Executor, Post
from motionbench.executors.units import units
from motionbench.executors.vigil import OUT_OF_TIME, TIMED_OUT
from motionbench.plan import Item, Plan
from motionbench.run import Result, forced_by, interruptible
from motionbench.scoring import Verdict
from motionbench.store import Row, Stage, Store
from motionbench.store.leases import Leases

_GRACE = 15.0
"""Seconds that a worker has to end itself after an item took too long."""
_FALSE_STARTS = 5
"""Workers that may die one after the other without having begun anything."""


class CrewDisplay(Display, typing.Protocol):
    """A display of several workers."""

    def of(self, worker: str) -> Display:
        """What one worker does."""


@dataclass(frozen=True)
class Places:
    """Where workers are, and what each gets."""

    variables: tuple[Mapping[str, str], ...]
    """Of each worker's environment."""
    shared: bool = False
    """Whether several use one device."""


@dataclass
class _Hand:
    """A worker as the driver knows it."""

    post: Post
    tail: Tail
    item: Item | None = None
    since: float = 0.0
    greeted: bool = False
    """Whether it runs, and is not only queued."""
    busy: bool = False
    """Whether it has begun anything."""


class _Marks(Alone):
    """Failures of this run, as the driver needs them to make rows."""

    ledger: Ledger | None = None

    def known(self, item: Item) -> Verdict | None:
        """How an item failed for good in this run."""
        return self.ledger.verdict(item) if self.ledger else None


class Crew:
    """One execution of an order by several workers."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        display: CrewDisplay,
        executor: Executor,
        places: Places,
        order: Order,
        *,
        force: Stage | None = None,
        events: EventWriter | None = None,
    ) -> None:
        self._plan, self._store, self._display, self._executor = plan, store, display, executor
        self._places, self._order, self._force, self._events = places, order, force, events
        self._scores = order.shard.takes(plan.scores) if order.shard else plan.scores
        self._marks = _Marks()
        self._engine = Engine(plan, store, display, placed=order.placed, retried=order.retried, peers=self._marks)
        self._hands: dict[str, _Hand] = {}
        self._ended: set[str] = set()
        self._warned: set[str] = set()
        self._performed = self._false_starts = self._started = 0
        self._fatal: MotionBenchError | None = None
        self._stopping = self._drained = False

    def execute(self) -> Result:
        """Have every score of the plan or shard reached, or as many as the user lets."""
        if self._force:
            self._discard(forced_by(self._force))
        missing = self._count()
        try:
            interrupted = self._supervised() if missing else False
            rows = self._collect()
        finally:
            if self._marks.ledger:
                self._marks.ledger.close()
        interrupted |= self._stopping and len(rows) < len(self._scores)
        return Result(tuple(rows), self._performed, interrupted)

    @functools.cached_property
    def _items(self) -> dict[str, Item]:
        return {item.key: item for score in self._scores for item in _closure(score)}

    def _discard(self, forced: tuple[Stage, ...]) -> None:
        for item in self._items.values():
            if item.stage in forced:
                self._store.objects.discard(item.stage, item.key)

    def _supervised(self) -> bool:
        """Have workers work; whether the user ended them."""
        try:
            with interruptible(self._interrupt):
                self._supervise()
        except KeyboardInterrupt:
            return True
        finally:
            self._executor.close()
            self._display.stop()
        if self._fatal:
            raise self._fatal
        return False

    def _count(self) -> int:
        self._engine.recall(self._scores, {row.identity: row for row in self._store.rows()})
        found = pending.survey(self._scores, self._engine.present)
        self._engine.missing = {item.key for item in found.missing}
        self._tell("start", missing=len(found.missing), cached=len(found.cached))
        self._display.start(len(found.missing), len(found.cached))
        return len(found.missing)

    def _supervise(self) -> None:
        self._ledger = self._marks.ledger = Ledger.begin(self._store.root, self._order)
        self._leases = Leases(self._store.root, f"{self._ledger.run_id}.driver")
        missing = self._engine.missing
        todo = sum(any(item.key in missing for item in unit.scores) for unit in units(self._scores))
        count = min(len(self._places.variables), max(todo, 1))
        for rank in range(count):
            self._start(rank, count)
        # One that ends by itself has found nothing left to do: those that are still queued need not come.
        while any(hand.greeted or not self._drained for hand in self._hands.values()):
            time.sleep(self._executor.poll)
            for ending in self._executor.ended():
                self._bury(ending, count)
            for hand in list(self._hands.values()):
                self._follow(hand)
                self._watch(hand)

    def _start(self, rank: int, count: int) -> None:
        self._started += 1
        name = f"{self._ledger.run_id}.w{rank}.{self._started}"
        post = Post(
            name=name,
            rank=rank,
            count=count,
            store=self._store.root.absolute(),
            run_id=self._ledger.run_id,
            output=self._ledger.output_of(name),
            shared=self._places.shared and count > 1,
            variables=self._places.variables[rank],
        )
        self._hands[name] = _Hand(post, Tail(self._ledger.events_of(name)))
        self._executor.start(post)

    def _bury(self, ending: Ending, count: int) -> None:
        """A worker ended: note what it leaves, and put another in its place where it did not go by itself."""
        hand = self._hands.pop(ending.name, None)
        if hand is None:
            return
        self._follow(hand)
        self._leases.bury(ending.name)
        self._drained |= ending.code == 0
        if ending.code == 0 or self._fatal or self._stopping:
            return
        if ending.code not in (OUT_OF_TIME, TIMED_OUT):
            self._lost(hand, ending)
        if not self._fatal:
            self._start(hand.post.rank, count)

    def _lost(self, hand: _Hand, ending: Ending) -> None:
        self._tell("lost", of=hand.post.name, how=ending.how, key=hand.item.key if hand.item else "")
        self._false_starts += not hand.busy
        if self._false_starts >= _FALSE_STARTS:
            self._fatal = MissingResourceError(
                f"{_FALSE_STARTS} workers one after the other {ending.how} before they began anything; the last one's "
                f"output ends\n{_end_of(hand.post)}"
            )
            self._ledger.ask_to_stop()
        elif hand.item:
            verdict = claims.lose(self._ledger, hand.item, f"the worker {ending.how}")
            self._warn(f"a worker {ending.how} and is replaced")
            if verdict:
                self._over(hand, hand.item, verdict, 0.0)

    def _watch(self, hand: _Hand) -> None:
        """Kill a worker that could not end itself when an item took too long."""
        limit = self._order.timeouts.get(hand.item.stage) if hand.item else None
        if hand.item and limit and time.monotonic() - hand.since > limit + _GRACE:
            claims.late(self._ledger, hand.item, limit)
            hand.item = None
            self._executor.kill(hand.post.name)

    def _follow(self, hand: _Hand) -> None:
        for event in hand.tail.read():
            if self._events:
                self._events.copy(event)
            react = self._REACTIONS.get(event["event"])
            try:
                if react:
                    react(self, hand, event)
            except (KeyError, TypeError, ValueError):
                hand.tail.garbage += 1
        if hand.tail.garbage:
            self._warn("a worker wrote lines that are no events; they are passed over")

    def _on_hello(self, hand: _Hand, event: Mapping[str, Any]) -> None:
        hand.greeted = True

    def _on_begin(self, hand: _Hand, event: Mapping[str, Any]) -> None:
        hand.item, hand.since, hand.busy = self._items[event["key"]], time.monotonic(), True
        self._false_starts = 0
        self._performed += 1
        self._display.of(_short(hand)).begin(hand.item)

    def _on_progress(self, hand: _Hand, event: Mapping[str, Any]) -> None:
        self._display.of(_short(hand)).progress(str(event["step"]), int(event["done"]), int(event["total"]))

    def _on_end(self, hand: _Hand, event: Mapping[str, Any]) -> None:
        self._over(hand, self._items[event["key"]], Verdict(**event["verdict"]), float(event["seconds"]))

    def _over(self, hand: _Hand, item: Item, verdict: Verdict, seconds: float) -> None:
        hand.item = None
        if item.key not in self._ended:
            self._ended.add(item.key)
            self._display.of(_short(hand)).end(item, verdict, seconds)

    def _on_warn(self, hand: _Hand, event: Mapping[str, Any]) -> None:
        self._warn(str(event["text"]))

    def _on_fatal(self, hand: _Hand, event: Mapping[str, Any]) -> None:
        kind = getattr(errors, str(event["kind"]), MotionBenchError)
        known = isinstance(kind, type) and issubclass(kind, MotionBenchError)
        self._fatal = self._fatal or (kind if known else MotionBenchError)(str(event["text"]))
        self._ledger.ask_to_stop()

    _REACTIONS: typing.ClassVar[dict[str, Callable[[Crew, _Hand, Mapping[str, Any]], None]]] = {
        "hello": _on_hello,
        "begin": _on_begin,
        "progress": _on_progress,
        "end": _on_end,
        "warn": _on_warn,
        "fatal": _on_fatal,
    }

    def _warn(self, text: str) -> None:
        """Each text once."""
        if text not in self._warned:
            self._warned.add(text)
            self._display.warn(text)
            self._tell("warn", text=text)

    def _tell(self, event: str, **fields: object) -> None:
        if self._events:
            self._events.write(event, **fields)

    def _collect(self) -> list[Row]:
        """The rows of all scores, those that a worker could no longer write included."""
        stored = {row.identity: row for row in self._store.rows()}
        try:
            found = [self._engine.collect(item, stored) for item in self._scores]
        finally:
            self._engine.close()
        self._tell("stop", scores=len(found), rows=sum(row is not None for row in found))
        return [row for row in found if row is not None]

    def _interrupt(self) -> None:
        if self._stopping:
            raise KeyboardInterrupt
        self._stopping = True
        if self._marks.ledger:
            self._marks.ledger.ask_to_stop()
        self._display.warn("Stopping after the items at hand; Ctrl-C again stops at once.")


def _closure(item: Item) -> list[Item]:
    return [item, *(found for need in item.needs for found in _closure(need))]


def _short(hand: _Hand) -> str:
    return f"worker {hand.post.rank + 1}"


def _end_of(post: Post) -> str:
    try:
        lines = post.output.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return "\n".join(f"  {line}" for line in lines[-12:])
