"""The metric ``speed_ratio``: is the generation as fast as the reference? 0 is right, negative is too slow."""

from __future__ import annotations

from motionbench import registry
from motionbench.contracts import Encoder, Evidence
from motionbench.errors import Undefined
from motionbench.metrics import functional
from motionbench.metrics.functional.motion_summary import GATE
from motionbench.metrics.signatures import noise_field, require_tracks, track_signature
from motionbench.specs import MetricSpec
from motionbench.types import Protocol

SPEC = MetricSpec(
    name="speed_ratio",
    implementation="motionbench.metrics.speed_ratio:SpeedRatio",
    summary="log of generated over reference median speed of what moves; 0 is right, -0.69 is half as fast",
    unit="natural logarithm",
    better="none",
    bounds=(float("-inf"), float("inf")),
    source="ours: weighted median of the root-mean-square step of moving tracks, noise taken out",
    version="1",
    needs=("tracks",),
    status="diagnostic",
)


class SpeedRatio:
    """The logarithm on the protocol's tracks; τ is the tracker's noise floor."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None = None) -> None:
        tracker = registry.tracker(protocol.tracker)
        self._tau = tracker.noise_floor * protocol.diagonal
        own = (noise_field(tracker, self._tau), f"gate:{GATE:g}", "mask:none")
        self.signature = track_signature(SPEC, protocol, tracker, *own)

    def __call__(self, evidence: Evidence) -> float:
        """A real number; Undefined where nothing moves in one of the videos."""
        generated, reference = require_tracks(SPEC, evidence)
        found = functional.speed_ratio(
            generated.xy,
            reference.xy,
            tau=self._tau,
            visible_generated=generated.visible,
            visible_reference=reference.visible,
        )
        if found.value is None:
            raise Undefined(found.reason or "undefined")
        return found.value
