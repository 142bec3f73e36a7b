"""The metric ``motion_fidelity[local]``: does what moves, move as in the reference, and is all of it there?"""

from __future__ import annotations

from motionbench import registry
from motionbench.contracts import Encoder, Evidence
from motionbench.errors import Undefined
from motionbench.metrics import functional
from motionbench.metrics.signatures import noise_field, require_tracks, track_signature, trimmed
from motionbench.specs import MetricSpec
from motionbench.types import Protocol

SIGMA = 0.05

SPEC = MetricSpec(
    name="motion_fidelity[local]",
    implementation="motionbench.metrics.motion_fidelity_local:MotionFidelityLocal",
    summary="agreement of moving tracks with the local mean motion of the other video, both ways (F); still is 0",
    unit="agreement",
    better="higher",
    bounds=(-1.0, 1.0),
    source="ours: Yatim et al., arXiv 2311.17009, section 5.1, with the local mean for the maximum, and with speed",
    version="1",
    needs=("tracks",),
    status="headline",
    by_default=True,
)


class MotionFidelityLocal:
    """F of precision and recall; τ is the tracker's noise floor."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None = None) -> None:
        tracker = registry.tracker(protocol.tracker)
        self._diagonal = protocol.diagonal
        self._tau = tracker.noise_floor * protocol.diagonal
        own = (f"sigma:{trimmed(SIGMA)}", noise_field(tracker, self._tau), "mask:none")
        self.signature = track_signature(SPEC, protocol, tracker, *own)

    def __call__(self, evidence: Evidence) -> float:
        """F in [−1, 1]; 0 for a generation that stands still, Undefined for such a reference."""
        agreement = self.agreement(evidence)
        if agreement.f is None:
            raise Undefined(agreement.reason or "undefined")
        return agreement.f

    def agreement(self, evidence: Evidence) -> functional.LocalFidelity:
        """Precision, recall, F and the share of moving tracks on each side."""
        generated, reference = require_tracks(SPEC, evidence)
        return functional.motion_fidelity_local(
            generated.xy,
            reference.xy,
            diagonal=self._diagonal,
            sigma=SIGMA,
            tau=self._tau,
            visible_generated=generated.visible,
            visible_reference=reference.visible,
        )
