"""A video as one picture: its frames in rows, left to right, then down."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from motionbench.errors import UsageError
from motionbench.types import Protocol, Video

LARGEST = 16383
"""Pixels a side of a WebP picture."""
_LOSSLESS, _QUALITY = 101, 90


@dataclass(frozen=True)
class Grid:
    """Where the frames lie in a picture."""

    frames: int
    columns: int
    width: int
    """Of a frame in the picture, pixels."""
    height: int

    @property
    def rows(self) -> int:
        """Down the picture."""
        return -(-self.frames // self.columns)


def grid(protocol: Protocol, longest: int) -> Grid:
    """A picture about as wide as high, of frames whose longer side has at most ``longest`` pixels.

    Raises UsageError where a picture would have more than 16383 pixels a side.
    """
    scale = min(1.0, longest / max(protocol.width, protocol.height))
    width, height = (max(1, round(scale * side)) for side in (protocol.width, protocol.height))
    columns = min(protocol.frames, max(1, math.ceil(math.sqrt(protocol.frames * height / width))))
    found = Grid(protocol.frames, columns, width, height)
    if max(found.columns * width, found.rows * height) > LARGEST:
        raise UsageError(
            f"{protocol.frames} frames of {width}×{height} do not fit a picture of {LARGEST}×{LARGEST} pixels; "
            f"choose a smaller --size than {longest}"
        )
    return found


def shown(video: Video, grid: Grid) -> Iterator[NDArray[np.uint8]]:
    """The frames at the grid's size, averaged down where it is smaller; raises ValueError for other lengths."""
    frames, height, width = video.size
    if frames != grid.frames:
        raise ValueError(f"the video has {frames} frames, the gallery's clock {grid.frames}")
    for frame in video.frames:
        fits = (height, width) == (grid.height, grid.width)
        smaller = frame if fits else cv2.resize(frame, (grid.width, grid.height), interpolation=cv2.INTER_AREA)
        yield np.asarray(smaller, np.uint8)


def laid_out(video: Video, grid: Grid) -> NDArray[np.uint8]:
    """All frames in one sRGB picture, averaged down where the grid is smaller; raises ValueError for other lengths."""
    picture = np.zeros((grid.rows * grid.height, grid.columns * grid.width, 3), np.uint8)
    for number, frame in enumerate(shown(video, grid)):
        top, left = number // grid.columns * grid.height, number % grid.columns * grid.width
        picture[top : top + grid.height, left : left + grid.width] = frame
    return picture


def exact(protocol: Protocol, grid: Grid) -> bool:
    """Whether pictures of a protocol's videos are lossless: frames keep their size and are small."""
    return (protocol.height, protocol.width) == (grid.height, grid.width) and _small(grid)


def encoded(video: Video, grid: Grid) -> bytes:
    """The picture as WebP: lossless where frames keep their size and are small, quality 90 otherwise."""
    lossless = video.size[1:] == (grid.height, grid.width) and _small(grid)
    picture = cv2.cvtColor(laid_out(video, grid), cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, _LOSSLESS if lossless else _QUALITY])
    return data.tobytes()


def _small(grid: Grid) -> bool:
    return max(grid.height, grid.width) <= 128
