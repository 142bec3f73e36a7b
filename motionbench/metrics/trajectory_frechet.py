"""The metric ``trajectory_frechet``: how far do the same query points stray from their paths in the reference?

It forgives timing and rewards keeping the layout: an object elsewhere that moves alike is as wrong as one at rest.
"""

from __future__ import annotations

from motionbench import registry
from motionbench.contracts import Encoder, Evidence
from motionbench.errors import Undefined
from motionbench.metrics import functional
from motionbench.metrics.signatures import require_tracks, track_signature
from motionbench.specs import MetricSpec
from motionbench.types import Protocol

SPEC = MetricSpec(
    name="trajectory_frechet",
    implementation="motionbench.metrics.trajectory_frechet:TrajectoryFrechet",
    summary="root mean square, over query points, of the discrete Fréchet distance of their two paths",
    unit="share of diagonal",
    better="lower",
    bounds=(0.0, float("inf")),
    source="RoPECraft's Fréchet trajectory distance; gaps filled along time, all points, isotropic: ours",
    version="1",
    needs=("tracks",),
    status="diagnostic",
)


class TrajectoryFrechet:
    """The distance on the protocol's tracks, over the frame's diagonal."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None = None) -> None:
        tracker = registry.tracker(protocol.tracker)
        self._diagonal = protocol.diagonal
        self.signature = track_signature(SPEC, protocol, tracker, "mask:none", "vis:interpolated")

    def __call__(self, evidence: Evidence) -> float:
        """A value >= 0; Undefined where no point is seen in two frames of both videos."""
        generated, reference = require_tracks(SPEC, evidence)
        found = functional.same_point_frechet(
            generated.xy,
            reference.xy,
            visible_generated=generated.visible,
            visible_reference=reference.visible,
        )
        if found.value is None:
            raise Undefined(found.reason or "undefined")
        return found.value / self._diagonal
