"""The metric ``motion_fidelity[fleximmt]``: the published score of FlexiMMT, on the whole frame as one object.

It ignores speed, gives a still video with tracker jitter a value far from 0 and an exactly still one 0: it is here for
comparison with published numbers.
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
    name="motion_fidelity[fleximmt]",
    implementation="motionbench.metrics.motion_fidelity_fleximmt:MotionFidelityFleximmt",
    summary="FlexiMMT's script: best-matching reference track, one direction, speed ignored, a still step counts 0",
    unit="cosine",
    better="higher",
    bounds=(-1.0, 1.0),
    source="FlexiMMT, arXiv 2603.01000, as coded in motion_fidelity_multi.py at e41c341 of a fork",
    version="1",
    needs=("tracks",),
    status="comparability",
)


class MotionFidelityFleximmt:
    """The script on the protocol's tracks."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None = None) -> None:
        tracker = registry.tracker(protocol.tracker)
        self.signature = track_signature(SPEC, protocol, tracker, "mask:none", "vis:ignored")

    def __call__(self, evidence: Evidence) -> float:
        """A value in [−1, 1]; Undefined for videos of one frame."""
        generated, reference = require_tracks(SPEC, evidence)
        if min(generated.xy.shape[1], reference.xy.shape[1]) < 2:
            raise Undefined("a video of one frame has no motion")
        return functional.motion_fidelity_fleximmt(generated.xy, reference.xy)
