"""Whether two runs can be compared at all: what must be equal is, and the field that is not is named.

Versions and options of methods may differ, as they are what a comparison is about; they are told as notes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from motionbench.errors import NotComparableError
from motionbench.leaderboard.comparable import differing
from motionbench.store import Configuration, Environment, MethodLine, Row
from motionbench.types import Protocol

_RUN = ("suite", "backbone", "backbone_digest", "manifest_digest")
ALLOWED = ("backbone_digest", "manifest_digest")
"""Fields that gates.yaml may let differ."""
_SHOWN = 5


@dataclass(frozen=True)
class Side:
    """One of two runs."""

    name: str
    """As the user typed it."""
    configuration: Configuration
    rows: Sequence[Row]
    environments: tuple[Environment, ...] = ()
    """In which the rows were made."""


def check(base: Side, head: Side, may_differ: Collection[str] = ()) -> None:
    """Raises NotComparableError with every field in which the runs differ and must not."""
    found = [*_of_runs(base.configuration, head.configuration, may_differ)] or [*_of_metrics(base, head)]
    if not found:
        return
    lines = [f"  {field}: {first} in {base.name}, {second} in {head.name}" for field, first, second in found]
    raise NotComparableError(
        f"{base.name} and {head.name} cannot be compared, they differ in {found[0][0]}:\n"
        + "\n".join(lines[:_SHOWN])
        + (f"\n  and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else "")
        + "\nMake both again with one MotionBench"
        + "".join(f", or allow it: may_differ: [{field}] in gates.yaml" for field, *_ in found[:1] if field in ALLOWED)
    )


def changes_of_methods(base: Configuration, head: Configuration) -> Iterator[str]:
    """What differs in the methods that both runs have."""
    theirs = {line.label: line for line in head.methods}
    for line in base.methods:
        if line.label in theirs:
            changes = list(_of_method(line, theirs[line.label]))
            if changes:
                yield f"{line.label}: {', '.join(changes)}"


def changes_of_environments(base: Side, head: Side) -> Iterator[str]:
    """What differs in where the runs were made: nothing forbids it, and it may explain a difference."""
    ours, theirs = (_described(side.environments) for side in (base, head))
    changes = [
        f"{what} {_listed(ours[what])} → {_listed(theirs[what])}"
        for what in sorted(ours.keys() & theirs.keys())
        if ours[what] != theirs[what]
    ]
    if changes:
        yield f"made in other environments: {', '.join(changes)}"


def _described(environments: Sequence[Environment]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in environments:
        state = "+changes" if one.dirty else ""
        fields = {"commit": one.commit[:12] + state, "device": one.device, "Python": one.python, **one.packages}
        for what, value in fields.items():
            found.setdefault(what, set()).add(value or "none")
    return found


_Difference = tuple[str, str, str]


def _of_runs(base: Configuration, head: Configuration, may_differ: Collection[str]) -> Iterator[_Difference]:
    # Another suite has another manifest, which says nothing more.
    for field in _RUN if base.suite == head.suite else _RUN[:1]:
        ours, theirs = getattr(base, field), getattr(head, field)
        if ours != theirs and field not in may_differ and ours and theirs:
            yield field, ours, theirs
    for part in dataclasses.fields(Protocol):
        ours, theirs = getattr(base.protocol, part.name), getattr(head.protocol, part.name)
        if ours != theirs:
            yield f"protocol.{part.name}", str(ours), str(theirs)
    digests = {case.id: case.digest for case in head.cases}
    for case in base.cases:
        if digests.get(case.id, case.digest) != case.digest:
            yield f"digest of the case {case.id}", case.digest, digests[case.id]


def _of_metrics(base: Side, head: Side) -> Iterator[_Difference]:
    versions = {line.name: line.version for line in head.configuration.metrics}
    kinds = [{(row.metric, row.signature) for row in side.rows if row.signature} for side in (base, head)]
    for line in base.configuration.metrics:
        version = versions.get(line.name, line.version)
        ours, theirs = ({signature for metric, signature in side if metric == line.name} for side in kinds)
        if version != line.version:
            yield f"version of {line.name}", line.version, version
        elif ours and theirs and ours != theirs:
            yield f"signature of {line.name} ({differing(sorted(ours | theirs))})", _listed(ours), _listed(theirs)


def _listed(values: set[str]) -> str:
    return " and ".join(sorted(values))


def _of_method(ours: MethodLine, theirs: MethodLine) -> Iterator[str]:
    if ours.version != theirs.version:
        yield f"version {ours.version} → {theirs.version}"
    for option in sorted({*ours.options, *theirs.options}):
        before, after = ours.options.get(option, "absent"), theirs.options.get(option, "absent")
        if before != after:
            yield f"{option} {before} → {after}"
