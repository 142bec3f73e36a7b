"""The metric ``clip_temporal``: are consecutive frames alike? A frozen video has 1, so it is shown, never ranked."""

from __future__ import annotations

from motionbench.contracts import Encoder, Evidence
from motionbench.errors import Undefined
from motionbench.metrics import functional
from motionbench.metrics.signatures import frame_signature, require_encoder
from motionbench.specs import MetricSpec
from motionbench.types import Protocol

SPEC = MetricSpec(
    name="clip_temporal",
    implementation="motionbench.metrics.clip_temporal:ClipTemporal",
    summary="mean cosine of consecutive frames; a frozen video has 1, so it is never ranked",
    unit="cosine",
    better="none",
    bounds=(-1.0, 1.0),
    source="Ling et al., MotionClone, arXiv 2406.05338 (consecutive frames)",
    version="1",
    needs=("encoder",),
    status="comparability",
    by_default=True,
)


class ClipTemporal:
    """Likeness of consecutive frames."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None) -> None:
        self._encoder = require_encoder(SPEC, encoder)
        self.signature = frame_signature(SPEC, protocol, self._encoder)

    def __call__(self, evidence: Evidence) -> float:
        """``(1/(T−1)) Σ_t cos(i_t, i_t+1)`` in [−1, 1]; Undefined for a single frame."""
        if len(evidence.video.frames) < 2:
            raise Undefined("a video of one frame has no consecutive frames")
        return functional.temporal_consistency_consecutive(self._encoder.images(evidence.video.frames))
