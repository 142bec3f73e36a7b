"""From a request to items with keys, computed without decoding a video or importing torch.

A key holds whatever decides its object and nothing else (design, section 3): tuning serves all prompts and seeds of its
reference, another metric never generates again, and the order of methods on the command line changes nothing.
"""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from motionbench import notices, store
from motionbench.columns import Column
from motionbench.isolation import environments
from motionbench.options import Choice
from motionbench.precomputed import Precomputed
from motionbench.request import Request
from motionbench.specs import OptionValue
from motionbench.store import CaseLine, Configuration, MethodLine, MetricLine, Stage
from motionbench.store.keys import digest_of
from motionbench.types import CaseEntry, Protocol


@dataclass(frozen=True)
class TuneItem:
    """Tune a method on one reference."""

    stage: ClassVar[Stage] = "tune"
    key: str
    choice: Choice
    entry: CaseEntry
    """Any case of the reference."""

    @property
    def needs(self) -> tuple[Item, ...]:
        """Nothing but the case."""
        return ()


@dataclass(frozen=True)
class GenerateItem:
    """Make one video."""

    stage: ClassVar[Stage] = "generate"
    key: str
    choice: Choice
    entry: CaseEntry
    seed: int
    tune: TuneItem | None

    @property
    def needs(self) -> tuple[Item, ...]:
        """What must be there first."""
        return (self.tune,) if self.tune else ()


@dataclass(frozen=True)
class TrackItem:
    """Follow the grid of points through a generation, or through the reference itself."""

    stage: ClassVar[Stage] = "track"
    key: str
    entry: CaseEntry
    generation: GenerateItem | None

    @property
    def needs(self) -> tuple[Item, ...]:
        """What must be there first."""
        return (self.generation,) if self.generation else ()


@dataclass(frozen=True)
class ScoreItem:
    """One metric of one generation."""

    stage: ClassVar[Stage] = "score"
    key: str
    column: Column
    generation: GenerateItem
    tracks: TrackItem | None
    reference_tracks: TrackItem | None

    @property
    def needs(self) -> tuple[Item, ...]:
        """What must be there first."""
        return (self.generation, *(tracks for tracks in (self.tracks, self.reference_tracks) if tracks))


Item = TuneItem | GenerateItem | TrackItem | ScoreItem
Parts = Mapping[str, object]
"""Of keys: what a method, its options and its backbone add to those of all its items."""


@dataclass(frozen=True, eq=False)
class Plan:
    """All scores that a request asks for; each knows what it needs."""

    request: Request
    scores: tuple[ScoreItem, ...]

    @functools.cached_property
    def plan_id(self) -> str:
        """Twelve digits that stand for suite, methods, seeds, metrics and all score keys."""
        labels = sorted((item.generation.choice.label, item.key) for item in self.scores)
        return digest_of([self.request.suite.name, labels])[:12]

    def configuration(self, command: str = "") -> Configuration:
        """The plan as it is saved, read by the leaderboard."""
        request = self.request
        return Configuration(
            plan_id=self.plan_id,
            suite=request.suite.name,
            notice=notices.of(request),
            protocol=request.protocol,
            backbone=request.backbone_name,
            backbone_digest=request.backbone_digest,
            encoder=",".join(name for name, _ in _encoders(request)),
            encoder_digest=",".join(digest for _, digest in _encoders(request)),
            seeds=request.seeds,
            tune_seed=request.tune_seed,
            methods=tuple(map(_method_line, request.methods)),
            metrics=tuple(map(_metric_line, request.columns)),
            cases=tuple(CaseLine(e.id, e.category, e.reference_id, e.digest) for e in request.entries),
            score_keys=tuple(sorted({item.key for item in self.scores})),
            manifest_digest=request.manifest_digest,
            command=command,
            written_at=time.time(),
        )


def make(request: Request) -> Plan:
    """Items in the order in which they run: method by method, controls first, each generation through to its scores."""
    references = {entry.id: _reference_tracks(request, entry) for entry in request.entries}
    uses_tracks = any("tracks" in column.spec.needs for column in request.columns)
    scores: list[ScoreItem] = []
    for generation in _generations(request):
        tracks = _tracks(request, generation) if uses_tracks else None
        reference = references[generation.entry.id]
        scores += [_score(request, column, generation, tracks, reference) for column in request.columns]
    return Plan(request, tuple(scores))


def _generations(request: Request) -> Iterator[GenerateItem]:
    for choice in request.methods:
        parts = _method_parts(request, choice)
        for entry in request.entries:
            tune = _tune(request, choice, parts, entry) if choice.spec.tuned else None
            for seed in request.seeds:
                yield _generation(request, choice, parts, entry, seed, tune)


