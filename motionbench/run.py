"""Runs a plan: only what is missing, each failure a row, safe to kill at any moment.

Scores are reached in the order of the plan, each through what it needs: tune → generate → track → score. Stages meet
only in the store. A declined case and an undefined score are answers and are kept; a failure and an invalid output
are rows, and the next run tries them again. Missing weights, a missing tracker and a usage error stop the run.
"""

from __future__ import annotations

import math
import signal
import threading
import time
import traceback
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial

from motionbench import pending, placement, stages
from motionbench.errors import InvalidOutputError, MotionBenchError, VideoError, WorkerError
from motionbench.placement import Placement
from motionbench.plan import Item, Plan, ScoreItem
from motionbench.provenance import environment
from motionbench.scoring import Identity, Verdict, describe, identity
from motionbench.sharding import Shard
from motionbench.store import STAGES, Meta, Row, RowStatus, Stage, Store
from motionbench.store.rows import settled
from motionbench.workshop import Workshop

_ITEM_FAILURES = (VideoError, InvalidOutputError, WorkerError)
"""Errors of ours that spoil one item; the others would spoil every item."""

Stored = Mapping[Identity, Row]


class Display(typing.Protocol):
    """What shows a run to a human."""

    def start(self, missing: int, cached: int) -> None:
        """The run begins."""

    def begin(self, item: Item) -> None:
        """An item begins."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """The item at hand has got so far (``contracts.Progress``)."""

    def end(self, item: Item, verdict: Verdict, seconds: float) -> None:
        """An item ended."""

    def warn(self, text: str) -> None:
        """A line that stays."""

    def stop(self) -> None:
        """The run ended."""


@dataclass(frozen=True)
class Result:
    """What a run leaves besides the store."""

    rows: tuple[Row, ...]
    """One a score of the plan or shard; fewer where it was interrupted."""
    performed: int
    """Items that were worked on."""
    interrupted: bool

    @property
    def failures(self) -> int:
        """Generations of which some score failed; declining and having no value are not failures."""
        return len({_generation(row) for row in self.rows if not settled(row)})

    @property
    def generations(self) -> int:
        """Generations asked for and reached."""
        return len({_generation(row) for row in self.rows})


def _generation(row: Row) -> tuple[str, str, int]:
    return row.method, row.case, row.seed


class Stopped(Exception):
    """The user asked to stop after the item at hand."""


class Run:
    """One execution of a plan against a store."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        display: Display,
        *,
        force: Stage | None = None,
        only_cache: bool = False,
        shard: Shard | None = None,
        placed: Placement | None = None,
    ) -> None:
        self._plan, self._store, self._display = plan, store, display
        self._scores = shard.takes(plan.scores) if shard else plan.scores
        self._forced = forced_by(force)
        self._in_store = pending.in_store(store, self._forced)
        self._told: dict[str, Row] = {}
        self._only_cache = only_cache
        self._placed = placed or Placement()
        self._workshop = Workshop(plan.request, self._placed.device)
        self._verdicts: dict[str, Verdict] = {}
        self._stopping = False
        self._performed = 0
        self._missing: set[str] = set()

    def execute(self) -> Result:
        """Reach every score of the plan or shard, or as many as the user lets it."""
        stored = {row.identity: row for row in self._store.rows()}
        self._told = self._rows_of_objects(stored)
        self._writer = self._store.writer()
        rows: list[Row] = []
        interrupted = False
        self._display.start(*self._count())
        try:
            with _on_interrupt(self._interrupt), placement.applied(self._placed if self._missing else Placement()):
                for item in self._scores:
                    rows += self._row(item, stored)
        except (Stopped, KeyboardInterrupt):
            interrupted = True
            rows += self._finished(self._scores[len(rows) :], stored)
        finally:
            self._display.stop()
            self._writer.close()
            self._workshop.close()
        return Result(tuple(rows), self._performed, interrupted)

    def _row(self, item: ScoreItem, stored: Stored) -> list[Row]:
        if self._only_cache:
            return self._finished([item], stored)
        known = stored.get(identity(self._plan, item))
        if known is not None and self._told.get(item.key) is known:
            return [known]
        verdict = self._settle(item)
        if known is not None and settled(known) and self._tells(known, item, verdict):
            return [known]
        row = describe(self._plan, item, verdict, self._store, self._environment)
        self._writer.append(row)
        return [row]

    def _rows_of_objects(self, stored: Stored) -> dict[str, Row]:
        """Answers that were written after their objects were made, by key: a complete store is met by listing it.

        An object that is gone, or was made anew since, is not among them.
        """
        made = {} if "score" in self._forced else self._store.objects.times("score")
        rows = (stored.get(identity(self._plan, item)) for item in self._scores)
        return {row.key: row for row in rows if row and settled(row) and row.written_at >= made.get(row.key, math.inf)}

    def _present(self, item: Item) -> Verdict | None:
        row = self._told.get(item.key)
        return Verdict(row.status, row.reason, row.error_class) if row else self._in_store(item)

    def _tells(self, known: Row, item: ScoreItem, verdict: Verdict) -> bool:
        """Whether a stored row says what the object says: they differ where the object was made anew."""
        meta = self._store.objects.meta("score", item.key)
        return known.status == verdict.status and (meta is None or meta.value == known.value)

    def _finished(self, items: Sequence[ScoreItem], stored: Stored) -> list[Row]:
        known = [stored.get(identity(self._plan, item)) for item in items]
        return [row for row in known if row is not None]

    def _settle(self, item: Item) -> Verdict:
        if item.key not in self._verdicts:
            self._verdicts[item.key] = self._present(item) or self._reach(item)
        return self._verdicts[item.key]

    def _reach(self, item: Item) -> Verdict:
        for need in item.needs:
            verdict = self._settle(need)
            if verdict.status == "ok" and not self._store.objects.sound(need.stage, need.key):
                verdict = self._mend(need)
            if verdict.status != "ok":
                if item.key in self._missing:
                    self._display.end(item, verdict, 0.0)
                return verdict
        if self._stopping:
            raise Stopped
        return self._perform(item)

    def _mend(self, item: Item) -> Verdict:
        """Make again what is damaged: a wrong byte of a video would be a wrong score."""
        self._display.warn(f"{item.stage} {item.key[:16]} in the store is damaged: it is made again.")
        self._store.objects.discard(item.stage, item.key)
        self._verdicts[item.key] = self._reach(item)
        return self._verdicts[item.key]

    def _perform(self, item: Item) -> Verdict:
        self._display.begin(item)
        self._performed += 1
        started = time.perf_counter()
        if item.stage in self._forced:
            self._store.objects.discard(item.stage, item.key)
        try:
            stages.perform(item, self._workshop, self._store, self._display.progress)
            verdict = pending.verdict(self._store.objects.meta(item.stage, item.key) or Meta())
        except (Exception, SystemExit) as error:  # a stranger's code may call sys.exit
            if isinstance(error, MotionBenchError) and not isinstance(error, _ITEM_FAILURES):
                raise
            verdict = self._failure(item, error)
        self._display.end(item, verdict, time.perf_counter() - started)
        return verdict

    def _failure(self, item: Item, error: Exception | SystemExit) -> Verdict:
        self._store.log(f"{item.stage}-{item.key[:16]}.txt", "".join(traceback.format_exception(error)))
        status: RowStatus = "invalid_output" if isinstance(error, InvalidOutputError) else "failed"
        kind = type(error).__name__
        reason = str(error) if isinstance(error, MotionBenchError) else f"{kind}: {error}"
        return Verdict(status, reason, kind)

    @cached_property
    def _environment(self) -> str:
        return self._store.save_environment(environment(self._placed.device, deterministic=self._placed.deterministic))

    def _count(self) -> tuple[int, int]:
        found = pending.survey(self._scores, self._present)
        self._missing = set() if self._only_cache else {item.key for item in found.missing}
        return len(self._missing), len(found.cached)

    def _interrupt(self) -> None:
        if self._stopping:
            raise KeyboardInterrupt
        self._stopping = True
        self._display.warn("Stopping after the item at hand; Ctrl-C again stops at once.")


def forced_by(stage: Stage | None) -> tuple[Stage, ...]:
    """A stage that is to be done again, and those after it."""
    return STAGES[STAGES.index(stage) :] if stage else ()


@contextmanager
def _on_interrupt(react: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C calls ``react`` meanwhile; only the main thread may say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    earlier = signal.signal(signal.SIGINT, partial(_call, react))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, earlier)


def _call(react: Callable[[], None], *_: object) -> None:
    react()
