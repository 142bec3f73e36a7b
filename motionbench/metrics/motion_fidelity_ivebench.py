"""The metric ``motion_fidelity[ivebench]``: the published score of IVEBench, paths paired one to one.

It rewards keeping things in place more than moving them alike: it is here for comparison with published numbers.
"""

from __future__ import annotations

from motionbench import registry
from motionbench.contracts import Encoder, Evidence
from motionbench.errors import Undefined
from motionbench.metrics import functional
from motionbench.metrics.functional.motion_ivebench import LEAST_FRAMES, LEAST_VISIBLE
from motionbench.metrics.signatures import require_tracks, track_signature
from motionbench.specs import MetricSpec
from motionbench.types import Protocol, Tracks

SPEC = MetricSpec(
    name="motion_fidelity[ivebench]",
    implementation="motionbench.metrics.motion_fidelity_ivebench:MotionFidelityIvebench",
    summary="IVEBench's code: one-to-one assignment of paths by place and velocity, pairs at or below 0.3 dropped",
    unit="similarity",
    better="higher",
    bounds=(0.0, 1.0),
    source="IVEBench, as coded in metrics/fidelity/motion_fidelity.py at 2dcf890 of RyanChenYN/IVEBench",
    version="1",
    needs=("tracks",),
    status="comparability",
)


class MotionFidelityIvebench:
    """The code on the protocol's tracks."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None = None) -> None:
        tracker = registry.tracker(protocol.tracker)
        self.signature = track_signature(SPEC, protocol, tracker, "mask:none", "vis:retimed")

    def __call__(self, evidence: Evidence) -> float:
        """0 where every pair is dropped, else in (0.3, 1]; Undefined where the code has nothing to compare."""
        generated, reference = require_tracks(SPEC, evidence)
        for name, tracks in (("generated", generated), ("reference", reference)):
            _require_comparable(tracks, name)
        return functional.motion_fidelity_ivebench(
            generated.xy,
            reference.xy,
            visible_generated=generated.visible,
            visible_reference=reference.visible,
        )


def _require_comparable(tracks: Tracks, name: str) -> None:
    """Raise Undefined where the code would give 0 for want of tracks."""
    if tracks.visible.shape[1] < LEAST_FRAMES:
        raise Undefined(f"the {name} video has fewer than {LEAST_FRAMES} frames")
    if not (tracks.visible.sum(axis=1) >= LEAST_VISIBLE).any():
        raise Undefined(f"no track of the {name} video is visible in {LEAST_VISIBLE} frames")
