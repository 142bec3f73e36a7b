"""Processes that are killed, stopped, doubled, or told another time."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

from benchmarks.faults.bench import NEEDED, Bench, Finding, changed, last_line, stamps

_SLEEP = "0.05"
"""Seconds of each tuning and generation, so that most kills meet one."""
_CLOCK = """import os, time
_shift = float(os.environ["FAULTS_CLOCK"])
_time, _time_ns = time.time, time.time_ns
time.time = lambda: _time() + _shift
time.time_ns = lambda: _time_ns() + int(_shift * 1e9)
"""


def kills(bench: Bench, times: int, seed: int = 0) -> Finding:
    """``kill -9`` from the first line to the last; a new store whenever one gets finished before the next kill."""
    moments = random.Random(seed)
    found: list[str] = []
    codes: set[int] = set()
    stores = again = killed = 0
    while killed < times:
        store = bench.store("killed")
        bench.forget()
        stores, here = stores + 1, 0
        while killed < times and (code := _killed(bench, store, moments.uniform(0, 1.0), found)):
            codes.add(code)
            killed, here = killed + 1, here + 1
        before = stamps(store)
        ended = bench.evaluate(store)
        extra = bench.calls() - NEEDED
        found += bench.faults(store, ended, before)
        found += [f"{extra} calls too many after {here} kills"] if extra > here else []
        again += extra
    told = f"{again} items at hand when killed, of {NEEDED * stores}"
    return Finding("`kill -9` at a random moment", killed, told, (*sorted(codes), 0), "", tuple(found))


def _killed(bench: Bench, store: Path, moment: float, found: list[str]) -> int:
    """A run that is killed some time after its first line; the exit code, 0 where it ended before."""
    before = stamps(store)
    with bench.started(store, MOTIONBENCH_FAKE_SLEEP=_SLEEP) as process:
        assert process.stderr is not None
        process.stderr.readline()
        time.sleep(moment)
        process.kill()
    found += changed(before)
    return process.returncode


def signals(bench: Bench, kind: signal.Signals, times: int = 1, seed: int = 1) -> Finding:
    """SIGTERM or SIGINT on the way, then the same command again."""
    moments = random.Random(seed)
    found: list[str] = []
    codes: set[int] = set()
    extra = 0
    said = ""
    for _ in range(times):
        store = bench.store("signalled")
        bench.forget()
        with bench.started(store, MOTIONBENCH_FAKE_SLEEP="0.2") as process:
            assert process.stderr is not None
            process.stderr.readline()
            time.sleep(moments.uniform(0.05, 1.0))
            process.send_signal(kind)
            said = process.communicate()[1].decode()
        codes.add(process.returncode)
        before = stamps(store)
        found += bench.faults(store, bench.evaluate(store), before)
        extra += bench.calls() - NEEDED
    found += [f"{extra} calls too many"] if extra > times * (kind != signal.SIGINT) else []
    told = f"{extra} items at hand, of {NEEDED * times}" if extra else "nothing"
    name = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}[kind]
    return Finding(name, times, told, (*sorted(codes), 0), last_line(said, "Nothing is lost"), tuple(found))


def two_drivers(bench: Bench) -> Finding:
    """The same command twice at once."""
    store = bench.store("shared")
    bench.forget()
    both = [bench.started(store, MOTIONBENCH_FAKE_SLEEP=_SLEEP) for _ in range(2)]
    with both[0] as first, both[1] as second:
        outputs = [first.communicate()[0].decode(), second.communicate()[0].decode()]
    codes = (first.returncode, second.returncode)
    before = stamps(store)
    found = bench.faults(store, bench.evaluate(store), before)
    found += [f"driver {n} printed another table" for n, text in enumerate(outputs) if text != bench.undisturbed]
    found += [f"exit codes {codes}"] if any(codes) else []
    told = f"{bench.calls() - NEEDED} items that both began, of {NEEDED}; the first that ended counts"
    return Finding("two drivers on one store", 1, told, codes, "", tuple(found))


def clock(bench: Bench, shift: float, name: str) -> Finding:
    """A run under a clock that is wrong, in a store that a right one left half done, and again under the right one."""
    hook = bench.folder / "clock"
    hook.mkdir(exist_ok=True)
    (hook / "sitecustomize.py").write_text(_CLOCK)
    store = bench.store("clock")
    bench.forget()
    bench.evaluate(store, "fake-still")
    path = f"{hook}:{bench.variables()['PYTHONPATH']}"
    before = stamps(store)
    wrong = bench.evaluate(store, PYTHONPATH=path, FAULTS_CLOCK=str(shift))
    found = bench.faults(store, wrong, before)
    before = stamps(store)
    right = bench.evaluate(store)
    found += bench.faults(store, right, before)
    extra = bench.calls() - NEEDED
    found += [f"{extra} calls too many"] if extra else []
    return Finding(f"a clock that jumps {name}", 1, "nothing", (wrong.code, right.code), "", tuple(found))
