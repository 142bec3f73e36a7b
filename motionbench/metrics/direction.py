"""The metric ``direction``: does the generation, on the whole, move the way that the reference moves?

Published motion fidelity can be high where it goes the opposite way. Zooms, rotations and closed paths have no one
direction and no value.
"""

from __future__ import annotations

from motionbench import registry
from motionbench.contracts import Encoder, Evidence
from motionbench.errors import Undefined
from motionbench.metrics import functional
from motionbench.metrics.functional.motion_summary import GATE, LEAST_NET
from motionbench.metrics.signatures import noise_field, require_tracks, track_signature
from motionbench.specs import MetricSpec
from motionbench.types import Protocol

SPEC = MetricSpec(
    name="direction",
    implementation="motionbench.metrics.direction:Direction",
    summary="cosine of the net displacements of what moves, generated and reference; blind to speed",
    unit="cosine",
    better="higher",
    bounds=(-1.0, 1.0),
    source="ours: cosine of energy-weighted net displacement of moving tracks",
    version="1",
    needs=("tracks",),
    status="diagnostic",
)


class Direction:
    """The cosine on the protocol's tracks; τ is the tracker's noise floor."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None = None) -> None:
        tracker = registry.tracker(protocol.tracker)
        self._tau = tracker.noise_floor * protocol.diagonal
        own = (noise_field(tracker, self._tau), f"gate:{GATE:g}", f"net:{LEAST_NET:g}", "mask:none")
        self.signature = track_signature(SPEC, protocol, tracker, *own)

    def __call__(self, evidence: Evidence) -> float:
        """A value in [−1, 1]; Undefined where a video stands still or has no one direction."""
        generated, reference = require_tracks(SPEC, evidence)
        found = functional.direction_cosine(
            generated.xy,
            reference.xy,
            tau=self._tau,
            visible_generated=generated.visible,
            visible_reference=reference.visible,
        )
        if found.value is None:
            raise Undefined(found.reason or "undefined")
        return found.value
