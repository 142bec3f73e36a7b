"""The lines under every table of a plan: what its numbers do not say."""

from __future__ import annotations

from collections.abc import Iterator

from motionbench import registry
from motionbench.request import Request
from motionbench.specs import BackboneSpec


def of(request: Request) -> str:
    """The suite's, the backbone's where a method runs on it, and those of encoder and tracker out of their world."""
    used = request.backbone.notice if request.backbone_digest else ""
    return " ".join(filter(None, (request.suite.notice, used, *_out_of_their_world(request))))


def _out_of_their_world(request: Request) -> Iterator[str]:
    protocol = request.protocol
    for encoder in dict.fromkeys(column.encoder for column in request.columns if column.encoder):
        if encoder.protocols and protocol.name not in encoder.protocols:
            yield (
                f"{encoder.name} was trained on pictures of {' and '.join(encoder.protocols)} alone, what it says of "
                f"others means little: for claims --encoder {BackboneSpec.encoder}."
            )
    tracker = registry.tracker(protocol.tracker)
    if request.tracker_version and tracker.protocols and protocol.name not in tracker.protocols:
        yield f"{tracker.name} loses most points of real videos: for claims --tracker cotracker3."
