"""Rules that read the spec alone: what a listing, a key of the store and a reader rely on."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import get_args

from motionbench import registry
from motionbench.conformance.records import Broken
from motionbench.specs import BackboneSpec, MethodSpec, MethodStatus, Options, OptionValue

INPUTS = ("reference", "reference_prompt", "prompt", "annotation", "other", "perfect")
"""Fields of a case that a method may list: those whose content is part of the store's keys."""
_NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_UNSAID = ("", "unknown", "todo", "tbd")


def is_valid(spec: MethodSpec) -> str:
    """All faults of a spec at once."""
    faults = [*_words(spec), *_inputs(spec), *_options(spec), *_paper(spec)]
    if faults:
        raise Broken("; ".join(faults))
    return f"version {spec.version}, {spec.status}"


def has_licence(spec: MethodSpec) -> str:
    """Tables and ``method list`` name it, so it has to be said."""
    if spec.licence.strip().lower() in _UNSAID:
        raise Broken(f"licence={spec.licence!r}: name one, such as Apache-2.0, or say that there is none published")
    return spec.licence


def _words(spec: MethodSpec) -> Iterator[str]:
    if not _NAME.fullmatch(spec.name):
        yield f"name={spec.name!r}: small letters and digits with single hyphens, such as my-method"
    if not _TARGET.fullmatch(spec.implementation):
        yield f"implementation={spec.implementation!r}: expected 'module:Class'"
    if not spec.summary.strip() or "\n" in spec.summary:
        yield f"summary={spec.summary!r}: one line that says what the method does"
    if not spec.version.strip():
        yield "version is empty: it is part of the store's key, begin with '1'"
    if spec.status not in get_args(MethodStatus) or (spec.status == "control") != spec.control:
        yield f"status={spec.status!r} with control={spec.control}: the two say the same, see motionbench.specs"


def _inputs(spec: MethodSpec) -> Iterator[str]:
    if not spec.inputs:
        yield "inputs is empty: list the fields of a case that the method sees"
    for name in spec.inputs:
        if name not in INPUTS:
            yield f"inputs has {name!r}: a case offers {', '.join(INPUTS)}"
    for backbone in spec.preset_of:
        if not _among(backbone, spec):
            yield f"preset_of names {backbone!r}, which is not among backbones"
    for backbone, preset in spec.preset_of.items():
        if preset not in spec.presets:
            yield f"preset_of gives {backbone!r} the preset {preset!r}, which is not among presets"


def _among(backbone: str, spec: MethodSpec) -> bool:
    """Whether a spec's backbones have a name, or the architecture of what is registered under it."""
    known = [entry.spec for entry in registry.entries("backbones") if entry.name == backbone]
    by_architecture = [found.architecture in spec.backbones for found in known if isinstance(found, BackboneSpec)]
    return backbone in spec.backbones or any(by_architecture)


def _options(spec: MethodSpec) -> Iterator[str]:
    presets = {f"preset {name}": options for name, options in spec.presets.items()}
    groups: Mapping[str, Options] = {"defaults": spec.defaults, **presets, "unkeyed": spec.unkeyed}
    for group, options in groups.items():
        for name, value in options.items():
            if not isinstance(value, OptionValue) or (isinstance(value, float) and not math.isfinite(value)):
                yield f"{group}: {name}={value!r} is no finite number, text or truth value"
            elif name not in spec.defaults:
                yield f"{group}: {name} is not among defaults"
            elif not _same_kind(value, spec.defaults[name]):
                yield f"{group}: {name}={value!r} is not of the default's kind, {spec.defaults[name]!r}"


def _same_kind(value: OptionValue, default: OptionValue) -> bool:
    return type(value) is type(default) or (type(value) is int and type(default) is float)


def _paper(spec: MethodSpec) -> Iterator[str]:
    if not spec.control and not spec.paper.strip():
        yield "paper is empty: name the paper, or say 'none'"
    for result in spec.paper_results:
        if not (result.metric and result.protocol and result.source and math.isfinite(result.value)):
            yield f"paper_results: {result} lacks a metric, a finite value, a protocol or a source"
