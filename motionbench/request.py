"""What a user asks for, from names to records: suite, methods with options, metrics, backbone, encoder, seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from motionbench import options, registry
from motionbench.contracts import Suite
from motionbench.errors import UsageError
from motionbench.options import Choice
from motionbench.precomputed import Given
from motionbench.precomputed import resolve as match_videos
from motionbench.sources import Sources, folder_protocol
from motionbench.specs import BackboneSpec, EncoderSpec, MethodSpec, MetricSpec
from motionbench.trackers import identity
from motionbench.types import CaseEntry, Protocol


@dataclass(frozen=True)
class Question:
    """The words of the command line, unresolved."""

    methods: tuple[str, ...]
    suite: str = "mini"
    data: Path | None = None
    """A folder of the user's own, instead of a suite."""
    metrics: tuple[str, ...] = ()
    """() for those that say ``by_default``."""
    backbone: str = "mini-wan"
    encoder: str = "mini-clip"
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


@dataclass(frozen=True, eq=False)
class Request:
    """A question with every name resolved."""

    suite: Suite
    entries: tuple[CaseEntry, ...]
    protocol: Protocol
    methods: tuple[Choice, ...]
    """Sorted by label, controls first: the order of the command line means nothing."""
    metrics: tuple[MetricSpec, ...]
    backbone: BackboneSpec
    backbone_digest: str
    """Of its weights; "" where no method runs on a backbone."""
    encoder: EncoderSpec | None
    """None where no metric needs one."""
    encoder_digest: str
    """Of its weights; "" where no metric needs one."""
    tracker_version: str
    """With the digest of its weights; "" where no metric needs tracks."""
    seeds: tuple[int, ...]
    tune_seed: int


def resolve(question: Question, sources: Sources | None = None) -> Request:
    """Look every name up; raises UsageError with a near name, MissingResourceError for a broken plug-in."""
    sources = sources or Sources()
    backbone = registry.backbone(question.backbone)
    methods = _methods(question, backbone)
    metrics = _metrics(question.metrics)
    suite = _open(question, backbone, sources)
    protocol = _protocol(suite.protocol, question.tracker)
    entries = tuple(sources.quick(suite.entries) if question.quick else suite.entries)
    given = match_videos(question.given, suite, entries, protocol) if question.given else None
    uses_backbone = any(choice.spec.backbones for choice in methods)
    if uses_backbone:
        _check_fit(backbone, protocol)
    uses_encoder, uses_tracks = (any(need in metric.needs for metric in metrics) for need in ("encoder", "tracks"))
    encoder = registry.encoder(question.encoder) if uses_encoder else None
    return Request(
        suite=suite,
        entries=entries,
        protocol=protocol,
        methods=(*methods, given) if given else methods,
        metrics=metrics,
        backbone=backbone,
        backbone_digest=sources.backbone_digest(backbone) if uses_backbone else "",
        encoder=encoder,
        encoder_digest=sources.encoder_digest(encoder) if encoder else "",
        tracker_version=identity.version(registry.tracker(protocol.tracker)) if uses_tracks else "",
        seeds=given.seeds if given else tuple(sorted(set(question.seeds))),
        tune_seed=question.tune_seed,
    )


def _methods(question: Question, backbone: BackboneSpec) -> tuple[Choice, ...]:
    named = [registry.method(name) for name in question.methods]
    controls = [spec for spec in _controls() if question.controls and _runs_on(spec, backbone)]
    specs = {spec.name: spec for spec in named + controls}
    if not specs and question.given is None:
        raise UsageError("no method to run: name one, for example --method fym (motionbench method list shows all)")
    _check_backbone(named, backbone)
    assignments = _by_method(question.assignments, specs)
    presets = _presets(question.preset, named)
    choices = [
        options.resolve(spec, backbone.name, presets.get(name), assignments.get(name, ()))
        for name, spec in specs.items()
    ]
    return tuple(sorted(choices, key=lambda choice: (not choice.spec.control, choice.spec.tuned, choice.label)))


def _controls() -> list[MethodSpec]:
    specs = [cast(MethodSpec, entry.spec) for entry in registry.entries("methods") if entry.spec is not None]
    return [spec for spec in specs if spec.control]


def _runs_on(spec: MethodSpec, backbone: BackboneSpec) -> bool:
    return not spec.backbones or backbone.name in spec.backbones


def _check_backbone(specs: Sequence[MethodSpec], backbone: BackboneSpec) -> None:
    for spec in specs:
        if not _runs_on(spec, backbone):
            raise UsageError(
                f"{spec.name} does not run on {backbone.name}; it runs on {', '.join(spec.backbones)}: "
                f"--backbone {spec.backbones[0]}"
            )


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


def _metrics(names: Sequence[str]) -> tuple[MetricSpec, ...]:
    if names:
        return tuple({spec.name: spec for spec in map(registry.metric, names)}.values())
    specs = [cast(MetricSpec, entry.spec) for entry in registry.entries("metrics") if entry.spec is not None]
    order = {"headline": 0, "comparability": 1, "diagnostic": 2}
    kept = [spec for spec in specs if spec.by_default]
    # Motion first: it is what is transferred, and the first headline metric ranks the table.
    return tuple(sorted(kept, key=lambda spec: (order[spec.status], "tracks" not in spec.needs, spec.name)))


def _open(question: Question, backbone: BackboneSpec, sources: Sources) -> Suite:
    if question.data is None:
        return sources.suite(question.suite)
    return sources.folder(question.data, folder_protocol(backbone, question.tracker))


def _protocol(protocol: Protocol, tracker: str) -> Protocol:
    name = registry.tracker(tracker or protocol.tracker).name
    if name == protocol.tracker:
        return protocol
    return dataclasses.replace(protocol, name=f"{protocol.name}+{name}", tracker=name)


def _check_fit(backbone: BackboneSpec, protocol: Protocol) -> None:
    for name in ("frames", "fps", "height", "width"):
        ours, theirs = getattr(protocol, name), getattr(backbone, name)
        if ours != theirs:
            raise UsageError(
                f"the backbone {backbone.name} makes {name}={theirs:g}, "
                f"the protocol {protocol.name} asks for {ours:g}\n"
                "Choose another --suite or --backbone."
            )
