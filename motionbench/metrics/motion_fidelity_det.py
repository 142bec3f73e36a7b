"""The metric ``motion_fidelity[det]``: the published score of DeT and MTBench as its released code computes it.

It takes the start position for a displacement, ignores speed and is undefined for an exactly still video: it is here
for comparison with published numbers.
"""

from __future__ import annotations

import numpy as np

from motionbench import registry
from motionbench.contracts import Encoder, Evidence
from motionbench.errors import Undefined
from motionbench.metrics import functional
from motionbench.metrics.signatures import require_tracks, track_signature
from motionbench.specs import MetricSpec
from motionbench.types import Protocol

SPEC = MetricSpec(
    name="motion_fidelity[det]",
    implementation="motionbench.metrics.motion_fidelity_det:MotionFidelityDet",
    summary="DeT's code: best-matching reference track, start position counted as a step, speed ignored",
    unit="cosine",
    better="higher",
    bounds=(-1.0, 1.0),
    source="DeT (MTBench), as coded in evaluation.py at 2a2f4dd of Shi-qingyu/DeT",
    version="1",
    needs=("tracks",),
    status="comparability",
)


class MotionFidelityDet:
    """The released code on the protocol's tracks."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None = None) -> None:
        tracker = registry.tracker(protocol.tracker)
        self._width, self._height = protocol.width, protocol.height
        self.signature = track_signature(SPEC, protocol, tracker, "mask:none", "vis:ignored")

    def __call__(self, evidence: Evidence) -> float:
        """A value in [−1, 1]; Undefined where a vector of length zero makes the code's result NaN."""
        generated, reference = require_tracks(SPEC, evidence)
        value = functional.motion_fidelity_det(generated.xy, reference.xy, width=self._width, height=self._height)
        if np.isnan(value):
            raise Undefined(
                "a track stands still between two frames or starts at the image's corner: 0/0 in the published code"
            )
        return value
