"""From a question to a forecast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from motionbench import disk, pending, plan, provenance
from motionbench.backbones.memory import weight_bytes
from motionbench.data import places
from motionbench.forecast import measured, needs, tolerance
from motionbench.forecast.measured import Group, Measured
from motionbench.forecast.records import Disk, Forecast, Gap, MemorySource, MethodWork, StageWork
from motionbench.options import Choice
from motionbench.pending import Pending
from motionbench.placement import Placement
from motionbench.plan import Plan
from motionbench.request import Question, Request
from motionbench.sources import Sources
from motionbench.store import STAGES, Stage, Store

_RECORD = 16_384
"""Bytes that the files of a small object take on disk, each rounded up to a block."""


def forecast(
    question: Question,
    root: Path,
    placed: Placement | None = None,
    *,
    forced: tuple[Stage, ...] = (),
    sources: Sources | None = None,
) -> Forecast:
    """What the question would take, given the store at ``root``, which need not be there.

    Raises UsageError for names and options that are wrong, NotComparableError for a store of a newer release.
    """
    placed = placed or Placement()
    resolved = tolerance.resolve(question, sources)
    made, store = plan.make(resolved.request), _open(root)
    work = pending.survey(made.scores, pending.in_store(store, forced))
    known = measured.measure(made, store, placed)
    room = _disk(made, work, known, root)
    return Forecast(
        plan_id=made.plan_id,
        suite=made.request.suite.name,
        protocol=made.request.protocol.name,
        backbone=made.request.backbone_name if made.request.backbone_digest else "",
        device=provenance.device() + (f" ({placed.device})" if placed.device else ""),
        on_accelerator=measured.uses_accelerator(placed),
        stages=tuple(_stages(made, work, known)),
        methods=tuple(_methods(made, work, known)),
        downloads=tuple(needs.downloads(made.request)),
        licences=tuple(needs.licences(made.request)),
        gaps=(*resolved.gaps, *needs.gaps(made.request), *_crowded(room)),
        disk=room,
    )


def _open(root: Path) -> Store:
    """The store, or an empty one that is not made."""
    return Store.open(root, create=False) if (root / "store.json").is_file() else Store(root)


def _stages(made: Plan, work: Pending, known: Measured) -> Iterator[StageWork]:
    cached = Counter(item.stage for item in work.cached)
    for stage in STAGES:
        groups = Counter(measured.group(item, made) for item in work.missing if item.stage == stage)
        if groups or cached[stage]:
            seconds = sum(known.seconds.get(group, 0.0) * count for group, count in groups.items())
            unknown = tuple(name for _, name in groups if (stage, name) not in known.seconds)
            yield StageWork(stage, cached[stage], groups.total(), seconds, unknown)


def _methods(made: Plan, work: Pending, known: Measured) -> Iterator[MethodWork]:
    counts = Counter(measured.group(item, made) for item in work.missing)
    for choice in made.request.methods:
        tunings, generations = counts["tune", choice.label], counts["generate", choice.label]
        if tunings or generations:
            yield MethodWork(
                choice.label,
                tunings,
                generations,
                known.seconds.get(("tune", choice.label)),
                known.seconds.get(("generate", choice.label)),
                *_memory(choice, made.request, known),
            )


def _memory(choice: Choice, asked: Request, known: Measured) -> tuple[int | None, MemorySource]:
    """Measured; or what the method declares, which is of the embedded models; or the least that the weights take.

    Records do not say in which mode they were made, so one of a mode that takes less is no answer where all is kept,
    and none is where less is.
    """
    backbone = asked.backbone
    weights = weight_bytes(backbone, backbone.memory) if choice.spec.backbones else None
    found = known.memory.get(choice.label) if backbone.memory == "full" else None
    if found is not None and found >= (weights or 0):
        return found, "measured"
    declared = choice.spec.memory_bytes
    if declared is not None and backbone.source.startswith("package:"):
        return declared, "declared"
    return (weights, "weights") if weights is not None else (None, "unknown")


def _disk(made: Plan, work: Pending, known: Measured, root: Path) -> Disk:
    counts = Counter(measured.group(item, made) for item in work.missing)
    sizes = {group: known.bytes.get(group, _bound(group, made.request)) for group in counts}
    return Disk(
        store_grows=round(sum((sizes[group] or 0) * count for group, count in counts.items())),
        store_unknown=tuple(name for (_, name), size in sizes.items() if size is None),
        store_free=disk.free_bytes(root),
        cache_free=disk.free_bytes(places.cache()),
    )


def _bound(group: Group, asked: Request) -> float | None:
    """The most that one object takes on disk; None where its kind says nothing."""
    stage, _ = group
    protocol = asked.protocol
    if stage == "tune":
        return None
    pixels = protocol.frames * protocol.height * protocol.width * 3 if stage == "generate" else 0
    points = protocol.grid**2 * protocol.frames * 9 if stage == "track" else 0
    return float(_RECORD + pixels + points)


def _crowded(room: Disk) -> Iterator[Gap]:
    if room.store_grows > room.store_free:
        what = f"the store may grow by {room.store_grows / 1e9:.1f} GB, {room.store_free / 1e9:.1f} GB are free"
        yield Gap(what, "Free some, or choose another folder: --store DIR")
