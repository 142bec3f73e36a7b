"""One worker: ``python -m motionbench.executors.worker --store DIR --run ID --name NAME``.

It needs nothing but the store. It ends when nothing is left to do, when asked to stop, or when its time is used up;
what it has made by then is in the store. Exit codes: 0, ``OUT_OF_TIME``, ``TIMED_OUT``, or that of an error that spoils
every item, which it has told as the event ``fatal``.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
import time
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from motionbench import pending, placement, plan, request
from motionbench.capturing import Capture, log_name
from motionbench.engine import Engine, Stopped
from motionbench.errors import MotionBenchError, UsageError
from motionbench.executors import vigil
from motionbench.executors.claims import Claims, late, lease_of
from motionbench.executors.events import EventWriter
from motionbench.executors.ledger import Ledger
from motionbench.executors.orders import Order
from motionbench.executors.units import Schedule, Unit, units
from motionbench.executors.vigil import OUT_OF_TIME, Vigil
from motionbench.plan import Item, Plan
from motionbench.scoring import Verdict, identity
from motionbench.store import Store
from motionbench.store.leases import Leases
from motionbench.store.rows import settled

_PROGRESS_EVERY, _SHORTEST_POLL, _LONGEST_POLL, _MISSED = 1.0, 0.25, 5.0, 3
_SWEEP_EVERY = 1.0
Outcome = Literal["done", "over", "held"]
"""Of a unit: done here; done by another; another is at it."""


class Telling:
    """A display (``display.Display``) that writes events, and keeps what an item prints in the item's log."""

    def __init__(
        self, events: EventWriter, leases: Leases, watch: Vigil, ledger: Ledger, order: Order, logs: Path
    ) -> None:
        self._events, self._leases, self._watch, self._ledger = events, leases, watch, ledger
        self._timeouts, self._capture = order.timeouts, Capture(logs)
        self._told = 0.0

    def start(self, missing: int, cached: int) -> None:
        """Nothing: the driver counts."""

    def begin(self, item: Item) -> None:
        """From here on the item has its time, and its log."""
        self._capture.begin(log_name(item), again=self._ledger.was_tried(item))
        self._events.write("begin", key=item.key, stage=item.stage)
        self._watch.guard(self._timeouts.get(item.stage), lambda: self._late(item))

    def progress(self, stage: str, done: int, total: int) -> None:
        """Now and then."""
        now = time.monotonic()
        if now - self._told >= _PROGRESS_EVERY:
            self._told = now
            self._events.write("progress", step=stage, done=done, total=total)

    def end(self, item: Item, verdict: Verdict, seconds: float) -> None:
        """The item is there for others."""
        self._watch.unguard()
        self._capture.end()
        if item.stage != "generate":  # that one stands for its unit
            self._leases.release(lease_of(item))
        self._events.write("end", key=item.key, stage=item.stage, seconds=seconds, verdict=asdict(verdict))

    def warn(self, text: str) -> None:
        """For the driver to show."""
        self._events.write("warn", text=text)

    def stop(self) -> None:
        """Nothing."""

    def _late(self, item: Item) -> None:
        limit = self._timeouts[item.stage]
        verdict = late(self._ledger, item, limit)
        if verdict:
            self._events.write("end", key=item.key, stage=item.stage, seconds=limit, verdict=asdict(verdict))
        self._leases.release_all()


