"""The metric ``clip_consistency_all_pairs``: the published form of temporal consistency over all pairs of frames.

It is blind to the order of frames and gives a frozen video 1: it is here for comparison with published numbers.
"""

from __future__ import annotations

from motionbench.contracts import Encoder, Evidence
from motionbench.errors import Undefined
from motionbench.metrics import functional
from motionbench.metrics.signatures import frame_signature, require_encoder
from motionbench.specs import MetricSpec
from motionbench.types import Protocol

SPEC = MetricSpec(
    name="clip_consistency_all_pairs",
    implementation="motionbench.metrics.clip_consistency_all_pairs:ClipConsistencyAllPairs",
    summary="mean cosine of all pairs of frames; blind to their order, a frozen video has 1",
    unit="cosine",
    better="none",
    bounds=(-1.0, 1.0),
    source="Tune-A-Video and MotionDirector, as coded in run_eval.py at d75589f of showlab/loveu-tgve-2023",
    version="1",
    needs=("encoder",),
    status="comparability",
)


class ClipConsistencyAllPairs:
    """Likeness of every frame with every other."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None) -> None:
        self._encoder = require_encoder(SPEC, encoder)
        self.signature = frame_signature(SPEC, protocol, self._encoder)

    def __call__(self, evidence: Evidence) -> float:
        """``(1/(T(T−1))) Σ_t Σ_s≠t cos(i_t, i_s)`` in [−1, 1]; Undefined for a single frame."""
        if len(evidence.video.frames) < 2:
            raise Undefined("a video of one frame has no pair of frames")
        return functional.temporal_consistency_all_pairs(self._encoder.images(evidence.video.frames))
