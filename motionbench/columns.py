"""The columns of a table: each metric, under each image-text model that was asked for where it needs one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from motionbench import registry
from motionbench.errors import UsageError
from motionbench.specs import EncoderSpec, MetricSpec


@dataclass(frozen=True)
class Column:
    """A metric as it is computed."""

    name: str
    """The metric's, and behind an ``@`` the encoder's where that is not the first one asked for."""
    spec: MetricSpec
    encoder: EncoderSpec | None = None
    """None where the metric needs none."""
    encoder_digest: str = ""
    """Of its weights."""


def columns(
    metrics: Sequence[str], encoders: Sequence[str], digest: Callable[[EncoderSpec], str]
) -> tuple[Column, ...]:
    """Metrics by name (all that say ``by_default`` where none is named), those with an encoder once an encoder.

    Raises UsageError with a near name, or where two encoders share a name.
    """
    specs = _named(metrics)
    models = _encoders(encoders) if any("encoder" in spec.needs for spec in specs) else []
    digests = [digest(model) for model in models]
    return tuple(column for spec in specs for column in _of(spec, models, digests))


def _of(spec: MetricSpec, models: Sequence[EncoderSpec], digests: Sequence[str]) -> Iterator[Column]:
    if "encoder" not in spec.needs:
        yield Column(spec.name, spec)
        return
    for place, (model, digest) in enumerate(zip(models, digests, strict=True)):
        yield Column(f"{spec.name}@{model.name}" if place else spec.name, spec, model, digest)


def _encoders(names: Sequence[str]) -> list[EncoderSpec]:
    found = list({spec.model + spec.pretrained: spec for spec in map(registry.encoder, names)}.values())
    shared = {spec.name for spec in found if sum(spec.name == other.name for other in found) > 1}
    if shared:
        raise UsageError(f"two encoders are called {shared.pop()}, so their columns would be too; rename a folder")
    return found


def _named(names: Sequence[str]) -> tuple[MetricSpec, ...]:
    if names:
        return tuple({spec.name: spec for spec in map(registry.metric, names)}.values())
    specs = [cast(MetricSpec, entry.spec) for entry in registry.entries("metrics") if entry.spec is not None]
    order = {"headline": 0, "comparability": 1, "diagnostic": 2}
    kept = [spec for spec in specs if spec.by_default]
    # Motion first: it is what is transferred, and the first headline metric ranks the table.
    return tuple(sorted(kept, key=lambda spec: (order[spec.status], "tracks" not in spec.needs, spec.name)))
