"""Masks of objects from a folder of images, one a picture of the video, brought to the protocol as the video is.

A palette image holds the number of the object at each pixel, 0 where there is none and 255 where nobody decided (DAVIS,
YouTube-VOS); a grey image holds the same numbers, or one object in white (MTBench).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motionbench.data import decoding
from motionbench.data.decoding import Picture
from motionbench.data.resampling import Cut, cover, cut_out, nearest
from motionbench.errors import VideoError
from motionbench.types import Protocol

_UNDECIDED, _WHITE = 255, 128
Labels = NDArray[np.uint8]


Spread = Callable[[Sequence[Path], int], Sequence[Path]]
"""From the images of a folder, the one that stands for each of so many pictures."""


def read(
    folder: Path, video: Path, protocol: Protocol, cut: Cut, *, spread: Spread | None = None, as_one: bool = False
) -> NDArray[np.bool_]:
    """``[K, T, H, W]``, one mask an object seen in the part used; raises VideoError where they do not fit the video.

    There must be one image a picture unless ``spread`` says otherwise; ``as_one`` takes all objects together.
    """
    if not folder.is_dir():
        raise VideoError(f"the folder of masks {folder} does not exist; correct `masks`, or leave it empty")
    size, times = decoding.timetable(video, cut.fps)
    images: Sequence[Path] = decoding.images(folder)
    if not images or (spread is None and len(images) != len(times)):
        raise VideoError(f"{folder} holds {len(images)} masks for the {len(times)} pictures of {video}; one for each")
    images = spread(images, len(times)) if spread else images
    numbered = (Picture(time, number) for number, time in enumerate(times))
    chosen = [picture.frame for picture in nearest(cut_out(numbered, cut), protocol)]
    labels = _objects([_labels(images[number], size) for number in chosen])
    labels = [np.minimum(one, 1) for one in labels] if as_one else labels
    found = sorted({int(label) for one in labels for label in np.unique(one)} - {0})
    if not found:
        raise VideoError(f"{folder} shows no object in the part of {video} that is used; correct its start")
    placed = np.stack([_placed(one, protocol) for one in labels])
    return np.stack([placed == label for label in found])


def _labels(path: Path, size: tuple[int, int]) -> Labels:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            mode, labels = image.mode, np.array(image)
    except (OSError, UnidentifiedImageError) as error:
        raise VideoError(f"{path} is not an image that can be decoded ({error}); copy it again") from error
    if labels.ndim != 2:
        raise VideoError(f"{path} is a {mode} image; a mask holds one number a pixel: save it as a palette or grey PNG")
    if labels.shape != size:
        raise VideoError(
            f"{path} is {labels.shape[1]}x{labels.shape[0]}, its video {size[1]}x{size[0]}; make them equal"
        )
    undecided = (labels == _UNDECIDED) & (mode == "P")
    return np.where(undecided, 0, labels).astype(np.uint8)


def _objects(labels: Sequence[Labels]) -> list[Labels]:
    """Numbers of objects; one object in white where a grey clip is black and white."""
    if max(int(one.max()) for one in labels) < _WHITE:
        return list(labels)
    return [(one >= _WHITE).astype(np.uint8) for one in labels]


def _placed(labels: Labels, protocol: Protocol) -> Labels:
    from PIL import Image

    height, width = labels.shape
    window = cover(height, width, protocol.height, protocol.width)
    scaled = np.array(Image.fromarray(labels).resize((window.width, window.height), Image.Resampling.NEAREST))
    return scaled[window.top : window.top + protocol.height, window.left : window.left + protocol.width]
