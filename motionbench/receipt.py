"""The receipt of a score: everything that stands behind one number, and the command that makes it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from motionbench import registry, stages
from motionbench.errors import MotionBenchError, UsageError
from motionbench.options import parse_variant
from motionbench.plan import GenerateItem, Item, TrackItem
from motionbench.retrace import Trace, command, retrace
from motionbench.sources import Sources
from motionbench.spelling import suggest
from motionbench.store import Configuration, Environment, MethodLine, MetricLine, Row, Store

AGAIN = "again-store"
"""Scores are made again in a store of their own."""


@dataclass(frozen=True)
class Decoded:
    """Frames as this machine decodes them; two machines with one digest see the same pixels."""

    size: tuple[int, int, int]
    """(frames, height, width)."""
    fps: float
    digest: str


@dataclass(frozen=True)
class Step:
    """One object that the score was made of."""

    what: str
    """"tune", "generate", "track", "track of the reference" or "score"."""
    path: str
    """Of its payload in the store."""
    there: bool
    seconds: float
    peak_memory_bytes: int
    signature: str


@dataclass(frozen=True)
class Receipt:
    """Of one score."""

    row: Row
    plan_id: str
    typed: str
    """The command of the run."""
    method: MethodLine
    metric: MetricLine
    clip_digest: str
    tune_seed: int
    backbone_digest: str
    encoders: tuple[tuple[str, str], ...]
    """Name and digest of weights."""
    manifest_digest: str
    environment: Environment | None
    prompt: str = ""
    reference_prompt: str = ""
    reference: Decoded | None = None
    generation: Decoded | None = None
    steps: tuple[Step, ...] = ()
    again: str = ""
    untraced: str = ""
    """Why videos, tracks and the command are not told, or ""."""


def choose(rows: Iterable[Row], method: str, metric: str, case: str, seed: int | None) -> Row:
    """The row of a score, the lowest seed where none is named; raises UsageError with the near name.

    ``metric`` is a column's name or the short form of its metric's.
    """
    found = list(rows)
    short = {entry.alias: entry.name for entry in registry.entries("metrics")}
    head, at, encoder = metric.partition("@")
    if method not in {row.method for row in found}:
        method = parse_variant(method).label
    for field, name in (("method", method), ("metric", short.get(head, head) + at + encoder), ("case", case)):
        known = sorted({getattr(row, field) for row in found})
        if name not in known:
            aliases = [alias for alias, full in short.items() if full in known and alias != full]
            near = suggest(name, known + (aliases if field == "metric" else []))
            raise UsageError(f"there are no scores of the {field} {name!r} here; {near}")
        found = [row for row in found if getattr(row, field) == name]
    seeds = {row.seed: row for row in found}
    if seed is not None and seed not in seeds:
        raise UsageError(f"{method} has no score with seed {seed} there; it has {', '.join(map(str, sorted(seeds)))}")
    return seeds[min(seeds) if seed is None else seed]


def receipt(
    configuration: Configuration,
    row: Row,
    environment: Environment | None,
    store: Store | None = None,
    sources: Sources | None = None,
) -> Receipt:
    """Gather everything; without a store, as for a committed record, no objects are looked for."""
    names, digests = configuration.encoder.split(","), configuration.encoder_digest.split(",")
    case = next(line for line in configuration.cases if line.id == row.case)
    start = Receipt(
        row=row,
        plan_id=configuration.plan_id,
        typed=configuration.command,
        method=next(line for line in configuration.methods if line.label == row.method),
        metric=next(line for line in configuration.metrics if line.name == row.metric),
        clip_digest=case.digest,
        tune_seed=configuration.tune_seed,
        backbone_digest=configuration.backbone_digest,
        encoders=tuple((name, digest) for name, digest in zip(names, digests, strict=False) if name),
        manifest_digest=configuration.manifest_digest,
        environment=environment,
    )
    try:
        trace = retrace(configuration, row, sources)
    except MotionBenchError as error:
        return replace(start, untraced=str(error).splitlines()[0])
    return _traced(start, trace, store)


def _traced(start: Receipt, trace: Trace, store: Store | None) -> Receipt:
    entry = trace.item.generation.entry
    return replace(
        start,
        prompt=entry.prompt,
        reference_prompt=entry.reference_prompt,
        reference=_reference(trace),
        generation=_generation(trace.item.generation, store) if store else None,
        steps=tuple(_step(item, store) for item in trace.steps) if store else (),
        again=command(trace, AGAIN),
    )


def _reference(trace: Trace) -> Decoded | None:
    """None where the file is not there any more or has changed."""
    try:
        video = trace.request.suite.load(trace.item.generation.entry).reference
    except MotionBenchError:
        return None
    return Decoded(video.size, video.fps, video.digest())


def _generation(item: GenerateItem, store: Store) -> Decoded | None:
    path = Path(_payload(item, store))
    if not path.is_file():
        return None
    video = stages.load_video(path)
    return Decoded(video.size, video.fps, video.digest())


def _step(item: Item, store: Store) -> Step:
    meta = store.objects.meta(item.stage, item.key)
    reference = isinstance(item, TrackItem) and item.generation is None
    return Step(
        what="track of the reference" if reference else item.stage,
        path=_payload(item, store),
        there=meta is not None,
        seconds=meta.seconds if meta else 0.0,
        peak_memory_bytes=meta.peak_memory_bytes if meta else 0,
        signature=meta.signature if meta else "",
    )


def _payload(item: Item, store: Store) -> str:
    folder = store.objects.path(item.stage, item.key)
    names = {"generate": stages.VIDEO, "track": stages.TRACKS}
    return str(folder / names[item.stage] if item.stage in names else folder)


def lines(one: Receipt) -> Iterator[tuple[str, str]]:
    """The receipt as names and values, for people."""
    row, metric = one.row, one.metric
    better = "no better side" if metric.better == "none" else f"{metric.better} is better"
    yield "value", f"{_value(one)} ({better})"
    yield "method", " ".join([one.method.label, f"version {one.method.version}", one.method.status]).rstrip()
    yield "options", ", ".join(f"{name}={value}" for name, value in one.method.options.items()) or "none"
    yield "metric", f"{metric.name} version {metric.version}"
    yield "signature", row.signature or "none: the score was not reached"
    yield "case", f"{row.case}, suite {row.suite}, {row.category}, reference {row.reference}"
    yield from _clip(one)
    yield "protocol", f"{row.protocol}: {row.frames} frames of {row.width}×{row.height} at {row.fps:g} a second"
    yield "tracker", f"{row.tracker}, {row.grid}×{row.grid} points"
    yield "seeds", f"generation {row.seed}, tuning {one.tune_seed}"
    yield "backbone", f"{row.backbone} {one.backbone_digest}".rstrip()
    for name, digest in one.encoders:
        yield "encoder", f"{name} {digest}"
    yield from _where(one)
    yield from _work(one)


def _value(one: Receipt) -> str:
    row = one.row
    if row.value is None:
        return f"none, {row.status.replace('_', ' ')}: {row.reason}"
    return f"{row.value!r} {one.metric.unit}".rstrip()


def _clip(one: Receipt) -> Iterator[tuple[str, str]]:
    if one.prompt:
        yield "prompt", one.prompt
        yield "of the reference", one.reference_prompt
    yield "clip", f"{one.clip_digest} (manifest {one.manifest_digest[:12]})"
    for name, video in (("reference", one.reference), ("generation", one.generation)):
        if video:
            frames, height, width = video.size
            size = f"{frames} frames of {width}×{height} at {video.fps:g} a second"
            yield f"{name} decoded", f"{size}, pixels {video.digest}"
        elif one.again and name == "reference":
            yield "reference decoded", "not here: its file is gone or has changed"


def _where(one: Receipt) -> Iterator[tuple[str, str]]:
    place = one.environment
    if place is None:
        yield "environment", "not recorded"
        return
    state = " with uncommitted changes" if place.dirty else ""
    yield "code", f"commit {place.commit}{state}" if place.commit else "an installed package, no checkout"
    yield "device", f"{place.device}; {place.platform}; Python {place.python}"
    yield "packages", ", ".join(f"{name} {version}" for name, version in place.packages.items())


def _work(one: Receipt) -> Iterator[tuple[str, str]]:
    row = one.row
    yield "plan", f"{one.plan_id}, typed: {one.typed or 'unknown'}"
    for step in one.steps:
        signature = f", {step.signature}" if step.signature and step.what != "score" else ""
        yield step.what, f"{step.seconds:.2f} s{signature}, {step.path}" if step.there else f"not there: {step.path}"
    if not one.steps:
        yield "costs", f"tuning {row.tune_seconds:.2f} s, generation {row.generate_seconds:.2f} s"
    if row.peak_memory_bytes:
        peak = f"{row.peak_memory_bytes / 2**30:.2f} GiB at most"
        yield "memory", f"{peak}, {row.trainable_parameters} trained parameters"
    yield "again", one.again or f"cannot be told: {one.untraced}"
