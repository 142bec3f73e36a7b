"""A simulation of many workers: the package's own schedule, measured costs, stragglers, deaths and model loads.

    python -m benchmarks.crowd [--references 1000] [--workers 1,2,4] [--output docs/images/scaling-simulated.webp]

Each worker is a coroutine that goes through the same ``Schedule`` as a real one and yields what each step would take.
Tuning and generating take what ``results/methods.json`` recorded on ``mini``, times a log-normal factor; one unit in a
hundred takes five times as long, and one in two hundred kills its worker half way. Looking at the shared folder takes
five milliseconds, listing it a second, a worker's start and its first model six seconds, each further
method one second.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.engines import methods
from benchmarks.resuming import Empty
from motionbench import plan, request
from motionbench.executors.units import Schedule, Unit, units
from motionbench.sources import Sources

RECORD = Path(__file__).parents[1] / "results" / "methods.json"
WORKERS = tuple(2**power for power in range(10))
LOOK, LISTING, START, SWITCH = 0.005, 1.0, 6.0, 1.0
"""Seconds of a look at the shared folder, of listing it, of a worker's start, of another method's model."""
SPREAD, STRAGGLERS, SLOWER, DEATHS = 0.3, 0.01, 5.0, 0.005
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0

Life = Iterator[float]
Costs = Mapping[str, tuple[float, float]]
"""Seconds of tuning and of a generation with its scores, by method."""


def costs() -> Costs:
    """Means over the record's references and cases."""
    tuned: dict[str, dict[str, float]] = {}
    made: dict[str, dict[str, float]] = {}
    for row in json.loads(RECORD.read_text())["scores"]:
        name = row["method"].partition("[")[0]
        tuned.setdefault(name, {})[row["reference"]] = row["tune_seconds"]
        made.setdefault(name, {})[row["case"]] = row["generate_seconds"]
    return {name: (_mean(tuned[name]), _mean(made[name])) for name in tuned}


def _mean(seconds: Mapping[str, float]) -> float:
    return sum(seconds.values()) / len(seconds)


def work(references: int) -> list[Unit]:
    """Every method on a suite of two prompts a reference."""
    suite = Empty(2 * references)
    sources = Sources(suite=lambda name: suite, backbone_digest=lambda spec: "w", tracker_version=lambda spec: "1")
    names = tuple(spec.name for spec in methods())
    question = request.Question(names, suite="empty", metrics=("flicker",), controls=False)
    return units(plan.make(request.resolve(question, sources)).scores)


@dataclass
class World:
    """What workers see of each other, and what each thing takes whoever does it."""

    todo: Sequence[Unit]
    costs: Costs
    deaths: float = DEATHS
    over: set[str] = field(default_factory=set)
    """Ids of units."""
    tuned: set[str] = field(default_factory=set)
    leases: set[str] = field(default_factory=set)
    at_work: Counter[str] = field(default_factory=Counter)
    worked: float = 0.0
    now: float = 0.0

    def seconds(self, unit: Unit) -> tuple[float, float]:
        """Of tuning, where that is still to do, and of generating; the same for every number of workers."""
        tune, generation = unit.generation.tune, unit.generation
        lot = random.Random(generation.key)
        factor = lot.lognormvariate(-(SPREAD**2) / 2, SPREAD) * (SLOWER if lot.random() < STRAGGLERS else 1.0)
        tuning, generating = self.costs[unit.method]
        return (tuning * factor if tune and tune.key not in self.tuned else 0.0), generating * factor


def life(world: World, rank: int, count: int) -> Life:
    """One worker and those who take its place; yields seconds."""
    lot = random.Random(rank)
    while True:
        yield START
        died = yield from _shift(world, Schedule(world.todo, rank, count), lot)
        if not died:
            return


