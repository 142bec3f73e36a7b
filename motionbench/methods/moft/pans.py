"""Clips whose only motion is a pan, for finding the channels that carry motion (arXiv 2405.14864, section 3.2)."""

from __future__ import annotations

import numpy as np

from motionbench.types import Video

DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (0, 0))
"""(x, y); the last one stays where it is."""


def pans(video: Video, *, reach: float = 0.25) -> list[Video]:
    """Frame 0 of a video panned at constant speed in each direction, by ``reach`` of its side in the whole clip.

    Content runs (x, y)-wards; what leaves the frame is mirrored in at its borders. The paper pans photographs of its
    own, which no one else's backbone needs to know; a frame of the reference needs no further data.
    """
    return [_pan(video, direction, reach) for direction in DIRECTIONS]


def _pan(video: Video, direction: tuple[int, int], reach: float) -> Video:
    count, height, width = video.size
    shares = np.linspace(0, reach, count)
    steps = [(round(direction[0] * share * width), round(direction[1] * share * height)) for share in shares]
    margins = [(abs(steps[-1][1]),) * 2, (abs(steps[-1][0]),) * 2, (0, 0)]
    padded = np.pad(video.frames[0], margins, mode="symmetric")
    top, left = margins[0][0], margins[1][0]
    frames = [padded[top - y : top - y + height, left - x : left - x + width] for x, y in steps]
    return Video(np.stack(frames), video.fps)
