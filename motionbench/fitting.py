"""Brings a backbone to a protocol's frames, rate and size, where it can make them.

Autoencoders of Wan and HunyuanVideo make 4k + 1 frames, CogVideoX's decodes 8k + 1 alone as it takes two latent frames
at a time. All shrink height and width to an eighth and cut latents into patches of 2 × 2: multiples of 16. That of
Wan2.2 5B shrinks to a sixteenth: its spec says 32.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from motionbench.errors import UsageError
from motionbench.specs import ArchitectureName, BackboneSpec
from motionbench.types import Protocol

_FIELDS = ("frames", "fps", "height", "width")


@dataclass(frozen=True)
class Steps:
    """What an architecture counts in: frames are ``frames``·k + 1, height and width multiples of ``side``."""

    frames: int
    side: int

    def faults(self, protocol: Protocol) -> list[str]:
        """What of a protocol it cannot make, each with the nearest sizes that it can."""
        lengths = _near(protocol.frames - 1, self.frames, least=0)
        found = []
        if protocol.frames - 1 not in lengths:
            found.append(f"frames={protocol.frames} ({self.frames}·k + 1, such as {_either(n + 1 for n in lengths)})")
        for name, value in (("height", protocol.height), ("width", protocol.width)):
            sides = _near(value, self.side, least=self.side)
            if value not in sides:
                found.append(f"{name}={value} (a multiple of {self.side}, such as {_either(sides)})")
        return found


STEPS: Mapping[ArchitectureName, Steps] = {
    "": Steps(1, 1),
    "wan": Steps(4, 16),
    "cogvideox": Steps(8, 16),
    "hunyuan": Steps(4, 16),
}


def fitted(backbone: BackboneSpec, protocol: Protocol) -> BackboneSpec:
    """The spec with the protocol's frames, rate and size; raises UsageError for what it cannot make."""
    if backbone.fixed:
        _check_same(backbone, protocol)
        return backbone
    steps = STEPS[backbone.architecture]
    faults = Steps(steps.frames, backbone.side or steps.side).faults(protocol)
    if faults:
        raise UsageError(
            f"the backbone {backbone.name} cannot make the protocol {protocol.name}: {'; '.join(faults)}\n"
            "Choose another --suite or --backbone."
        )
    return dataclasses.replace(backbone, **{name: getattr(protocol, name) for name in _FIELDS})


def _check_same(backbone: BackboneSpec, protocol: Protocol) -> None:
    for name in _FIELDS:
        ours, theirs = getattr(protocol, name), getattr(backbone, name)
        if ours != theirs:
            raise UsageError(
                f"the backbone {backbone.name} makes {name}={theirs:g}, "
                f"the protocol {protocol.name} asks for {ours:g}\n"
                "Choose another --suite or --backbone."
            )


def _near(value: int, step: int, *, least: int) -> list[int]:
    """The multiples of a step on both sides of a value, ``least`` or more; the value itself where it is one."""
    below = value // step * step
    return [value] if value == below else [near for near in (below, below + step) if near >= least]


def _either(sizes: Iterable[int]) -> str:
    return " or ".join(map(str, sizes))
