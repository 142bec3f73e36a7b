"""What a run costs beside its items: a complete store of 100,000 rows met again, and the overhead of each fresh item.

    python -m benchmarks.resuming [--scores 100000] [--store DIR] [--check]

A suite of empty clips, two controls and four metrics that nobody computes: objects and rows are written as a run would
have left them, then the same plan is made and run again, each part timed by the processor's clock. ``--check`` exits 1
above three seconds from the request to the last row. The store stays where ``--store`` is given.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from motionbench import plan, request
from motionbench.display import Silent
from motionbench.plan import Plan
from motionbench.run import Run
from motionbench.scoring import Verdict, describe
from motionbench.sources import Sources
from motionbench.store import Meta, Store
from motionbench.types import CATEGORIES, Case, CaseEntry, Protocol

METHODS = ("frozen", "other-clip")
METRICS = ("mf.dmt", "mf.local", "flicker", "direction")
QUESTION = request.Question(METHODS, suite="empty", metrics=METRICS, controls=False)
LIMIT = 3.0


class Empty:
    """A suite of cases without clips."""

    name, summary, notice = "empty", "nothing", ""
    protocol = Protocol("empty-v1", 17, 8.0, 64, 64, "lk", 16)

    def __init__(self, cases: int) -> None:
        self.entries = [
            CaseEntry(
                f"r{n // 2:06d}--p{n % 2}", "empty", CATEGORIES[n // 2 % 4], f"r{n // 2:06d}", f"{n}", "", f"d{n // 2}"
            )
            for n in range(cases)
        ]

    def load(self, entry: CaseEntry) -> Case:
        """There is none."""
        raise NotImplementedError(entry.id)


@contextmanager
def timed(what: str, seconds: list[float]) -> Iterator[None]:
    """Print and keep what a block takes of the processor."""
    started = time.process_time()
    yield
    seconds.append(time.process_time() - started)
    print(f"{what:28s} {seconds[-1]:7.2f} s", flush=True)


def make(suite: Empty) -> Plan:
    """The plan of everything on the suite."""
    sources = Sources(suite=lambda name: suite, backbone_digest=lambda spec: "w", tracker_version=lambda spec: "1")
    return plan.make(request.resolve(QUESTION, sources))


def fill(store: Store, made: Plan) -> None:
    """What a finished run leaves of its scores."""
    writer = store.writer()
    for number, item in enumerate(made.scores):
        with store.objects.filling("score", item.key) as folder:
            store.objects.commit("score", item.key, folder, Meta(value=number / len(made.scores), signature="none"))
        writer.append(describe(made, item, Verdict(), store, "none"))
    writer.close()


def resume(store: Store, suite: Empty) -> float:
    """Meet the complete store again; seconds of the processor from the request to the last row."""
    seconds: list[float] = []
    with timed("plan", seconds):
        made = make(suite)
    with timed("run with nothing to do", seconds):
        result = Run(made, store, Silent()).execute()
    if result.performed or len(result.rows) != len(made.scores):
        raise RuntimeError(f"{result.performed} items were done and {len(result.rows)} rows came of {len(made.scores)}")
    return sum(seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill, resume from JSON lines and from Parquet, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scores", type=int, default=100_000)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args(arguments)
    suite = Empty(given.scores // (len(METHODS) * len(METRICS)))
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(given.store or Path(folder) / "store")
        if not store.plans():
            made = make(suite)
            with timed(f"writing {len(made.scores)} scores", []):
                fill(store, made)
            store.save_plan(made.configuration())
        from_lines = resume(store, suite)
        with timed("compaction", []):
            store.compact()
        from_parquet = resume(store, suite)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(f"resumed in {from_lines:.2f} s from lines, {from_parquet:.2f} s from Parquet; peak {peak:.0f} MiB")
    return int(given.check and max(from_lines, from_parquet) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
