"""Runs by several workers: a worker, a driver, a task or a node of which is lost, and an item that hangs."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

from benchmarks.engines import nodes, workers_on
from benchmarks.faults.bench import NEEDED, Bench, Finding, changed, stamps

_SLEEP = "0.15"
_CREW = ("--workers", "2")
Loss = Callable[[Popen[bytes], Path], str]
"""Loses something of a run under way; what it was, or "" where there was nothing to lose."""


def lose_any(lot: random.Random) -> Loss:
    """A worker or the driver, by lot."""

    def lose(driver: Popen[bytes], store: Path) -> str:
        victim = lot.choice([driver.pid, *workers_on(store)])
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
            return "driver" if victim == driver.pid else "worker"
        return ""

    return lose


def lose_a_worker(driver: Popen[bytes], store: Path) -> str:
    """The first that is there."""
    for victim in workers_on(store)[:1]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
            return "worker"
    return ""


def lost(bench: Bench, injected: str, times: int, lose: Loss, more: tuple[str, ...] = _CREW, seed: int = 2) -> Finding:
    """Losses one after the other, in a new store whenever one gets finished; then the same command to its end."""
    moments, found, codes, names = random.Random(seed), [], set(), []
    stores = again = 0
    while len(names) < times:
        store = bench.store("crew")
        bench.forget()
        stores, here = stores + 1, len(names)
        while len(names) < times:
            before, many = stamps(store), len(names)
            codes.add(_disturbed(bench, store, more, moments, lose, names, times))
            found += changed(before)
            if len(names) == many or 0 in codes:
                break
        before = stamps(store)
        found += bench.faults(store, bench.evaluate(store, more=more), before)
        extra, here = bench.calls() - NEEDED, len(names) - here
        found += [f"{extra} calls too many after {here} losses"] if extra > 2 * here else []
        again += max(extra, 0)
        codes.discard(0)
    told = f"{again} items at hand, of {NEEDED * stores}" if again else "nothing"
    lost_ones = ", ".join(f"{names.count(name)} {name}s" for name in sorted(set(names)))
    return Finding(f"{injected}: {lost_ones}", len(names), told, (*sorted(codes), 0), "", tuple(found))


def _disturbed(
    bench: Bench, store: Path, more: tuple[str, ...], moments: random.Random, lose: Loss, names: list[str], times: int
) -> int:
    """One run, disturbed until it ends; its exit code."""
    with bench.started(store, more=more, MOTIONBENCH_FAKE_SLEEP=_SLEEP) as driver:
        while len(names) < times and driver.poll() is None:
            time.sleep(moments.uniform(0.3, 1.5))
            names += filter(None, [lose(driver, store)] if driver.poll() is None else [])
        driver.communicate(timeout=300)
    return driver.returncode


def node(bench: Bench) -> Finding:
    """A Ray cluster of two nodes, the second of which is gone in the middle."""
    with nodes(True) as (address, remove):
        gone: list[str] = []

        def lose(driver: Popen[bytes], store: Path) -> str:
            if gone or len(workers_on(store)) < 2:
                return ""
            gone.append("node")
            remove()
            return "node"

        more = (*_CREW, "--executor", "ray", "--with", f"address={address}")
        return lost(bench, "a node of Ray lost", 1, lose, more)


def two_drivers(bench: Bench) -> Finding:
    """The same command twice at once, each with two workers."""
    store = bench.store("shared-crew")
    bench.forget()
    both = [bench.started(store, more=_CREW, MOTIONBENCH_FAKE_SLEEP=_SLEEP) for _ in range(2)]
    with both[0] as first, both[1] as second:
        outputs = [driver.communicate()[0].decode() for driver in (first, second)]
    codes = (first.returncode, second.returncode)
    before = stamps(store)
    found = bench.faults(store, bench.evaluate(store), before)
    found += [f"driver {n} printed another table" for n, text in enumerate(outputs) if text != bench.undisturbed]
    extra = bench.calls() - NEEDED
    told = f"{extra} of {NEEDED}" if extra else "nothing"
    return Finding("two drivers on one store, two workers each", 1, told, codes, "", tuple(found))


def hanging(bench: Bench) -> Finding:
    """A method that never ends with one clip, under a time limit."""
    store = bench.store("hanging")
    ended = bench.evaluate(store, "fake-hangs,fake-still", more=["--timeout", "generate=2"])
    told = [line for line in ended.said.splitlines() if "took longer than 2 s (--timeout)" in line]
    found = [] if ended.code == 3 else [f"exit {ended.code} instead of 3: {ended.said[-300:]}"]
    found += [] if any("fake-hangs · pan-0" in line for line in told) else [f"not told: {ended.said[-300:]}"]
    rows = [line for line in ended.table.splitlines() if line.startswith("fake-still,")]
    found += [] if rows and set(rows) <= set(bench.undisturbed.splitlines()) else ["fake-still is not as undisturbed"]
    said = told[0].split("] ", 1)[-1] if told else ""
    return Finding("a method that hangs, `--timeout generate=2`", 1, "its own item", (ended.code,), said, tuple(found))


def all_of_them(bench: Bench, times: int) -> Iterator[Finding]:
    """Every kind that this machine can have."""
    yield lost(bench, "`kill -9` with `--workers 2`", times, lose_any(random.Random(0)))
    yield two_drivers(bench)
    if importlib.util.find_spec("submitit"):
        more = (*_CREW, "--executor", "slurm", "--with", "cluster=local")
        yield lost(bench, "`kill -9` with `--executor slurm`", max(1, times // 10), lose_a_worker, more)
    if importlib.util.find_spec("ray"):
        yield node(bench)
    yield hanging(bench)
