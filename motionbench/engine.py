"""Reaches scores one by one, each through what it needs, and makes their rows: what every run and every worker does.

A failure is tried again as its class says (``failures``); then it is a verdict like any other. Missing weights, a
missing tracker and a usage error stop the run.
"""

from __future__ import annotations

import math
import threading
import time
import traceback
import typing
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property

from motionbench import failures, memory, pending, stages
from motionbench.capturing import log_name
from motionbench.display import Display
from motionbench.errors import InvalidOutputError, MotionBenchError, VideoError, WorkerError
from motionbench.failures import Failure
from motionbench.placement import Placement
from motionbench.plan import Item, Plan, ScoreItem
from motionbench.provenance import environment
from motionbench.scoring import Identity, Verdict, describe, identity
from motionbench.store import Meta, Row, RowStatus, Stage, Store
from motionbench.store.rows import RowWriter, settled
from motionbench.workshop import Workshop

_ITEM_FAILURES = (VideoError, InvalidOutputError, WorkerError)
"""Errors of ours that spoil one item; the others would spoil every item."""

Stored = Mapping[Identity, Row]


class Peers(typing.Protocol):
    """What others do at the same plan, and did before in this run."""

    def known(self, item: Item) -> Verdict | None:
        """How an item failed for good."""

    def take(self, item: Item) -> Verdict | None:
        """Wait until an item is ours to do; or the verdict of whoever was faster."""

    def tried(self, item: Item, failure: Failure) -> int:
        """Count a try that failed so; how many there were."""

    def fail(self, item: Item, verdict: Verdict) -> None:
        """An item failed for good."""


class Alone:
    """No others: what failed is known to the engine, which asks nobody twice."""

    def __init__(self) -> None:
        self._tries: dict[tuple[str, Failure], int] = {}

    def known(self, item: Item) -> Verdict | None:
        """Nothing."""
        return None

    def take(self, item: Item) -> Verdict | None:
        """At once."""
        return None

    def tried(self, item: Item, failure: Failure) -> int:
        """Of this engine."""
        tries = self._tries[item.key, failure] = self._tries.get((item.key, failure), 0) + 1
        return tries

    def fail(self, item: Item, verdict: Verdict) -> None:
        """Nothing."""


class Stopped(Exception):
    """The user asked to stop after the item at hand."""


