"""The metric ``dynamic_degree``: how much does the generation move at all?

It stands beside consistency, which a still video wins; more of it is not better, so it is shown, never ranked.
"""

from __future__ import annotations

from motionbench import registry
from motionbench.contracts import Encoder, Evidence
from motionbench.errors import MissingResourceError, Undefined
from motionbench.metrics import functional
from motionbench.metrics.functional.motion_summary import GATE
from motionbench.metrics.signatures import noise_field, track_signature
from motionbench.specs import MetricSpec
from motionbench.types import Protocol

SPEC = MetricSpec(
    name="dynamic_degree",
    implementation="motionbench.metrics.dynamic_degree:DynamicDegree",
    summary="mean path of a track in a clip over the frame's diagonal; a frozen video has 0, more is not better",
    unit="share of diagonal",
    better="none",
    bounds=(0.0, float("inf")),
    source="VMBench, perceptible amplitude, without a subject mask; gate against noise ours",
    version="1",
    needs=("tracks",),
    status="diagnostic",
    by_default=True,
)


class DynamicDegree:
    """The mean path on the protocol's tracks of the whole frame; τ is the tracker's noise floor."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None = None) -> None:
        tracker = registry.tracker(protocol.tracker)
        self._diagonal = protocol.diagonal
        self._tau = tracker.noise_floor * protocol.diagonal
        own = (noise_field(tracker, self._tau), f"gate:{GATE:g}", "mask:none")
        self.signature = track_signature(SPEC, protocol, tracker, *own)

    def __call__(self, evidence: Evidence) -> float:
        """A value >= 0; Undefined where no track of the generation is visible in two frames running."""
        tracks = evidence.tracks
        if tracks is None:
            raise MissingResourceError(
                f"the metric {SPEC.name!r} needs tracks, the generation of {evidence.case.id} has none"
            )
        found = functional.dynamic_degree(tracks.xy, diagonal=self._diagonal, tau=self._tau, visible=tracks.visible)
        if found.value is None:
            raise Undefined(found.reason or "undefined")
        return found.value
