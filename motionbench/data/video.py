"""The only door for pixels: decoding, resampling, resizing and writing of videos happen here, through PyAV alone.

Reading: mp4, mkv, webm, gif (whatever FFmpeg decodes) or a folder of png/jpg images. Time and crop follow
``resampling``. libswscale converts to sRGB with the file's own matrix and range (BT.601 where it names none) and
resizes: area averaging to shrink, bicubic to enlarge. A rotation that the file asks for is applied. Raising
``DECODING`` announces that these rules have changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray

from motionbench.data.decoding import Picture, pictures, tags_of
from motionbench.data.resampling import Cut, cover, cut_out, nearest, shortest
from motionbench.errors import VideoError
from motionbench.types import Protocol, Video

DECODING = "1"
"""Version of the rules above: part of the digest of every clip that is a file."""
WHOLE = Cut()


@dataclass(frozen=True)
class _Coding:
    codec: str
    pixels: str
    options: dict[str, str]
    muxer: dict[str, str]


_LOSSLESS = _Coding("ffv1", "bgr0", {"level": "3"}, {"fflags": "+bitexact"})
_RATE, _DIGEST = "MOTIONBENCH_FPS", "MOTIONBENCH_SHA256"


def read(path: Path | str, protocol: Protocol | None = None, cut: Cut = WHOLE) -> Video:
    """Decode a video to a protocol's frames, rate and size, or as it is where ``protocol`` is None.

    Without a protocol all pictures are kept and ``fps`` is their mean rate. Raises VideoError for a file that is
    missing, empty, truncated, damaged, not a video, without pictures, a still image, without increasing time stamps,
    or shorter than the protocol.
    """
    path = Path(path)
    if protocol is None:
        return _read_all(path, cut)
    found = nearest(cut_out(pictures(path, cut.fps), cut), protocol)
    frames = [_pixels(picture, protocol.height, protocol.width) for picture in found]
    if len(frames) < protocol.frames:
        raise _too_short(path, protocol, cut)
    return Video(np.stack(frames), protocol.fps)


def _read_all(path: Path, cut: Cut) -> Video:
    times: list[float] = []
    frames: list[NDArray[np.uint8]] = []
    for picture in cut_out(pictures(path, cut.fps), cut):
        times.append(picture.time)
        frames.append(_pixels(picture))
    if len(frames) < 2:
        raise VideoError(f"{path}: {len(frames)} pictures are left from picture {cut.start} on; lower its start")
    if len({frame.shape for frame in frames}) > 1:
        raise VideoError(f"{path} changes its size on the way; export it at one size")
    return Video(np.stack(frames), (len(frames) - 1) / times[-1])


def _too_short(path: Path, protocol: Protocol, cut: Cut) -> VideoError:
    times = [picture.time for picture in cut_out(pictures(path, cut.fps), cut)]
    part = f" from picture {cut.start} on" if cut.start else ""
    length = f"{times[-1]:.2f} s from the first to the last of its {len(times)} pictures" if times else "0 pictures"
    return VideoError(
        f"{path} is too short: {length}{part}; the protocol {protocol.name} needs {shortest(protocol):.2f} s "
        f"({protocol.frames} frames at {protocol.fps:g} a second). Use a longer video or an earlier start."
    )


def _pixels(picture: Picture, height: int | None = None, width: int | None = None) -> NDArray[np.uint8]:
    """sRGB ``[H, W, 3]``, upright, scaled to cover and cropped where a size is given."""
    frame = picture.frame
    turns = round(getattr(frame, "rotation", 0) / 90) % 4
    if height is None or width is None:
        return _upright(frame.to_ndarray(format="rgb24"), turns)
    upright = (frame.height, frame.width) if turns % 2 == 0 else (frame.width, frame.height)
    window = cover(*upright, height, width)
    size = (window.height, window.width) if turns % 2 == 0 else (window.width, window.height)
    shrinks = window.height < upright[0]
    scaled = frame.reformat(
        height=size[0], width=size[1], format="rgb24", interpolation="AREA" if shrinks else "BICUBIC"
    )
    rgb = _upright(scaled.to_ndarray(), turns)
    return np.ascontiguousarray(rgb[window.top : window.top + height, window.left : window.left + width])


def _upright(rgb: NDArray[np.uint8], turns: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.rot90(rgb, turns)) if turns else rgb


def write_lossless(path: Path | str, video: Video) -> None:
    """Write FFV1 in Matroska, RGB exact to the byte, with the video's digest; equal videos make equal files."""
    frames = (av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="bgr0") for rgb in video.frames)
    _encode(path, video, _LOSSLESS, frames, {_DIGEST: video.digest()})


def read_lossless(path: Path | str) -> Video:
    """Read what ``write_lossless`` wrote; raises VideoError where the pixels are not the ones that were written."""
    path = Path(path)
    tags = tags_of(path)
    if _RATE not in tags or _DIGEST not in tags:
        raise VideoError(f"{path} is not a lossless video of ours: it has no {_DIGEST} tag; read other files with read")
    video = Video(np.stack([_pixels(picture) for picture in pictures(path)]), float(tags[_RATE]))
    if video.digest() != tags[_DIGEST]:
        raise VideoError(
            f"{path} is damaged: expected the digest {tags[_DIGEST]}, got {video.digest()}; delete it, it is made again"
        )
    return video


def write_mp4(path: Path | str, video: Video, *, quality: int = 18) -> None:
    """Write H.264 (yuv420p, plays in browsers) for looking at; odd sizes grow by a repeated row or column.

    ``quality`` is x264's constant rate factor, smaller is better.
    """
    _, height, width = video.size
    padding = ((0, 0), (0, height % 2), (0, width % 2), (0, 0))
    padded = Video(np.pad(video.frames, padding, mode="edge"), video.fps)
    frames = (av.VideoFrame.from_ndarray(rgb, format="rgb24") for rgb in padded.frames)
    muxer = {"fflags": "+bitexact", "movflags": "+faststart"}
    _encode(path, padded, _Coding("libx264", "yuv420p", {"crf": str(quality)}, muxer), frames, {})


def _encode(path: Path | str, video: Video, coding: _Coding, frames: Iterable[Any], tags: dict[str, str]) -> None:
    rate = Fraction(video.fps).limit_denominator(1001)
    _, height, width = video.size
    with av.open(str(path), "w", options=coding.muxer) as container:
        container.metadata.update({_RATE: repr(float(video.fps)), **tags})
        stream = cast(Any, container.add_stream(coding.codec, rate=rate))
        stream.width, stream.height, stream.pix_fmt = width, height, coding.pixels
        stream.options = coding.options
        for index, frame in enumerate(frames):
            frame.pts, frame.time_base = index, 1 / rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
