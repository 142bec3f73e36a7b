"""Scores evidence with many metrics at once; a metric without a value gives a reason and stops no other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from motionbench import registry
from motionbench.contracts import Encoder, Evidence, Metric
from motionbench.errors import MissingResourceError, Undefined
from motionbench.specs import MetricSpec
from motionbench.types import Protocol

MINI_ENCODER = "mini-clip"


@dataclass(frozen=True)
class Reading:
    """A value, or the reason why there is none."""

    value: float | None = None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Runner:
    """A metric that can run, or the reason why it cannot."""

    spec: MetricSpec
    metric: Metric | None
    missing: str = ""

    @property
    def signature(self) -> str:
        """The metric's, "" where it cannot run."""
        return self.metric.signature if self.metric else ""

    def read(self, evidence: Evidence) -> Reading:
        """Whatever a stranger's metric raises is a reason: it must not stop the check of the others."""
        if self.metric is None:
            return Reading(reason=self.missing)
        try:
            value = float(self.metric(evidence))
        except Undefined as reason:
            return Reading(reason=str(reason))
        except Exception as error:
            return Reading(reason=f"{type(error).__name__}: {error}")
        return Reading(value) if math.isfinite(value) else Reading(reason=f"the value is {value}")


def encoder_for(specs: Sequence[MetricSpec]) -> Encoder | None:
    """The mini encoder where a metric needs one."""
    if not any("encoder" in spec.needs for spec in specs):
        return None
    spec = registry.encoder(MINI_ENCODER)
    built: Encoder = registry.implementation(spec)(spec)
    return built


def runner(spec: MetricSpec, protocol: Protocol, encoder: Encoder | None) -> Runner:
    """Build a metric; what is missing on this machine is kept as its reason."""
    try:
        return Runner(spec, registry.implementation(spec)(protocol, encoder))
    except MissingResourceError as error:
        return Runner(spec, None, str(error).splitlines()[0])