class Engine:
    """Works on items of one plan in one store."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        display: Display,
        *,
        forced: tuple[Stage, ...] = (),
        placed: Placement | None = None,
        retried: Collection[Failure] | None = None,
        shared: bool = False,
        peers: Peers | None = None,
        log: Callable[[Item, str], None] | None = None,
    ) -> None:
        self._plan, self._store, self._display = plan, store, display
        self._forced, self._retried = forced, retried
        self._placed = placed or Placement()
        self._peers = peers or Alone()
        self._log = log or (lambda item, text: store.log(log_name(item), text))
        self._workshop = Workshop(plan.request, self._placed.device, shared=shared)
        self._writer: RowWriter = store.writer()
        self._verdicts: dict[str, Verdict] = {}
        self._recalled: dict[str, Row] = {}
        self._in_store = pending.in_store(store, forced)
        self.missing: Collection[str] = ()
        """Keys of items whose end the display waits for."""
        self.performed = 0
        """Items that were worked on."""
        self.halt = threading.Event()
        """Set where no further item is to begin."""

    def close(self) -> None:
        """Let go of rows and of workers of isolated methods."""
        self._writer.close()
        self._workshop.leave()

    def recall(self, scores: Iterable[ScoreItem], stored: Stored) -> None:
        """Take answers from rows written after their objects were made: a complete store is met by listing it.

        An object that is gone, or was made anew since, is looked at.
        """
        made = {} if "score" in self._forced else self._store.objects.times("score")
        by_key = {row.key: row for row in stored.values() if settled(row)}
        rows = (row for item in scores if (row := self._own(item, by_key)))
        self._recalled = {row.key: row for row in rows if row.written_at >= made.get(row.key, math.inf)}

    def _own(self, item: ScoreItem, by_key: Mapping[str, Row]) -> Row | None:
        """The row of this very score; where several share a key, one of them is found here, the others later.

        Comparing four words is faster than making and hashing an identity.
        """
        row, generation = by_key.get(item.key), item.generation
        if row is None or row.method != generation.choice.label or row.case != generation.entry.id:
            return None
        return row if row.seed == generation.seed and row.suite == self._plan.request.suite.name else None

    def present(self, item: Item) -> Verdict | None:
        """How an item of the store ended; None where it is not there, or is to be done again."""
        row = self._recalled.get(item.key)
        return Verdict(row.status, row.reason, row.error_class) if row else self._in_store(item)

    def row(self, item: ScoreItem, stored: Stored) -> Row:
        """The row of a score, worked for where it has to be; raises Stopped where it is not reached."""
        if recalled := self._own(item, self._recalled):
            return recalled
        known = stored.get(identity(self._plan, item))
        if known is not None and self._kept(known) and self.answer(item) is None:
            return known
        return self._told(item, self.settle(item), known)

    def look_ahead(self, scores: Iterable[ScoreItem]) -> None:
        """Have what the first missing one of these will need read while the item at hand is at work."""
        upcoming = next((item for item in scores if item.key in self.missing), None)
        if upcoming and not self.halt.is_set():
            stages.look_ahead(upcoming.generation, self._workshop, self._store)

    def collect(self, item: ScoreItem, stored: Stored) -> Row | None:
        """The row of a score as far as it is known without any work."""
        if recalled := self._own(item, self._recalled):
            return recalled
        known, verdict = stored.get(identity(self._plan, item)), self.answer(item)
        if verdict is None or (known is not None and not settled(known) and known.reason == verdict.reason):
            return known
        return self._told(item, verdict, known)

    def answer(self, item: Item) -> Verdict | None:
        """How an item ended, or why it cannot be; None where that is not known yet."""
        found = self._verdicts.get(item.key) or self.present(item) or self._peers.known(item)
        if found is not None:
            return found
        return next((one for need in item.needs if (one := self.answer(need)) and one.status != "ok"), None)

    def settle(self, item: Item) -> Verdict:
        """How an item ended; it is worked on where that is not known yet."""
        if item.key not in self._verdicts:
            self._verdicts[item.key] = self.present(item) or self._peers.known(item) or self._reach(item)
        return self._verdicts[item.key]

    def _kept(self, known: Row) -> bool:
        """Whether a failure stays as it is: the user named other classes."""
        return self._retried is not None and not settled(known) and _failure_of(known) not in self._retried

    def _told(self, item: ScoreItem, verdict: Verdict, known: Row | None) -> Row:
        if known is not None and settled(known) and self._tells(known, item, verdict):
            return known
        row = describe(self._plan, item, verdict, self._store, self._environment)
        self._writer.append(row)
        return row

    def _tells(self, known: Row, item: ScoreItem, verdict: Verdict) -> bool:
        """Whether a stored row says what the object says: they differ where the object was made anew."""
        meta = self._store.objects.meta("score", item.key)
        return known.status == verdict.status and (meta is None or meta.value == known.value)

    def _reach(self, item: Item) -> Verdict:
        for need in item.needs:
            verdict = self.settle(need)
            if verdict.status == "ok" and not self._store.objects.sound(need.stage, need.key):
                verdict = self._mend(need)
            if verdict.status != "ok":
                if item.key in self.missing:
                    self._display.end(item, verdict, 0.0)
                return verdict
        if self.halt.is_set():
            raise Stopped
        return self._peers.take(item) or self._perform(item)

    def _mend(self, item: Item) -> Verdict:
        """Make again what is damaged: a wrong byte of a video would be a wrong score."""
        self._display.warn(f"{item.stage} {item.key[:16]} in the store is damaged: it is made again.")
        self._store.objects.discard(item.stage, item.key)
        self._verdicts[item.key] = self._reach(item)
        return self._verdicts[item.key]

    def _perform(self, item: Item) -> Verdict:
        self._display.begin(item)
        self.performed += 1
        started = time.perf_counter()
        if item.stage in self._forced:
            self._store.objects.discard(item.stage, item.key)
        verdict = self._attempt(item)
        while verdict.failure:
            tries = self._peers.tried(item, verdict.failure)
            if not self._again(verdict.failure, tries):
                self._peers.fail(item, verdict)
                break
            verdict = self._attempt(item)
        self._display.end(item, verdict, time.perf_counter() - started)
        return verdict

    def _again(self, failure: Failure, tries: int) -> bool:
        """Whether to try once more, after a pause or with less memory."""
        if failure == "out-of-memory":
            memory.release()
            return tries == 1 and self._workshop.step_down()
        return tries <= failures.RETRIES.get(failure, 0) and not self.halt.wait(failures.pause(tries))

    def _attempt(self, item: Item) -> Verdict:
        try:
            stages.perform(item, self._workshop, self._store, self._display.progress)
            return pending.verdict(self._store.objects.meta(item.stage, item.key) or Meta())
        except (Exception, SystemExit) as error:  # a stranger's code may call sys.exit
            if isinstance(error, MotionBenchError) and not isinstance(error, _ITEM_FAILURES):
                raise
            return self._failure(item, error)

    def _failure(self, item: Item, error: Exception | SystemExit) -> Verdict:
        self._log(item, "".join(traceback.format_exception(error)))
        status: RowStatus = "invalid_output" if isinstance(error, InvalidOutputError) else "failed"
        kind = type(error).__name__
        reason = str(error) if isinstance(error, MotionBenchError) else f"{kind}: {error}"
        return Verdict(status, reason, kind, failures.classify(error))

    @cached_property
    def _environment(self) -> str:
        placed, mode = self._placed, self._plan.request.backbone.memory
        waiting = "" if mode == "full" else mode
        here = environment(placed.device, deterministic=placed.deterministic, memory=waiting)
        return self._store.save_environment(here)


def _failure_of(row: Row) -> str:
    """The class of a failed row; rows of before there were classes tell it by their status."""
    return row.failure or ("invalid-output" if row.status == "invalid_output" else "deterministic")
