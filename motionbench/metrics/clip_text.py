"""The metric ``clip_text``: does the generation show what the prompt says?"""

from __future__ import annotations

from motionbench.contracts import Encoder, Evidence
from motionbench.metrics import functional
from motionbench.metrics.signatures import frame_signature, require_encoder
from motionbench.specs import MetricSpec
from motionbench.types import Protocol

SPEC = MetricSpec(
    name="clip_text",
    implementation="motionbench.metrics.clip_text:ClipText",
    summary="mean over all frames of the image-prompt cosine, unscaled",
    unit="cosine",
    better="higher",
    bounds=(-1.0, 1.0),
    source="Yatim et al., arXiv 2311.17009, section 5.1 (frame-prompt similarity)",
    version="1",
    needs=("encoder",),
    status="headline",
    by_default=True,
)


class ClipText:
    """Agreement of every frame with the prompt, verbatim."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None) -> None:
        self._encoder = require_encoder(SPEC, encoder)
        self.signature = frame_signature(SPEC, protocol, self._encoder)

    def __call__(self, evidence: Evidence) -> float:
        """``(1/T) Σ_t cos(i_t, c)`` in [−1, 1]."""
        frames = self._encoder.images(evidence.video.frames)
        return functional.clip_text(frames, self._encoder.text(evidence.case.prompt))
