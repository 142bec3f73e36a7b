"""Names → specs → classes. Our own entries and third-party ones come through the same door, Python's entry points.

A package adds a method by declaring, in its ``pyproject.toml``::

    [project.entry-points."motionbench.methods"]
    my-method = "my_package.spec:SPEC"

The object behind it is a spec (``motionbench.specs``), whose ``implementation`` is imported only when it is used. The
entry's name is a second, short name for the spec. A plug-in that cannot be imported is listed as broken with its
reason and breaks nothing else.
"""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass
from importlib import metadata
from typing import Any, cast

from motionbench.errors import MissingResourceError, UsageError
from motionbench.specs import BackboneSpec, EncoderSpec, MethodSpec, MetricSpec, Spec, SuiteSpec, TrackerSpec
from motionbench.spelling import suggest

KINDS: dict[str, type[Spec]] = {
    "methods": MethodSpec,
    "metrics": MetricSpec,
    "trackers": TrackerSpec,
    "backbones": BackboneSpec,
    "encoders": EncoderSpec,
    "suites": SuiteSpec,
}
_ADDRESSED_ENCODER = "motionbench.encoders.catalog:from_address"
_ADDRESSED_BACKBONE = "motionbench.backbones.catalog:from_address"


@dataclass(frozen=True)
class Entry:
    """One registered name."""

    kind: str
    name: str
    """The spec's own name, or the entry point's where the spec cannot be read."""
    alias: str
    distribution: str
    spec: Spec | None
    broken: str | None
    """Why the spec cannot be read."""


@functools.cache
def entries(kind: str) -> tuple[Entry, ...]:
    """All entries of a kind, in alphabetical order; reading them imports specs only."""
    found: dict[str, Entry] = {}
    for point in sorted(metadata.entry_points(group=f"motionbench.{kind}"), key=_ours_first):
        entry = _read(kind, point)
        first = found.setdefault(entry.name, entry)
        if first is not entry and first.distribution != entry.distribution:
            found[f"{entry.distribution}/{entry.name}"] = _clash(entry, first)
    return tuple(sorted(found.values(), key=lambda entry: entry.name))


def _ours_first(point: metadata.EntryPoint) -> tuple[bool, str, str]:
    return not point.value.startswith("motionbench."), _distribution(point), point.name


def _distribution(point: metadata.EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "unknown"


def _read(kind: str, point: metadata.EntryPoint) -> Entry:
    owner = _distribution(point)
    try:
        spec = point.load()
    except Exception as error:  # whatever a stranger's module raises at import must not stop the listing
        return Entry(kind, point.name, point.name, owner, None, f"{type(error).__name__}: {error}")
    expected = KINDS[kind]
    if not isinstance(spec, expected):
        reason = f"{point.value} is a {type(spec).__name__}, expected a motionbench.specs.{expected.__name__}"
        return Entry(kind, point.name, point.name, owner, None, reason)
    return Entry(kind, spec.name, point.name, owner, spec, None)


def _clash(entry: Entry, first: Entry) -> Entry:
    reason = f"the name {entry.name!r} is already taken by {first.distribution}; rename it in {entry.distribution}"
    return Entry(entry.kind, f"{entry.distribution}/{entry.name}", entry.alias, entry.distribution, None, reason)


def get(kind: str, name: str) -> Spec:
    """The spec of a name; raises UsageError with the near name, or MissingResourceError where it is broken."""
    known = entries(kind)
    for entry in known:
        if name in (entry.name, entry.alias):
            if entry.spec is None:
                raise MissingResourceError(
                    f"the {kind[:-1]} {name!r} of {entry.distribution} is broken: {entry.broken}\n"
                    f"Mend or uninstall it: pip uninstall {entry.distribution}"
                )
            return entry.spec
    names = dict.fromkeys(spelt for entry in known for spelt in (entry.name, entry.alias))
    raise UsageError(f"no {kind[:-1]} named {name!r}; {suggest(name, names)}")


def method(name: str) -> MethodSpec:
    """The spec of a method."""
    return cast(MethodSpec, get("methods", name))


def metric(name: str) -> MetricSpec:
    """The spec of a metric; "mf.local" is short for "motion_fidelity[local]"."""
    return cast(MetricSpec, get("metrics", name))


def tracker(name: str) -> TrackerSpec:
    """The spec of a tracker."""
    return cast(TrackerSpec, get("trackers", name))


def backbone(name: str) -> BackboneSpec:
    """The spec of a backbone: a registered one, ``local-dir:PATH`` or ``tiny-random:NAME``."""
    if ":" in name:
        return cast(BackboneSpec, load(name, _ADDRESSED_BACKBONE)(name))
    return cast(BackboneSpec, get("backbones", name))


def encoder(name: str) -> EncoderSpec:
    """The spec of an image-text encoder: a registered one, ``local-dir:PATH`` or open_clip's ``NAME/TAG``."""
    if (":" in name or "/" in name) and not any(name in (entry.name, entry.alias) for entry in entries("encoders")):
        return cast(EncoderSpec, load(name, _ADDRESSED_ENCODER)(name))
    return cast(EncoderSpec, get("encoders", name))


def suite(name: str) -> SuiteSpec:
    """The spec of a suite."""
    return cast(SuiteSpec, get("suites", name))


def implementation(spec: Spec) -> Any:
    """Import the class (or factory) behind a spec."""
    return load(spec.name, spec.implementation)


def load(owner: str, target: str) -> Any:
    """Import ``"module:attribute"`` of a spec named ``owner``; raises MissingResourceError where it is not there."""
    module, _, attribute = target.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except Exception as error:  # whatever a stranger's module raises at import
        raise MissingResourceError(
            f"{owner!r} cannot load {target}: {type(error).__name__}: {error}\n"
            "Mend or reinstall the package that has it."
        ) from error
