"""Runs a plan: only what is missing, each failure a row, safe to kill at any moment.

Scores are reached in the order of the plan, each through what it needs: tune → generate → track → score. Stages meet
only in the store. A declined case and an undefined score are answers and are kept; a failure and an invalid output
are rows, and the next run tries them again (``--retry-failed`` says which).
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

from motionbench import pending, placement
from motionbench.display import Display
from motionbench.engine import Engine, Stopped
from motionbench.failures import Failure
from motionbench.placement import Placement
from motionbench.plan import Plan, ScoreItem
from motionbench.scoring import identity
from motionbench.sharding import Shard
from motionbench.store import STAGES, Row, Stage, Store
from motionbench.store.rows import settled

__all__ = ["Result", "Run", "Stopped", "forced_by", "interruptible"]


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


class Run:
    """One execution of a plan against a store, in this process."""

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
        retried: Collection[Failure] | None = None,
    ) -> None:
        self._plan, self._store, self._display = plan, store, display
        self._scores = shard.takes(plan.scores) if shard else plan.scores
        self._only_cache = only_cache
        self._placed = placed or Placement()
        self._engine = Engine(plan, store, display, forced=forced_by(force), placed=self._placed, retried=retried)

    def execute(self) -> Result:
        """Reach every score of the plan or shard, or as many as the user lets it."""
        engine = self._engine
        stored = {row.identity: row for row in self._store.rows()}
        engine.recall(self._scores, stored)
        rows: list[Row] = []
        interrupted = False
        self._display.start(*self._count())
        if self._only_cache:
            rows = self._finished(0, stored)
            self._display.stop()
            return Result(tuple(rows), 0, interrupted)
        try:
            with interruptible(self._interrupt), placement.applied(self._placed if engine.missing else Placement()):
                for scores, upcoming in self._generations():
                    engine.look_ahead(upcoming)
                    for item in scores:
                        rows.append(engine.row(item, stored))
        except (Stopped, KeyboardInterrupt):
            interrupted = True
            rows += self._finished(len(rows), stored)
        finally:
            self._display.stop()
            engine.close()
        return Result(tuple(rows), engine.performed, interrupted)

    def _generations(self) -> Iterator[tuple[list[ScoreItem], Iterable[ScoreItem]]]:
        """The scores of each generation, and those of the next that something is missing of."""
        groups = [list(group) for _, group in groupby(self._scores, lambda item: item.generation.key)]
        short = [any(item.key in self._engine.missing for item in group) for group in groups]
        upcoming: list[Iterable[ScoreItem]] = [()]
        for group, lacking in zip(reversed(groups[1:]), reversed(short[1:]), strict=True):
            upcoming.append(group if lacking else upcoming[-1])
        return zip(groups, reversed(upcoming), strict=False)  # a shard may have no scores

    def _finished(self, reached: int, stored: dict[tuple[str, str, str, str, int, str], Row]) -> list[Row]:
        known = [stored.get(identity(self._plan, item)) for item in self._scores[reached:]]
        return [row for row in known if row is not None]

    def _count(self) -> tuple[int, int]:
        found = pending.survey(self._scores, self._engine.present)
        self._engine.missing = set() if self._only_cache else {item.key for item in found.missing}
        return len(self._engine.missing), len(found.cached)

    def _interrupt(self) -> None:
        if self._engine.halt.is_set():
            raise KeyboardInterrupt
        self._engine.halt.set()
        self._display.warn("Stopping after the item at hand; Ctrl-C again stops at once.")


def forced_by(stage: Stage | None) -> tuple[Stage, ...]:
    """A stage that is to be done again, and those after it."""
    return STAGES[STAGES.index(stage) :] if stage else ()


@contextmanager
def interruptible(react: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C calls ``react`` meanwhile, and so does the first SIGTERM; only the main thread may say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = threading.Event()

    def terminate(*_: object) -> None:
        if not asked.is_set():
            asked.set()
            react()

    pressed = signal.signal(signal.SIGINT, lambda *_: react())
    terminated = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, pressed)
        signal.signal(signal.SIGTERM, terminated)
