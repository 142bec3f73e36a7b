"""The metric ``leakage``: how much of the reference's look came along? A copy has 1.

It stands beside motion fidelity, which a copy of the reference wins.
"""

from __future__ import annotations

from motionbench.contracts import Encoder, Evidence
from motionbench.errors import Undefined
from motionbench.metrics import functional
from motionbench.metrics.functional import Leakage
from motionbench.metrics.signatures import frame_signature, require_encoder
from motionbench.specs import MetricSpec
from motionbench.types import Protocol

SPEC = MetricSpec(
    name="leakage",
    implementation="motionbench.metrics.leakage:LeakageMetric",
    summary="likeness to the reference beyond chance and beyond what the two prompts share; a copy has 1",
    unit="share of the way from the floor to a copy",
    better="lower",
    bounds=(0.0, 1.0),
    source="ours: docs/design/0005-leakage.md",
    version="1",
    needs=("encoder",),
    status="headline",
    by_default=True,
)


class LeakageMetric:
    """Frame-by-frame likeness of generation and reference, read against another clip of the suite."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None) -> None:
        self._encoder = require_encoder(SPEC, encoder)
        self.signature = frame_signature(SPEC, protocol, self._encoder)

    def __call__(self, evidence: Evidence) -> float:
        """A value in [0, 1]; Undefined where there is no other clip, or where the two are too alike to tell."""
        found = self.reading(evidence)
        if found.value is None:
            raise Undefined(found.reason or "no value")
        return found.value

    def reading(self, evidence: Evidence) -> Leakage:
        """The value with its floors; raises Undefined where the suite has no other clip of this length."""
        case, encoder = evidence.case, self._encoder
        if case.other is None:
            raise Undefined("there is no other clip to read the likeness against; add a second reference video")
        videos = evidence.video, case.reference, case.other
        if len({len(video.frames) for video in videos}) > 1:
            raise Undefined(f"the videos have {', '.join(str(len(video.frames)) for video in videos)} frames")
        generated, reference, unrelated = (encoder.images(video.frames) for video in videos)
        return functional.leakage(
            generated,
            reference,
            unrelated,
            prompt=encoder.text(case.prompt),
            reference_prompt=encoder.text(case.reference_prompt),
        )
