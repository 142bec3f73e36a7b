"""Refuses to put scores into one table that were not made alike."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Sequence

from motionbench.errors import NotComparableError
from motionbench.store import Configuration, Row
from motionbench.types import Protocol

_SHARED_BY_METRIC = ("protocol", "frames", "fps", "height", "width", "tracker", "grid", "metric_version", "backbone")
_kind = operator.attrgetter("metric", "signature", *_SHARED_BY_METRIC)


def check(rows: Sequence[Row]) -> None:
    """Raises NotComparableError with the first field in which rows of a metric, or of a method, differ."""
    kinds = {_kind(row) for row in rows}
    for metric in sorted({kind[0] for kind in kinds}):
        column = [kind for kind in kinds if kind[0] == metric]
        for place, field in enumerate(_SHARED_BY_METRIC, start=2):
            _one(f"the scores of {metric}", field, {str(kind[place]) for kind in column})
        signatures = sorted({kind[1] for kind in column if kind[1]})
        _one(f"the scores of {metric}", f"signature ({differing(signatures)})", set(signatures))
    versions = {(row.method, row.method_version) for row in rows}
    for method in sorted({name for name, _ in versions}):
        _one(
            f"the generations of {method}", "method_version", {version for name, version in versions if name == method}
        )


def differing(signatures: Sequence[str]) -> str:
    """The parts of signatures ``a|b:1|c:2`` that not all of them share."""
    parts = [signature.split("|") for signature in signatures]
    shared = set.intersection(*map(set, parts)) if parts else set()
    return " / ".join("|".join(part for part in split if part not in shared) or "—" for split in parts)


def merge(configurations: Sequence[Configuration]) -> Configuration:
    """One configuration for the table of several runs; raises NotComparableError where they do not fit."""
    first = configurations[0]
    for field in ("suite", "backbone", "backbone_digest", "encoder_digest"):
        _one("the runs", field, {getattr(one, field) for one in configurations} - {""})
    for part in dataclasses.fields(Protocol):
        _one("the runs", f"protocol.{part.name}", {str(getattr(one.protocol, part.name)) for one in configurations})
    for label in sorted({line.label for one in configurations for line in one.methods}):
        lines = [line for one in configurations for line in one.methods if line.label == label]
        _one(f"the runs of {label}", "options", {str(sorted(line.options.items())) for line in lines})
    return dataclasses.replace(
        first,
        plan_id="+".join(one.plan_id for one in configurations),
        seeds=tuple(sorted({seed for one in configurations for seed in one.seeds})),
        methods=tuple({line.label: line for one in configurations for line in one.methods}.values()),
        metrics=tuple({line.name: line for one in configurations for line in one.metrics}.values()),
        cases=tuple({line.id: line for one in configurations for line in one.cases}.values()),
        score_keys=tuple(sorted({key for one in configurations for key in one.score_keys})),
    )


def _one(what: str, field: str, values: set[str]) -> None:
    if len(values) > 1:
        listing = "\n".join(f"  {value}" for value in sorted(values))
        raise NotComparableError(
            f"{what} cannot share a table, they differ in {field}:\n{listing}\n"
            "Choose one run: motionbench table --plan ID"
        )
