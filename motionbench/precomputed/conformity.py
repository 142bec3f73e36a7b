"""Whether a video is one of the protocol: its frames, their times and their size, exactly.

A time stamp counts as exact within one tick of the file's clock, and never coarser than a hundredth of a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from motionbench.data import decoding, video
from motionbench.data.resampling import TIE, Cut
from motionbench.errors import VideoError
from motionbench.precomputed.records import Candidate
from motionbench.types import Protocol, Video

_COARSEST = 0.01


@dataclass(frozen=True)
class _Facts:
    times: tuple[float, ...]
    sizes: tuple[tuple[int, int], ...]
    """Distinct (width, height), upright."""
    tick: float


def cut_of(candidate: Candidate, protocol: Protocol) -> Cut:
    """How a candidate is read: a folder of frames plays at the protocol's rate unless it has its own."""
    return Cut(fps=(candidate.fps or protocol.fps) if candidate.path.is_dir() else None)


def read(candidate: Candidate, protocol: Protocol) -> Video:
    """The video by the rules of reference videos, which leave one of the protocol as it is; raises VideoError."""
    return video.read(candidate.path, protocol, cut_of(candidate, protocol))


def fault(candidate: Candidate, protocol: Protocol, *, resample: bool) -> str:
    """What stands in the way of scoring a video, as one line, or ""."""
    try:
        if resample:
            read(candidate, protocol)
            return ""
        differing = "; ".join(_differences(_facts(candidate, protocol), protocol))
    except VideoError as error:
        return f"{candidate.shown}: {error}"
    return f"{candidate.shown}: {differing}" if differing else ""


def _facts(candidate: Candidate, protocol: Protocol) -> _Facts:
    times: list[float] = []
    sizes: dict[tuple[int, int], None] = {}
    tick = 0.0
    for picture in decoding.pictures(candidate.path, cut_of(candidate, protocol).fps):
        times.append(picture.time)
        sizes[_upright(picture.frame)] = None
        tick = 0.0 if candidate.path.is_dir() else float(picture.frame.time_base or 0)
    return _Facts(tuple(times), tuple(sizes), min(tick, _COARSEST) + TIE)


def _upright(frame: Any) -> tuple[int, int]:
    turned = round(getattr(frame, "rotation", 0) / 90) % 2
    return (frame.height, frame.width) if turned else (frame.width, frame.height)


def _differences(facts: _Facts, protocol: Protocol) -> Iterator[str]:
    count = len(facts.times)
    if count != protocol.frames:
        yield f"expected {protocol.frames} frames, got {count}"
    if abs(facts.times[-1] - (count - 1) / protocol.fps) > facts.tick:
        yield f"expected {protocol.fps:g} frames a second, got {(count - 1) / facts.times[-1]:.4g}"
    else:
        yield from _uneven(facts, protocol)
    if facts.sizes != ((protocol.width, protocol.height),):
        got = " and ".join(f"{width}x{height}" for width, height in facts.sizes)
        yield f"expected {protocol.width}x{protocol.height} pixels (width x height), got {got}"


def _uneven(facts: _Facts, protocol: Protocol) -> Iterator[str]:
    for index, time in enumerate(facts.times):
        if abs(time - index / protocol.fps) > facts.tick:
            yield f"expected picture {index} at {index / protocol.fps:.3f} s, got it at {time:.3f} s: the rate varies"
            return
