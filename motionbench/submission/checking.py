"""What a maintainer would look at before a submission enters the leaderboard; every fault is told in one run."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import fmean
from typing import cast

from motionbench import registry
from motionbench.errors import MissingResourceError, MotionBenchError, UsageError
from motionbench.provenance import RunRecord
from motionbench.request import Request
from motionbench.sources import Sources
from motionbench.specs import MetricSpec
from motionbench.store import Row
from motionbench.submission import local, rescoring
from motionbench.submission.archive import HEAD, Archive
from motionbench.submission.reading import Submission, parse
from motionbench.types import Protocol

PLAUSIBLE = (
    ("frozen", "motion_fidelity[local]", -0.05, 0.05),
    ("frozen", "dynamic_degree", 0.0, 0.01),
    ("frozen", "clip_temporal", 0.99, 1.0),
    ("copy-reference", "motion_fidelity[local]", 0.7, 1.0),
    ("copy-reference", "leakage", 0.9, 1.0),
    ("other-clip", "motion_fidelity[local]", -1.0, 0.4),
)
"""Control, metric, least and greatest mean: what the controls are (docs/design/0004) leaves no other."""
_SHOWN = 5


@dataclass(frozen=True)
class Fault:
    """Something that keeps a submission out."""

    check: str
    what: str
    fix: str = ""


@dataclass(frozen=True)
class Verdict:
    """All that was found."""

    run: RunRecord
    faults: tuple[Fault, ...]
    unchecked: tuple[str, ...]
    """What could not be looked at here, and why."""
    rescored: int = 0
    """Generations whose scores were made again."""


def check(path: Path, *, share: float = 0.1, sources: Sources | None = None) -> Verdict:
    """Read a submission and look at everything.

    ``share`` of the included videos, drawn by the file's digest, are scored again. Raises UsageError where the file
    cannot be read at all, NotComparableError for a newer schema.
    """
    sources = sources or Sources()
    with Archive(path) as archive:
        submission = parse(archive)
        run = submission.record
        found = [*_files(archive, submission), *_rows(run), *_complete(run), *_controls(run)]
        unchecked: list[str] = []
        rescored = 0
        try:
            request = local.resolve(run.configuration, sources)
        except MotionBenchError as error:
            found.append(Fault("suite", str(error).splitlines()[0], "Submit a run on a suite of the manifest."))
        else:
            found += [*_protocol(run, request), *_cases(run, request), *_missing_controls(run, request)]
            found += _signatures(run, request, unchecked)
            if not found:
                rescored = _rescore(archive, submission, share, sources, found, unchecked)
    return Verdict(run, tuple(found), tuple(unchecked), rescored)


def _files(archive: Archive, submission: Submission) -> Iterator[Fault]:
    again = "Export it again; do not edit the file."
    listed = {file.name: file for file in submission.files}
    for name in sorted(set(archive.names) - {HEAD} - set(listed)):
        yield Fault("digests", f"{name} is not listed", again)
    for name, file in sorted(listed.items()):
        try:
            content = archive.read(name)
        except UsageError as error:
            yield Fault("digests", str(error), again)
            continue
        digest = hashlib.sha256(content).hexdigest()
        if (digest, len(content)) != (file.sha256, file.size):
            yield Fault("digests", f"{name} has the digest {digest[:12]}, listed is {file.sha256[:12]}", again)
        elif name.startswith("videos/") and digest not in name:
            yield Fault("digests", f"{name} is not named by its digest", again)


def _rows(run: RunRecord) -> Iterator[Fault]:
    configuration = run.configuration
    cases = {line.id: line for line in configuration.cases}
    known = {entry.name: cast(MetricSpec, entry.spec) for entry in registry.entries("metrics")}
    labels, columns = {m.label for m in configuration.methods}, {m.name for m in configuration.metrics}
    wrong: dict[str, list[str]] = defaultdict(list)
    for row in run.scores:
        case, spec = cases.get(row.case), known.get(row.metric.partition("@")[0])
        if case is None or row.method not in labels or row.metric not in columns or row.suite != configuration.suite:
            wrong["are of a case, method, metric or suite that the run has not"].append(_name(row))
        elif (row.category, row.reference) != (case.category, case.reference):
            wrong["name another category or reference than their case"].append(_name(row))
        if (row.value is None) == (row.status == "ok"):
            wrong["have a value without being ok, or are ok without one"].append(_name(row))
        elif row.value is not None and spec and not spec.bounds[0] - 1e-6 <= row.value <= spec.bounds[1] + 1e-6:
            wrong[f"lie outside the bounds of {spec.name}, {_bounds(spec)}"].append(f"{_name(row)} {row.value:g}")
        if row.status != "ok" and not row.reason:
            wrong["have neither a value nor a reason"].append(_name(row))
    for what, names in wrong.items():
        yield Fault("scores", f"{len(names)} scores {what}: {_few(names)}", "Export the run again.")
    twice = [_slot(*slot) for slot, count in Counter(map(_slot_of, run.scores)).items() if count > 1]
    if twice:
        yield Fault("scores", f"{len(twice)} scores are there more than once: {_few(twice)}", "Export the run again.")


def _complete(run: RunRecord) -> Iterator[Fault]:
    configuration = run.configuration
    present = set(map(_slot_of, run.scores))
    missing = [
        _slot(*slot)
        for method in configuration.methods
        for case in configuration.cases
        for seed in (configuration.seeds or (0,))
        for metric in configuration.metrics
        if (slot := (method.label, case.id, seed, metric.name)) not in present
    ]
    if missing:
        yield Fault(
            "completeness",
            f"{len(missing)} scores have neither a value nor a reason: {_few(missing)}",
            f"Finish the run, then export it again: {configuration.command or 'motionbench eval'}",
        )


def _controls(run: RunRecord) -> Iterator[Fault]:
    names = {line.label: line.name for line in run.configuration.methods if line.control}
    for control, metric, least, most in PLAUSIBLE:
        values = [
            row.value
            for row in run.scores
            if names.get(row.method) == control and row.metric == metric and row.value is not None
        ]
        if values and not least - 1e-9 <= fmean(values) <= most + 1e-9:
            yield Fault(
                "controls",
                f"{control} has {metric} {fmean(values):.3f}, expected {least:g} to {most:g}",
                "Find out why: a control that is wrong makes all other scores doubtful.",
            )


def _missing_controls(run: RunRecord, request: Request) -> Iterator[Fault]:
    present = {line.name for line in run.configuration.methods if line.control}
    missing = [c.spec.name for c in request.methods if c.spec.control and c.spec.name not in present]
    if missing:
        yield Fault(
            "controls",
            f"the controls {', '.join(missing)} are missing",
            "Run again without --no-controls, in the same store.",
        )


def _protocol(run: RunRecord, request: Request) -> Iterator[Fault]:
    theirs, ours = run.configuration.protocol, request.suite.protocol
    for field in fields(Protocol):
        then, now = getattr(theirs, field.name), getattr(ours, field.name)
        if then != now and field.name not in ("name", "tracker"):
            yield Fault(
                "protocol", f"protocol.{field.name} is {then!r}, the suite has {now!r}", "Run it under the suite's own."
            )


def _cases(run: RunRecord, request: Request) -> Iterator[Fault]:
    ours = {entry.id: entry for entry in request.suite.entries}
    theirs = {line.id: line for line in run.configuration.cases}
    missing = [case for case in ours if case not in theirs]
    if missing:
        yield Fault(
            "cases",
            f"{len(missing)} of the suite's {len(ours)} cases were not run: {_few(missing)}",
            "Run without --quick.",
        )
    other = [case for case, line in theirs.items() if case not in ours or ours[case].digest != line.digest]
    if other:
        yield Fault(
            "cases", f"{len(other)} cases are not those of the suite: {_few(other)}", "Use the suite's own clips."
        )
    elif not missing and run.configuration.manifest_digest != request.manifest_digest:
        yield Fault("cases", "prompts or captions are not those of the suite", "Run with the manifest of this release.")


def _signatures(run: RunRecord, request: Request, unchecked: list[str]) -> Iterator[Fault]:
    """Of each metric: one in the whole run, and the one that this release makes."""
    theirs: dict[str, set[str]] = defaultdict(set)
    for row in run.scores:
        if row.signature:
            theirs[row.metric].add(row.signature)
    made = local.signatures(request)
    for metric, found in sorted(theirs.items()):
        ours = made.get(metric, MissingResourceError("this release has no such metric"))
        if isinstance(ours, MotionBenchError):
            unchecked.append(f"the signature of {metric}: {str(ours).splitlines()[0]}")
        elif found != {ours}:
            yield Fault(
                "signatures",
                f"{metric} was computed as {_few(sorted(found))}, here it is {ours}",
                "Score it again here.",
            )


def _rescore(
    archive: Archive, submission: Submission, share: float, sources: Sources, found: list[Fault], unchecked: list[str]
) -> int:
    chosen = rescoring.chosen(submission.receipts, set(archive.names), share, archive.digest())
    if not chosen:
        unchecked.append("scores against videos: the submission includes none")
        return 0
    try:
        differing = list(rescoring.differences(archive, submission.record, chosen, sources))
    except MissingResourceError as error:
        unchecked.append(f"scores against videos: {str(error).splitlines()[0]}")
        return 0
    except MotionBenchError as error:
        found.append(Fault("videos", str(error).splitlines()[0], "Export the run again."))
        return 0
    if differing:
        found.append(
            Fault(
                "videos",
                f"{len(differing)} scores are not those of their videos: {_few(differing)}",
                "Export the run again.",
            )
        )
    return len(chosen)


def _slot_of(row: Row) -> tuple[str, str, int, str]:
    return row.method, row.case, row.seed, row.metric


def _slot(method: str, case: str, seed: int, metric: str) -> str:
    return f"{method} {case} seed {seed} {metric}"


def _name(row: Row) -> str:
    return _slot(*_slot_of(row))


def _bounds(spec: MetricSpec) -> str:
    low, high = (f"{end:g}" if math.isfinite(end) else "any" for end in spec.bounds)
    return f"{low} to {high}"


def _few(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:_SHOWN]) + (f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else "")


def by_check(verdict: Verdict) -> Mapping[str, list[Fault]]:
    """Faults in the order of the checks."""
    grouped: dict[str, list[Fault]] = defaultdict(list)
    for fault in verdict.faults:
        grouped[fault.check].append(fault)
    return grouped
