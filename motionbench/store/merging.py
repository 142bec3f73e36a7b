"""Stores of several shards, machines or days joined into one.

Objects are copied whole and checked against their digests on the way; one that two stores have is taken from the first.
Of rows of one score the latest that is no failure counts, as within a store. Tunings under way stay where they are.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from motionbench.store import records
from motionbench.store.records import environment_from
from motionbench.store.root import Store


@dataclass
class Merged:
    """What came over."""

    objects: int = 0
    rows: int = 0
    plans: int = 0
    broken: list[Path] = field(default_factory=list)
    """Objects that differ from their digests; they were left out, and the next run makes them again."""


def merge(target: Store, sources: Sequence[Store]) -> Merged:
    """Bring all that is in ``sources`` into ``target``; doing it twice changes nothing."""
    merged = Merged()
    for source in sources:
        for stage, key in source.objects.entries():
            if target.objects.done(stage, key):
                continue
            if target.objects.adopt(source.objects, stage, key):
                merged.objects += 1
            else:
                merged.broken.append(source.objects.path(stage, key))
        merged.rows += _rows(target, source)
        merged.plans += _plans(target, source)
        _environments(target, source)
        _logs(target, source)
    return merged


def _rows(target: Store, source: Store) -> int:
    present = {row.identity: row for row in target.rows()}
    fresh = [row for row in source.rows() if present.get(row.identity) != row]
    writer = target.writer()
    try:
        for row in fresh:
            writer.append(row)
    finally:
        writer.close()
    return len(fresh)


def _plans(target: Store, source: Store) -> int:
    known = {plan.plan_id for plan in target.plans()}
    fresh = [plan for plan in source.plans() if plan.plan_id not in known]
    for plan in fresh:
        target.save_plan(plan)
    return len(fresh)


def _environments(target: Store, source: Store) -> None:
    for file in sorted((source.root / "environments").glob("*.json")):
        target.save_environment(environment_from(records.loads(file.read_bytes(), str(file)), str(file)))


def _logs(target: Store, source: Store) -> None:
    for file in sorted((source.root / "logs").glob("*.txt")):
        copy = target.root / "logs" / file.name
        copy.parent.mkdir(exist_ok=True)
        if not copy.exists():
            shutil.copyfile(file, copy)
