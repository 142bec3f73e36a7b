"""Which pictures of a video become the frames of a protocol, and which of their pixels. Pure rules.

In time: frame k of the protocol is the picture nearest to ``k / fps`` seconds after the first one, the earlier of two
equally near ones. No picture is blended, so a video that is slower than the protocol repeats pictures and a faster one
drops some. The last frame may lie up to half a step of the protocol after the last picture; a video that ends earlier
is too short and is refused, never stretched or looped.

In space: the picture is scaled until it just covers the protocol's size, then cropped around its centre. Pixels are
taken as square.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from motionbench.data.decoding import Picture
from motionbench.types import Protocol

TIE = 1e-6
"""Seconds within which two pictures count as equally near: time stamps are rounded to a clock's ticks."""


@dataclass(frozen=True)
class Cut:
    """The part of a file that is used."""

    start: int = 0
    """Pictures to skip."""
    every: int = 1
    """Plays this many times as fast."""
    fps: float | None = None
    """Rate of a folder of images; None for files, which know theirs."""


@dataclass(frozen=True)
class Window:
    """Size to scale to, and the corner of the crop there, pixels."""

    height: int
    width: int
    top: int
    left: int


def shortest(protocol: Protocol) -> float:
    """Seconds from the first to the last picture that a video needs at least: ``(frames − 3/2) / fps``."""
    return (protocol.frames - 1.5) / protocol.fps


def cut_out(found: Iterable[Picture], cut: Cut) -> Iterator[Picture]:
    """The pictures from ``cut.start`` on, with times that count from there."""
    first: float | None = None
    for index, picture in enumerate(found):
        if index >= cut.start:
            first = picture.time if first is None else first
            yield Picture((picture.time - first) / cut.every, picture.frame)


def nearest(found: Iterable[Picture], protocol: Protocol) -> Iterator[Picture]:
    """One picture for each frame of the protocol; fewer where the video is too short."""
    step, index = 1 / protocol.fps, 0
    previous: Picture | None = None
    for current in found:
        while index < protocol.frames and index * step <= current.time:
            yield _nearer(previous, current, index * step)
            index += 1
        if index == protocol.frames:
            return
        previous = current
    while previous is not None and index < protocol.frames and index * step - previous.time <= step / 2 + TIE:
        yield previous
        index += 1


def _nearer(previous: Picture | None, current: Picture, time: float) -> Picture:
    if previous is None or current.time - time < time - previous.time - TIE:
        return current
    return previous


def cover(height: int, width: int, to_height: int, to_width: int) -> Window:
    """Where a picture of ``height`` × ``width`` goes to fill ``to_height`` × ``to_width``."""
    scale = max(to_height / height, to_width / width)
    scaled_height, scaled_width = max(to_height, round(height * scale)), max(to_width, round(width * scale))
    return Window(scaled_height, scaled_width, (scaled_height - to_height) // 2, (scaled_width - to_width) // 2)
