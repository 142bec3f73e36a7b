"""The metric ``flicker``: how little consecutive frames differ, pixel by pixel.

Motion lowers it as flicker does and a frozen video has 1: it explains other scores and ranks nothing.
"""

from __future__ import annotations

from motionbench.contracts import Encoder, Evidence
from motionbench.errors import Undefined
from motionbench.metrics import functional
from motionbench.metrics.signatures import size
from motionbench.specs import MetricSpec
from motionbench.types import Protocol

SPEC = MetricSpec(
    name="flicker",
    implementation="motionbench.metrics.flicker:Flicker",
    summary="1 minus the mean absolute difference of consecutive frames; motion lowers it, a frozen video has 1",
    unit="share of 255",
    better="higher",
    bounds=(0.0, 1.0),
    source="VBench, arXiv 2311.17982, temporal flickering, as coded at 45e79ec, without its filter for static scenes",
    version="1",
    status="diagnostic",
)


class Flicker:
    """VBench's formula on the whole frame."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None = None) -> None:
        self.signature = f"{SPEC.name}|T:{protocol.frames}|fps:{protocol.fps:g}|{size(protocol)}|v{SPEC.version}"

    def __call__(self, evidence: Evidence) -> float:
        """``(255 − mean |x_t+1 − x_t|) / 255`` in [0, 1]; Undefined for a single frame."""
        if len(evidence.video.frames) < 2:
            raise Undefined("a video of one frame has no consecutive frames")
        return functional.temporal_flicker(evidence.video.frames)