class Worker:
    """Works on one order until nothing of it is left."""

    def __init__(self, store: Store, ledger: Ledger, name: str, *, shared: bool, seconds: float | None) -> None:
        self._store, self._ledger, self._name = store, ledger, name
        self._began, self._seconds, self._longest = time.monotonic(), seconds, 0.0
        self._next_sweep = 0.0
        self.events = EventWriter(ledger.events_of(name), name)
        self.order = ledger.order()
        self._shared = shared

    def work(self, rank: int, count: int) -> int:
        """The exit code."""
        made = self._plan()
        leases = Leases(self._store.root, self._name, patience=_MISSED * self.order.heartbeat)
        leases.bury(self._name)  # of a task that its queue started again: its former self is gone
        engine, watch = self._bench(made, leases)
        watch.start()
        try:
            with placement.applied(self.order.placed):
                return self._drain(made, engine, Schedule(self._todo(made, engine), rank, count))
        except Stopped:
            return 0
        finally:
            watch.close()
            leases.release_all()
            engine.close()

    def _plan(self) -> Plan:
        made = plan.make(request.resolve(self.order.question))
        if made.plan_id != self.order.plan_id:
            raise UsageError(
                f"the plan {made.plan_id} of worker {self._name} is not the plan {self.order.plan_id} of the run: this "
                "machine has another MotionBench, plug-in, suite or weights\nMake them the same on all machines."
            )
        self.events.write("hello", pid=os.getpid(), host=os.uname().nodename)
        return made

    def _bench(self, made: Plan, leases: Leases) -> tuple[Engine, Vigil]:
        halt = threading.Event()
        watch = Vigil(leases, self.order.heartbeat, lambda: self._ledger.stopping, halt)
        display = Telling(self.events, leases, watch, self._ledger, self.order, self._store.root / "logs")
        self._claims = Claims(leases, self._ledger, pending.in_store(self._store), halt)
        engine = Engine(
            made,
            self._store,
            display,
            placed=self.order.placed,
            retried=self.order.retried,
            shared=self._shared,
            peers=self._claims,
            log=lambda _, text: print(text, file=sys.stderr),
        )
        engine.halt = halt
        vigil.terminable(halt)
        vigil.leash(halt)
        return engine, watch

    def _todo(self, made: Plan, engine: Engine) -> list[Unit]:
        """Units of which something is missing, be it only a row."""
        self._stored = {row.identity: row for row in self._store.rows()}
        scores = self.order.shard.takes(made.scores) if self.order.shard else made.scores
        engine.recall(scores, self._stored)
        engine.missing = {item.key for item in pending.survey(scores, engine.present).missing}
        told = {name for name, row in self._stored.items() if settled(row)}

        def complete(unit: Unit) -> bool:
            return all(item.key not in engine.missing and identity(made, item) in told for item in unit.scores)

        return [unit for unit in units(scores) if not complete(unit)]

    def _drain(self, made: Plan, engine: Engine, schedule: Schedule) -> int:
        methods = {key: unit.method for unit in units(made.scores) for key in unit.keys}
        pause, last_round = _SHORTEST_POLL, False
        while not engine.halt.is_set():
            if self._used_up():
                return OUT_OF_TIME
            busy = {methods[key] for key in self._claims.others() if key in methods} if schedule.switches else set()
            unit = schedule.next(busy)
            if unit is None:
                if not schedule.waiting:
                    break
                engine.halt.wait(pause)
                pause, last_round = min(2 * pause, _LONGEST_POLL), True
                schedule.resume()
                schedule.sweep(self._ledger.finished())
                continue
            outcome = self._do(unit, engine, schedule.upcoming)
            if outcome == "done":
                pause = _SHORTEST_POLL
                continue
            if outcome == "held":
                schedule.defer(unit)
            self._sweep(schedule, last_round=last_round)
        return 0

    def _sweep(self, schedule: Schedule, *, last_round: bool) -> None:
        """After meeting what is another's: leave out all that is, by two listings, in a twentieth of the time.

        In the last round nothing is passed over for being held: a lease tells that its owner is gone only when tried.
        """
        began = time.monotonic()
        if began < self._next_sweep:
            return
        schedule.sweep(self._ledger.finished(), () if last_round else self._claims.others())
        now = time.monotonic()
        self._next_sweep = now + max(_SWEEP_EVERY, 20 * (now - began))

    def _do(self, unit: Unit, engine: Engine, upcoming: Unit | None) -> Outcome:
        """Do a unit, unless another did it or is at it; what it reads for the ``upcoming`` one may be of no use."""
        began = time.monotonic()
        if self._done_by_another(unit, engine):
            return "over"
        if not self._claims.claim(unit):
            return "held"
        if not self._done_by_another(unit, engine):
            engine.look_ahead(upcoming.scores if upcoming else ())
            for item in unit.scores:
                engine.row(item, self._stored)
        self._ledger.finish(unit.id)
        self._claims.release_all()
        self._longest = max(self._longest, time.monotonic() - began)
        return "done"

    def _done_by_another(self, unit: Unit, engine: Engine) -> bool:
        """Whoever did it has written the rows too."""
        missed = any(item.key in engine.missing for item in unit.scores)
        return missed and all(engine.answer(item) is not None for item in unit.scores)

    def _used_up(self) -> bool:
        """Whether another unit as long as the longest would not end in time."""
        return self._seconds is not None and time.monotonic() - self._began + self._longest > self._seconds


def main() -> int:
    """Read the command line and work."""
    parser = argparse.ArgumentParser(prog="motionbench.executors.worker", description=__doc__)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--rank", type=int, default=0)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--shared", action="store_true", help="other workers use the same device")
    parser.add_argument("--seconds", type=float, help="begin nothing that would not end by then")
    told = parser.parse_args()
    worker = Worker(
        Store.open(told.store, create=False),
        Ledger(told.store.absolute(), told.run),
        told.name,
        shared=told.shared,
        seconds=told.seconds,
    )
    with contextlib.suppress(OSError):
        os.chdir(worker.order.folder)
    try:
        code = worker.work(told.rank, told.count)
    except MotionBenchError as error:
        worker.events.write("fatal", kind=type(error).__name__, text=str(error))
        code = error.exit_code
    except Exception as error:
        traceback.print_exc()
        worker.events.write("fatal", kind="MotionBenchError", text=f"{type(error).__name__}: {error}")
        code = 1
    worker.events.write("bye", code=code)
    return code


if __name__ == "__main__":
    sys.exit(main())
