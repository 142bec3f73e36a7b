"""What a user asks for, from names to records: suite, methods with options, metrics, backbone, encoder, seeds."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from motionbench import computing, fitting, options, registry
from motionbench.columns import Column, columns
from motionbench.computing import Computing
from motionbench.contracts import Suite
from motionbench.errors import UsageError
from motionbench.options import Choice, Variant
from motionbench.precomputed import Given
from motionbench.precomputed import resolve as match_videos
from motionbench.sources import Sources, folder_protocol
from motionbench.specs import BackboneSpec, MemoryMode, MethodSpec, Quantisation
from motionbench.store.keys import digest_of
from motionbench.types import CaseEntry, Protocol


@dataclass(frozen=True)
class Question:
    """The words of the command line, unresolved."""

    methods: tuple[str, ...]
    """Each as ``options.parse_variant`` reads it: ``NAME`` or ``NAME:PRESET+OPTION=VALUE``."""
    suite: str = "mini"
    data: Path | None = None
    """A folder of the user's own, instead of a suite."""
    metrics: tuple[str, ...] = ()
    """() for those that say ``by_default``."""
    backbone: str = "mini-wan"
    encoders: tuple[str, ...] = ()
    """() for the backbone's usual one. The first gives the columns of metrics that need one, others their own."""
    dtype: str = ""
    """What the backbone computes in; "" for its own. ``NAME@DTYPE`` as the backbone's name says the same."""
    quantised: Quantisation = ""
    tiled: bool = False
    memory: MemoryMode = "full"
    tracker: str = ""
    """"" for the protocol's own."""
    preset: str | None = None
    """For the methods named, where they have it."""
    assignments: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0,)
    tune_seed: int = 0
    quick: bool = False
    controls: bool = True
    given: Given | None = None
    """Videos made elsewhere; their seeds are the run's."""

    @property
    def computing(self) -> Computing:
        """How the backbone is to compute."""
        return Computing(self.dtype, self.quantised, self.tiled, self.memory)


@dataclass(frozen=True, eq=False)
class Request:
    """A question with every name resolved."""

    suite: Suite
    entries: tuple[CaseEntry, ...]
    protocol: Protocol
    methods: tuple[Choice, ...]
    """Sorted by label, controls first: the order of the command line means nothing."""
    columns: tuple[Column, ...]
    backbone: BackboneSpec
    backbone_digest: str
    """Of its weights; "" where no method runs on a backbone."""
    tracker_version: str
    """With the digest of its weights; "" where no metric needs tracks."""
    seeds: tuple[int, ...]
    tune_seed: int
    variant: str = ""
    """In what the backbone computes otherwise than it is registered, as ``computing`` spells it."""

    @functools.cached_property
    def manifest_digest(self) -> str:
        """Of all entries of the suite."""
        return digest_of(list(self.suite.entries))

    @property
    def backbone_name(self) -> str:
        """As tables and records have it: ``mini-wan``, or such as ``mini-wan@bfloat16+int8`` where it differs."""
        return f"{self.backbone.name}@{self.variant}" if self.variant else self.backbone.name


def resolve(question: Question, sources: Sources | None = None) -> Request:
    """Look every name up; raises UsageError with a near name, MissingResourceError for a broken plug-in."""
    sources = sources or Sources()
    backbone, variant = computing.resolve(question.backbone, question.computing)
    methods = _methods(question, backbone)
    computing.check(backbone, [choice.spec for choice in methods])
    suite = _open(question, backbone, sources)
    protocol = _protocol(suite.protocol, question.tracker)
    encoders = question.encoders or (usual_encoder(backbone, protocol, given=question.given is not None),)
    scored = columns(question.metrics, encoders, sources.encoder_digest)
    entries = tuple(sources.quick(suite.entries) if question.quick else suite.entries)
    given = match_videos(question.given, suite, entries, protocol) if question.given else None
    uses_backbone = any(choice.spec.backbones for choice in methods)
    if uses_backbone:
        backbone = fitting.fitted(backbone, protocol)
    uses_tracks = any("tracks" in column.spec.needs for column in scored)
    return Request(
        suite=suite,
        entries=entries,
        protocol=protocol,
        methods=(*methods, given) if given else methods,
        columns=scored,
        backbone=backbone,
        backbone_digest=sources.backbone_digest(backbone) if uses_backbone else "",
        tracker_version=sources.tracker_version(registry.tracker(protocol.tracker)) if uses_tracks else "",
        seeds=given.seeds if given else tuple(sorted(set(question.seeds))),
        tune_seed=question.tune_seed,
        variant=variant,
    )


