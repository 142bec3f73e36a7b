"""What the harness adds to an item, and that it stays the same from a thousand items to a hundred thousand.

    python -m benchmarks.overhead [--items 1000,10000,100000] [--workers 1000,10000] [--check]

Items that do nothing but commit an empty object go through a whole run, rows and table-ready store included: in one
process, and through a worker as ``--workers`` starts them, with its leases, events and logs. Time is the processor's;
memory is the peak of a process of its own. ``--check`` exits 1 above five milliseconds an item.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.resuming import METHODS, METRICS, QUESTION, Empty, make
from motionbench import engine
from motionbench.display import Silent
from motionbench.executors import vigil
from motionbench.executors.ledger import Ledger
from motionbench.executors.orders import Order
from motionbench.executors.worker import Worker
from motionbench.plan import Item, Plan
from motionbench.run import Run
from motionbench.store import Meta, Store

LIMIT = 5.0
"""Milliseconds."""
Result = tuple[int, float, float]
"""Items, milliseconds an item, MiB at the peak."""


def idle(item: Item, workshop: object, store: Store, progress: object) -> None:
    """Commit an empty object, in place of ``stages.perform``."""
    with store.objects.filling(item.stage, item.key) as folder:
        store.objects.commit(item.stage, item.key, folder, Meta(value=0.5 if item.stage == "score" else None))


def alone(made: Plan, store: Store) -> int:
    """Items of a run in this process."""
    return Run(made, store, Silent()).execute().performed


def worker(made: Plan, store: Store) -> int:
    """Items of a run by one worker, which here is this process."""
    Worker._plan = lambda self: made  # type: ignore[method-assign]  # a suite that no name stands for
    vigil.leash = lambda halt: None  # nobody started it who might be gone
    ledger = Ledger.begin(store.root, Order(QUESTION, made.plan_id))
    Worker(store, ledger, "worker", shared=False, seconds=None).work(0, 1)
    return sum(1 for _ in store.objects.entries())


def measured(way: Callable[[Plan, Store], int], scores: int) -> Result:
    """Of one run in a process of its own."""
    parent, child = multiprocessing.get_context("fork").Pipe()
    process = multiprocessing.get_context("fork").Process(target=_measure, args=(way, scores, child))
    process.start()
    child.close()  # so that a process that fails ends the wait
    found: Result = parent.recv()
    process.join()
    return found


def _measure(way: Callable[[Plan, Store], int], scores: int, answer: Any) -> None:
    engine.stages.perform = idle
    engine.stages.look_ahead = lambda *_: None
    made = make(Empty(scores // (len(METHODS) * len(METRICS))))
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder))
        started = time.process_time()
        items = way(made, store)
        seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    answer.send((items, 1000 * seconds / items, peak))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", default="1000,10000,100000")
    parser.add_argument("--workers", default="1000,10000")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args(arguments)
    print("| way | items | an item | peak of memory |\n|---|---:|---:|---:|")
    slow = False
    for name, way, sizes in (("one process", alone, given.items), ("a worker", worker, given.workers)):
        for size in map(int, sizes.split(",")):
            items, milliseconds, peak = measured(way, size)
            slow |= milliseconds > LIMIT
            print(f"| {name} | {items:,} | {milliseconds:.2f} ms | {peak:.0f} MiB |", flush=True)
    return int(given.check and slow)


if __name__ == "__main__":
    sys.exit(main())
