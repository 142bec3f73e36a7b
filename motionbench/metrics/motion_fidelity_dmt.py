"""The metric ``motion_fidelity[dmt]``: the published score as its official script computes it.

It gives a still video with tracker jitter about one half, ignores speed and is undefined for an exactly still one: it
is here for comparison with published numbers.
"""

from __future__ import annotations

import numpy as np

from motionbench import registry
from motionbench.contracts import Encoder, Evidence
from motionbench.errors import Undefined
from motionbench.metrics import functional
from motionbench.metrics.signatures import require_tracks, track_signature
from motionbench.specs import MetricSpec
from motionbench.types import Protocol, Tracks

SPEC = MetricSpec(
    name="motion_fidelity[dmt]",
    implementation="motionbench.metrics.motion_fidelity_dmt:MotionFidelityDmt",
    summary="the official script: best-matching reference track, identity subtracted, one direction, speed ignored",
    unit="cosine",
    better="higher",
    bounds=(-1.0, 1.0),
    source="Yatim et al., arXiv 2311.17009, section 5.1, as coded in motion_fidelity_score.py at da9d4c3",
    version="1",
    needs=("tracks",),
    status="comparability",
    by_default=True,
)


class MotionFidelityDmt:
    """The official script on the protocol's tracks."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None = None) -> None:
        tracker = registry.tracker(protocol.tracker)
        self.signature = track_signature(SPEC, protocol, tracker, "mask:none", "vis:ignored")

    def __call__(self, evidence: Evidence) -> float:
        """A value in [−1, 1]; Undefined where a step of length zero makes the script's result NaN."""
        generated, reference = require_tracks(SPEC, evidence)
        value = functional.motion_fidelity_dmt(generated.xy, reference.xy)
        if np.isnan(value):
            raise Undefined(_still(generated, reference))
        return value


def _still(generated: Tracks, reference: Tracks) -> str:
    """Which side has the step of length zero."""
    sides = (("the generated", generated), ("the reference", reference))
    still = [name for name, tracks in sides if not np.diff(tracks.xy, axis=1).any(axis=-1).all()]
    return f"{' and '.join(still) or 'a'} video has a track that stands still between two frames: 0/0 in the script"
