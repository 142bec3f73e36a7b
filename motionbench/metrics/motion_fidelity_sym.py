"""The metric ``motion_fidelity[sym]``: the two-sided equation that the paper of DMT prints, halved and made defined.

Unlike the official script it notices motion that is missing from the generation; speed stays invisible to it.
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
    name="motion_fidelity[sym]",
    implementation="motionbench.metrics.motion_fidelity_sym:MotionFidelitySym",
    summary="the printed equation, halved: best-matching track both ways, moving and visible tracks, speed ignored",
    unit="cosine",
    better="higher",
    bounds=(-1.0, 1.0),
    source="Yatim et al., arXiv 2311.17009, section 5.1, as printed; gate and visibility ours",
    version="1",
    needs=("tracks",),
    status="comparability",
)


class MotionFidelitySym:
    """The printed equation on the protocol's tracks; the gate is how far the tracker's noise walks in a still clip."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None = None) -> None:
        tracker = registry.tracker(protocol.tracker)
        # Independent steps of a given root-mean-square length lead as far as its root of their number.
        self._least = tracker.noise_floor * protocol.diagonal * (protocol.frames - 1) ** 0.5
        own = (f"least:{self._least:.4g}", "mask:none", "vis:both")
        self.signature = track_signature(SPEC, protocol, tracker, *own)

    def __call__(self, evidence: Evidence) -> float:
        """A value in [−1, 1]; 0 for a generation that stands still, Undefined for such a reference."""
        agreement = self.agreement(evidence)
        if agreement.value is None:
            raise Undefined(agreement.reason or "undefined")
        return agreement.value

    def agreement(self, evidence: Evidence) -> functional.SymmetricFidelity:
        """Both halves and the share of moving tracks on each side."""
        generated, reference = require_tracks(SPEC, evidence)
        return functional.motion_fidelity_symmetric(
            generated.xy,
            reference.xy,
            least_displacement=self._least,
            visible_generated=generated.visible,
            visible_reference=reference.visible,
        )
