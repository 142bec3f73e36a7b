"""Trivial methods that bound the metrics, as data."""

from __future__ import annotations

from motionbench.specs import MethodSpec

_MODULE = "motionbench.methods.controls.method"
_ALL = ("wan", "cogvideox", "hunyuan")


def _control(name: str, symbol: str, summary: str, inputs: tuple[str, ...], backbones: tuple[str, ...]) -> MethodSpec:
    return MethodSpec(
        name=name,
        implementation=f"{_MODULE}:{symbol}",
        summary=summary,
        version="1",
        paper="",
        licence="Apache-2.0",
        backbones=backbones,
        inputs=inputs,
        control=True,
        status="control",
    )


BACKBONE = _control("backbone", "Backbone", "the backbone alone: prompt in, reference unseen", ("prompt",), _ALL)
COPY_REFERENCE = _control(
    "copy-reference", "CopyReference", "the reference video itself: all motion, wrong content", ("reference",), ()
)
FROZEN = _control("frozen", "Frozen", "the first frame of the backbone's video, repeated: no motion", ("prompt",), _ALL)
TIME_REVERSED = _control(
    "time-reversed",
    "TimeReversed",
    "the perfect transfer played backwards where it is known, else the reference: every direction wrong",
    ("perfect", "reference"),
    (),
)
OTHER_CLIP = _control(
    "other-clip", "OtherClip", "another reference video of the suite: unrelated motion", ("other",), ()
)
ORACLE = _control(
    "oracle", "Oracle", "the reference's motion rendered under the prompt's look: the ceiling", ("perfect",), ()
)