def _shift(world: World, schedule: Schedule, lot: random.Random) -> Iterator[float]:
    """``worker.Worker._drain``, with its sweeps and pauses."""
    pause, method, last_round, due = FIRST_PAUSE, "", False, 0.0
    while True:
        unit = schedule.next({name for name, many in world.at_work.items() if many} if schedule.switches else ())
        if unit is None:
            if not schedule.waiting:
                return False
            yield pause + LISTING
            pause, last_round = min(2 * pause, LONGEST_PAUSE), True
            schedule.resume()
            schedule.sweep(world.over)
            continue
        yield LOOK
        free = unit.id not in world.over and world.leases.isdisjoint(unit.keys)
        if free:
            pause = FIRST_PAUSE
            died = yield from _unit(world, unit, lot, SWITCH if method not in ("", unit.method) else 0.0)
            if died:
                return True
            method = unit.method
            continue
        if unit.id not in world.over:
            schedule.defer(unit)
        if world.now >= due:
            yield LISTING
            schedule.sweep(world.over, () if last_round else world.leases)
            due = world.now + 20 * LISTING


def _unit(world: World, unit: Unit, lot: random.Random, switch: float) -> Iterator[float]:
    tune = unit.generation.tune
    needed = {key for key in unit.keys if key not in world.tuned}
    world.leases |= needed
    world.at_work[unit.method] += 1
    tuning, generating = world.seconds(unit)
    died = lot.random() < world.deaths
    if died:
        yield switch + (tuning + generating) / 2
    else:
        yield switch + tuning
        if tune:
            world.tuned.add(tune.key)
            world.leases.discard(tune.key)
        yield generating
        world.over.add(unit.id)
        world.worked += tuning + generating
    world.leases -= needed
    world.at_work[unit.method] -= 1
    return died


def simulate(world: World, count: int) -> float:
    """Seconds until the last worker ends."""
    order = itertools.count()
    lives = [(0.0, next(order), life(world, rank, count)) for rank in range(count)]
    heapq.heapify(lives)
    while lives:
        world.now, _, one = heapq.heappop(lives)
        for seconds in one:
            heapq.heappush(lives, (world.now + seconds, next(order), one))
            break
    return world.now


def draw(found: Mapping[str, Sequence[tuple[int, float]]], path: Path) -> None:
    """Speed-up by number of workers, both on logarithmic axes."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 4.2), dpi=150, layout="constrained")
    counts = [count for count, _ in next(iter(found.values()))]
    axes.plot(counts, counts, color="0.7", linestyle="--", label="as many times faster as workers")
    for (name, points), marker in zip(found.items(), "os^", strict=False):
        axes.plot(*zip(*points, strict=True), marker=marker, markersize=4, label=name)
    axes.set(xscale="log", yscale="log", xlabel="workers", ylabel="times faster than the work one after the other")
    axes.set_xticks(counts, [str(number) for number in counts])
    axes.set_yticks(counts, [str(number) for number in counts])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path)


def faster(todo: Sequence[Unit], known: Costs, count: int, deaths: float) -> tuple[float, float]:
    """Seconds that workers take, and how many times as fast as the work one after the other that is."""
    world = World(todo, known, deaths)
    seconds = simulate(world, count)
    return seconds, world.worked / seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--references", type=int, default=1000)
    parser.add_argument("--workers", default=",".join(map(str, WORKERS)))
    parser.add_argument("--output", type=Path)
    given = parser.parse_args(arguments)
    todo, known = work(given.references), costs()
    print(f"{len(todo)} generations\n\n| workers | time | times faster | efficiency | nobody dying |")
    print("|---:|---:|---:|---:|---:|")
    found: dict[str, list[tuple[int, float]]] = {"with stragglers and deaths": [], "nobody dying": []}
    for count in map(int, given.workers.split(",")):
        seconds, speed = faster(todo, known, count, DEATHS)
        _, calm = faster(todo, known, count, 0.0)
        found["with stragglers and deaths"].append((count, speed))
        found["nobody dying"].append((count, calm))
        print(
            f"| {count} | {seconds / 3600:.2f} h | {speed:.1f} | {speed / count:.2f} | {calm / count:.2f} |", flush=True
        )
    if given.output:
        draw(found, given.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
