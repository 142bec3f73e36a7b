"""What a metric's signature names, and the demands that a metric makes before it starts.

A signature is ``name|field:value|…|vN`` and holds everything that moves the number, so that two scores may share a
column exactly if their signatures are equal.
"""

from __future__ import annotations

from motionbench.contracts import Encoder, Evidence
from motionbench.errors import MissingResourceError
from motionbench.specs import MetricSpec, TrackerSpec
from motionbench.trackers import identity
from motionbench.types import Protocol, Tracks


def frame_signature(spec: MetricSpec, protocol: Protocol, encoder: Encoder) -> str:
    """Of a metric that looks at frames through an encoder."""
    return f"{spec.name}|enc:{encoder.signature}|T:{protocol.frames}|{size(protocol)}|v{spec.version}"


def track_signature(spec: MetricSpec, protocol: Protocol, tracker: TrackerSpec, *fields: str) -> str:
    """Of a metric of tracks; ``fields`` are its own parameters. ``motion_fidelity[x]`` is ``mf|var:x``."""
    name, _, variant = spec.name.removesuffix("]").partition("[")
    common = (
        *(("mf", f"var:{variant}") if name == "motion_fidelity" else (name,)),
        f"trk:{identity.signature(tracker)}",
        f"grid:{protocol.grid}",
        f"T:{protocol.frames}",
        f"fps:{protocol.fps:g}",
        size(protocol),
    )
    return "|".join((*common, *fields, f"v{spec.version}"))


def noise_field(tracker: TrackerSpec, tau: float) -> str:
    """The field of τ in pixels, marked where the tracker's noise floor was never measured."""
    return f"tau:{trimmed(tau)}" + ("" if tracker.floor_measured else ",assumed")


def trimmed(value: float) -> str:
    """Four digits without a leading zero, ".05": how published signatures of other metrics write shares."""
    return f"{value:.4g}".removeprefix("0")


def size(protocol: Protocol) -> str:
    """``WIDTHxHEIGHT``."""
    return f"{protocol.width}x{protocol.height}"


def require_encoder(spec: MetricSpec, encoder: Encoder | None) -> Encoder:
    """The encoder; raises MissingResourceError where there is none."""
    if encoder is None:
        raise MissingResourceError(
            f"the metric {spec.name!r} needs an encoder, none was chosen; choose a registered one, such as mini-clip"
        )
    return encoder


def require_tracks(spec: MetricSpec, evidence: Evidence) -> tuple[Tracks, Tracks]:
    """Tracks of generation and reference; raises MissingResourceError where a side was not tracked."""
    generated, reference = evidence.tracks, evidence.reference_tracks
    if generated is None or reference is None:
        side = "generation" if generated is None else "reference"
        raise MissingResourceError(f"the metric {spec.name!r} needs tracks, the {side} of {evidence.case.id} has none")
    return generated, reference