def _tune(request: Request, choice: Choice, parts: Parts, entry: CaseEntry) -> TuneItem:
    key = store.key(
        "tune",
        **parts,
        frame=_frame(request.protocol),
        reference=entry.digest,
        reference_prompt=entry.reference_prompt,
        seed=request.tune_seed,
    )
    return TuneItem(key, choice, entry)


def _generation(
    request: Request, choice: Choice, parts: Parts, entry: CaseEntry, seed: int, tune: TuneItem | None
) -> GenerateItem:
    if isinstance(choice, Precomputed):
        return GenerateItem(choice.key(entry, seed), choice, entry, seed, None)
    key = store.key(
        "generate",
        **parts,
        frame=_frame(request.protocol),
        tune=tune.key if tune else None,
        reference=entry.digest,
        reference_prompt=entry.reference_prompt,
        prompt=entry.prompt,
        seed=seed,
        neighbours=_neighbours(request, choice, entry),
    )
    return GenerateItem(key, choice, entry, seed, tune)


def _method_parts(request: Request, choice: Choice) -> Parts:
    backbone = request.backbone
    sampler = {
        "weights": request.backbone_digest,
        "steps": backbone.steps,
        "guidance": backbone.guidance,
        "flow_shift": backbone.flow_shift,
        "max_sequence_length": backbone.max_sequence_length,
        "negative_prompt": backbone.negative_prompt,
        "dtype": backbone.dtype,
    }
    spec = choice.spec
    return {
        "method": spec.name,
        "version": spec.version,
        "options": _keyed(choice),
        "backbone": sampler if spec.backbones else None,
        **({"environment": environments.digest(spec.environment)} if spec.environment else {}),
    }


def _keyed(choice: Choice) -> dict[str, OptionValue]:
    """The options that keys and saved plans hold."""
    later = choice.spec.unkeyed
    return {name: value for name, value in choice.options.items() if name not in later or value != later[name]}


def _neighbours(request: Request, choice: Choice, entry: CaseEntry) -> object:
    """What decides a case's ``other`` and ``perfect`` besides its reference, for methods that see them."""
    if not {"other", "perfect"} & set(choice.spec.inputs):
        return None
    return [request.suite.name, entry.id, request.manifest_digest]


def _frame(protocol: Protocol) -> list[float]:
    return [protocol.frames, protocol.fps, protocol.height, protocol.width]


@functools.lru_cache
def _unnamed(protocol: Protocol) -> Parts:
    """What of a protocol decides a score; a name does not."""
    return dataclasses.asdict(dataclasses.replace(protocol, name=""))


def _reference_tracks(request: Request, entry: CaseEntry) -> TrackItem:
    key = store.key("track", reference=entry.digest, frame=_frame(request.protocol), **_tracker_parts(request))
    return TrackItem(key, entry, None)


def _tracks(request: Request, generation: GenerateItem) -> TrackItem:
    key = store.key("track", generation=generation.key, **_tracker_parts(request))
    return TrackItem(key, generation.entry, generation)


def _tracker_parts(request: Request) -> dict[str, object]:
    protocol = request.protocol
    return {"tracker": protocol.tracker, "version": request.tracker_version, "grid": protocol.grid}


def _score(
    request: Request, column: Column, generation: GenerateItem, tracks: TrackItem | None, reference: TrackItem
) -> ScoreItem:
    tracks = tracks if "tracks" in column.spec.needs else None
    key = store.key(
        "score",
        metric=column.spec.name,
        version=column.spec.version,
        protocol=_unnamed(request.protocol),
        generation=generation.key,
        tracks=[tracks.key, reference.key] if tracks else None,
        encoder=column.encoder_digest if column.encoder else None,
        prompt=generation.entry.prompt,
        reference=generation.entry.digest,
    )
    return ScoreItem(key, column, generation, tracks, reference if tracks else None)


def _method_line(choice: Choice) -> MethodLine:
    spec = choice.spec
    return MethodLine(
        choice.label,
        spec.name,
        spec.version,
        spec.control,
        spec.tuned,
        choice.preset,
        _keyed(choice),
        spec.summary,
        spec.status,
    )


def _encoders(request: Request) -> list[tuple[str, str]]:
    """Name and digest of each, in the order asked for."""
    used = [(column.encoder.name, column.encoder_digest) for column in request.columns if column.encoder]
    return list(dict.fromkeys(used))


def _metric_line(column: Column) -> MetricLine:
    spec = column.spec
    return MetricLine(column.name, spec.version, spec.unit, spec.better, spec.status, spec.decimals)
