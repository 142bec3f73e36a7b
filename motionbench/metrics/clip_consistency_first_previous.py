"""The metric ``clip_consistency_first_previous``: VBench's form of temporal consistency, whole frame, no mask.

It gives a frozen video 1: it is here for comparison with published numbers.
"""

from __future__ import annotations

from motionbench.contracts import Encoder, Evidence
from motionbench.errors import Undefined
from motionbench.metrics import functional
from motionbench.metrics.signatures import frame_signature, require_encoder
from motionbench.specs import MetricSpec
from motionbench.types import Protocol

SPEC = MetricSpec(
    name="clip_consistency_first_previous",
    implementation="motionbench.metrics.clip_consistency_first_previous:ClipConsistencyFirstPrevious",
    summary="mean cosine to the first and to the previous frame; a frozen video has 1",
    unit="cosine",
    better="none",
    bounds=(0.0, 1.0),
    source="VBench, arXiv 2311.17982, background consistency, as coded at 45e79ec: the value of one video",
    version="1",
    needs=("encoder",),
    status="comparability",
)


class ClipConsistencyFirstPrevious:
    """Likeness of every later frame with the first and with its predecessor."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None) -> None:
        self._encoder = require_encoder(SPEC, encoder)
        self.signature = frame_signature(SPEC, protocol, self._encoder)

    def __call__(self, evidence: Evidence) -> float:
        """Over the T−1 later frames ``½ [max(0, cos first) + max(0, cos previous)]``; Undefined for a single frame."""
        if len(evidence.video.frames) < 2:
            raise Undefined("a video of one frame has no frame to compare with the first")
        return functional.temporal_consistency_first_previous(self._encoder.images(evidence.video.frames))
