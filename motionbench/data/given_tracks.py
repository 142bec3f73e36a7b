"""Tracks that a data set gives with its videos, brought to the protocol in time and space as the video is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motionbench.data import decoding
from motionbench.data.decoding import Picture
from motionbench.data.resampling import Cut, cover, cut_out, nearest
from motionbench.types import Protocol, Tracks


def placed(
    xy: NDArray[np.float64], visible: NDArray[np.bool_], video: Path, protocol: Protocol, cut: Cut
) -> Tracks | None:
    """Positions ``[T, N, 2]`` in pixels of the video and their visibility ``[T, N]``, T one a picture.

    Returns None where the shapes are others.
    """
    size, times = decoding.timetable(video, cut.fps)
    if xy.ndim != 3 or xy.shape[2] != 2 or xy.shape[:2] != visible.shape or len(xy) != len(times):
        return None
    numbered = (Picture(time, number) for number, time in enumerate(times))
    chosen = [int(picture.frame) for picture in nearest(cut_out(numbered, cut), protocol)]
    moved = _moved(xy[chosen].astype(np.float64), size, protocol).transpose(1, 0, 2)
    inside = ((moved >= -0.5) & (moved <= (protocol.width - 0.5, protocol.height - 0.5))).all(axis=-1)
    return Tracks(moved.astype(np.float32), visible[chosen].T.astype(bool) & inside)


def _moved(xy: NDArray[np.float64], size: tuple[int, int], protocol: Protocol) -> NDArray[np.float64]:
    """Pixels of the video to pixels of the protocol."""
    window = cover(*size, protocol.height, protocol.width)
    scale = np.array([window.width / size[1], window.height / size[0]])
    return np.asarray((xy + 0.5) * scale - 0.5 - (window.left, window.top))