def usual_encoder(backbone: BackboneSpec, protocol: Protocol, *, given: bool = False) -> str:
    """The backbone's; where videos are given, which no backbone made here, the one that knows such pictures."""
    mine = registry.encoder(backbone.encoder)
    if given and mine.protocols and protocol.name not in mine.protocols:
        return BackboneSpec.encoder
    return backbone.encoder


def _methods(question: Question, backbone: BackboneSpec) -> tuple[Choice, ...]:
    variants = [options.parse_variant(text) for text in question.methods]
    named = {variant.method: registry.method(variant.method) for variant in variants}
    controls = [spec for spec in _controls() if question.controls and spec.runs_on(backbone)]
    specs = {spec.name: spec for spec in (*named.values(), *controls)}
    if not specs and question.given is None:
        raise UsageError("no method to run: name one, for example --method fym (motionbench method list shows all)")
    _check_backbone(tuple(named.values()), backbone)
    assignments = _by_method(question.assignments, specs)
    presets = _presets(question.preset, tuple(named.values()))
    asked = [(named[variant.method], variant) for variant in variants]
    asked += [(spec, Variant(spec.name)) for spec in controls if spec.name not in {spec.name for spec, _ in asked}]
    choices = [
        options.resolve(
            spec,
            backbone.name,
            variant.preset or presets.get(spec.name),
            (*assignments.get(spec.name, ()), *variant.assignments),
        )
        for spec, variant in asked
    ]
    distinct = {choice.label: choice for choice in choices}.values()
    return tuple(sorted(distinct, key=lambda choice: (not choice.spec.control, choice.spec.tuned, choice.label)))


def _controls() -> list[MethodSpec]:
    specs = [cast(MethodSpec, entry.spec) for entry in registry.entries("methods") if entry.spec is not None]
    return [spec for spec in specs if spec.control]


def _check_backbone(specs: Sequence[MethodSpec], backbone: BackboneSpec) -> None:
    for spec in specs:
        if not spec.runs_on(backbone):
            raise UsageError(
                f"{spec.name} does not run on {backbone.name}; it runs on {', '.join(spec.backbones)}: "
                f"--backbone {_backbone_for(spec)}"
            )


def _backbone_for(spec: MethodSpec) -> str:
    """The name of a backbone that is there and that it runs on, our own small one first."""
    known = [cast(BackboneSpec, entry.spec) for entry in registry.entries("backbones") if entry.spec is not None]
    usable = [backbone.name for backbone in known if spec.runs_on(backbone)]
    return min(usable, key=lambda name: (name != "mini-wan", name), default=spec.backbones[0])


def _by_method(texts: Sequence[str], specs: dict[str, MethodSpec]) -> dict[str, list[tuple[str, str]]]:
    grouped: dict[str, list[tuple[str, str]]] = {}
    for method, option, value in options.parse_assignments(texts):
        name = registry.method(method).name
        if name not in specs:
            raise UsageError(f"--set {method}.{option} names a method that is not asked for: add --method {name}")
        grouped.setdefault(name, []).append((option, value))
    return grouped


def _presets(preset: str | None, named: Sequence[MethodSpec]) -> dict[str, str]:
    if preset is None:
        return {}
    having = {spec.name: preset for spec in named if preset in spec.presets}
    if not having:
        known = sorted({name for spec in named for name in spec.presets})
        raise UsageError(f"no method asked for has a preset {preset!r}; known: {', '.join(known) or 'none'}")
    return having


def _open(question: Question, backbone: BackboneSpec, sources: Sources) -> Suite:
    if question.data is None:
        return sources.suite(question.suite)
    return sources.folder(question.data, folder_protocol(backbone, question.tracker))


def _protocol(protocol: Protocol, tracker: str) -> Protocol:
    name = registry.tracker(tracker or protocol.tracker).name
    if name == protocol.tracker:
        return protocol
    return dataclasses.replace(protocol, name=f"{protocol.name}+{name}", tracker=name)
