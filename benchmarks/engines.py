"""One table by every way of running: in one process, by two workers, on Ray, under Slurm, in shards; killed or not.

    python -m benchmarks.engines [--quick] [--methods lora,...] [--steps 30] [--ways one,two,...] [--kills 0]

Each way runs every method of a suite into an empty store, with one thread a worker and few steps of tuning. With
``--kills`` so many processes of each way, workers and drivers by lot, are ended by SIGKILL, and the same command is
given again until it comes through. Prints a row a way and exits 1 where a table differs from the first one by a byte.
Ray is a cluster of two nodes of this machine, Slurm is submitit's local executor.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from motionbench import registry
from motionbench.specs import MethodSpec

CLI = (sys.executable, "-m", "motionbench.cli")
WAYS = ("one", "two", "ray", "slurm", "shards")
WORKER = "motionbench.executors.worker"
PAUSES = 4.0, 12.0
"""Seconds before a kill, by lot."""


def methods() -> list[MethodSpec]:
    """Every method that is no control and runs beside MotionBench."""
    specs = [entry.spec for entry in registry.entries("methods") if isinstance(entry.spec, MethodSpec)]
    return [spec for spec in specs if not spec.control and not spec.environment]


def options(steps: int, names: str = "") -> list[str]:
    """Words that ask for all of them, or for those named, with so many steps of tuning."""
    found = [spec for spec in methods() if not names or spec.name in names.split(",")]
    words = ["--method", ",".join(spec.name for spec in found)]
    for spec in (spec for spec in found if spec.tuned):
        names = [name for name in spec.defaults if name == "steps" or name.endswith("_steps")]
        words += [word for name in names for word in ("--set", f"{spec.name}.{name}={steps}")]
    return words


@dataclass
class Way:
    """One way to the table."""

    name: str
    store: Path
    commands: Sequence[Sequence[str]]
    """Of which the last prints the table."""
    kills: list[str] = field(default_factory=list)
    seconds: float = 0.0
    items: int = 0
    table: bytes = b""


def way(name: str, folder: Path, asked: Sequence[str], address: str) -> Way:
    """The commands of a way."""
    store = folder / name
    run = [*CLI, "eval", *asked, "--format", "csv", "--events", str(folder / f"{name}.jsonl"), "--store"]
    words = {
        "one": ["--workers", "1"],
        "two": ["--workers", "2"],
        "ray": ["--workers", "2", "--executor", "ray", "--with", f"address={address}"],
        "slurm": ["--workers", "2", "--executor", "slurm", "--with", "cluster=local"],
    }
    if name != "shards":
        return Way(name, store, [[*run, str(store), *words[name]]])
    parts = [f"{store}-{part}" for part in (1, 2, 3)]
    shards = [[*run, parts[part - 1], "--shard", f"{part}/3"] for part in (1, 2, 3)]
    merge = [*CLI, "store", "merge", str(store), *parts]
    return Way(name, store, [*shards, merge, [*CLI, "table", "--store", str(store), "--format", "csv"]])


def execute(one: Way, kills: int, lot: random.Random) -> None:
    """Give each command until it comes through; kills are spread over them."""
    started = time.perf_counter()
    runs = [command for command in one.commands if "eval" in command]
    for command in one.commands:
        share = -(-kills // len(runs)) if command in runs else 0
        one.table = insisted(command, min(share, kills - len(one.kills)), one, lot)
    one.seconds = time.perf_counter() - started
    events = one.store.parent / f"{one.name}.jsonl"
    one.items = sum(json.loads(line)["event"] == "begin" for line in events.read_text().splitlines())


def insisted(command: Sequence[str], kills: int, one: Way, lot: random.Random) -> bytes:
    """What the command prints in the end; raises RuntimeError where it fails by itself."""
    done = 0
    while True:
        driver = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        while done < kills and _alive(driver, lot.uniform(*PAUSES)):
            victim = lot.choice([driver.pid, *workers_on(one.store)])
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
                one.kills.append("driver" if victim == driver.pid else "worker")
                done += 1
        out, said = driver.communicate()
        if driver.returncode == 0:
            return out
        if driver.returncode != -signal.SIGKILL:
            raise RuntimeError(f"{' '.join(command)} ended with {driver.returncode}:\n{said.decode()[-2000:]}")


def _alive(driver: subprocess.Popen[bytes], seconds: float) -> bool:
    with contextlib.suppress(subprocess.TimeoutExpired):
        driver.wait(seconds)
        return False
    return True


def workers_on(store: Path) -> list[int]:
    """Processes that work on a store or on one of its shards."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if WORKER in words and any(word.startswith(str(store)) for word in words):
                found.append(int(folder.name))
    return found


@contextlib.contextmanager
def nodes(wanted: bool) -> Iterator[tuple[str, Callable[[], None]]]:
    """The address of a Ray cluster of two nodes with a core each, or "", and what takes the second node away."""
    if not wanted:
        yield "", lambda: None
        return
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 1, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, connect=False, head_node_args=head)
    second = cluster.add_node(num_cpus=1)
    try:
        yield str(cluster.address), lambda: cluster.remove_node(second, allow_graceful=False)
    finally:
        cluster.shutdown()


def line(one: Way, first: Way) -> str:
    """A row of the table."""
    killed = f"{one.kills.count('worker')} + {one.kills.count('driver')}"
    same = "yes" if one.table == first.table else "**no**"
    return f"| {one.name} | {one.seconds:.0f} s | {killed} | {one.items} | {same} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, compare, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="mini")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--methods", default="", help="names with commas; all unless told")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--store", type=Path, help="keep the stores in this folder")
    given = parser.parse_args(arguments)
    names, lot = given.ways.split(","), random.Random(given.seed)
    asked = [*options(given.steps, given.methods), "--suite", given.suite, *(["--quick"] if given.quick else [])]
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder, nodes("ray" in names) as (address, _):
        root = given.store or Path(folder)
        root.mkdir(parents=True, exist_ok=True)
        ways = [way(name, root, asked, address) for name in names]
        print("| way | time | killed: workers + drivers | items that drivers saw begin | same table |")
        print("|---|---:|---:|---:|---|")
        for one in ways:
            execute(one, given.kills, lot)
            print(line(one, ways[0]), flush=True)
    return int(any(one.table != ways[0].table for one in ways))


if __name__ == "__main__":
    sys.exit(main())
