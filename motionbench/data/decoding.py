"""Pictures of a video file or of a folder of images, one by one, each with its time. PyAV (FFmpeg) reads all of them.

Times are the file's own presentation time stamps, in seconds from its first picture, so that files of a variable rate
are understood. A file that is damaged, cut off, without a picture or without usable times raises ``VideoError``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from motionbench.errors import VideoError

IMAGES = (".png", ".jpg", ".jpeg")
TEXT_ART = ("ansi", "bintext", "xbin", "idf")
"""Codecs by which FFmpeg would draw any text file as a video."""
GIF_TRAILER = b";"
VIDEOS = (".mp4", ".mkv", ".webm", ".gif", ".mov", ".avi", ".m4v")


@dataclass(frozen=True, eq=False)
class Picture:
    """One decoded picture, in FFmpeg's own format until somebody asks for its pixels."""

    time: float
    """Seconds from the first picture."""
    frame: Any
    """``av.VideoFrame``."""


def pictures(path: Path, fps: float | None = None) -> Iterator[Picture]:
    """All pictures of a file, or of a folder of images in natural order at ``fps``; raises VideoError."""
    if not path.exists():
        raise VideoError(f"{path} does not exist; check the path, or put the video there")
    yield from _at_least_two(path, _folder(path, fps) if path.is_dir() else _file(path))


@dataclass(frozen=True)
class Facts:
    """What a video file holds."""

    width: int
    """Pixels, as it is shown."""
    height: int
    frames: int
    fps: Fraction
    """The container's mean rate."""


def facts_of(path: Path) -> Facts:
    """Decode a whole file and say what it holds; raises VideoError."""
    with _opened(path) as container:
        rate = _stream(path, container).average_rate
    width = height = frames = 0
    time = 0.0
    for picture in pictures(path):
        turned = round(getattr(picture.frame, "rotation", 0) / 90) % 2
        width, height = picture.frame.width, picture.frame.height
        width, height = (height, width) if turned else (width, height)
        frames, time = frames + 1, picture.time
    return Facts(width, height, frames, Fraction(rate or (frames - 1) / time).limit_denominator(10_000))


def tags_of(path: Path) -> dict[str, str]:
    """The tags in a file's header, names in capitals."""
    with _opened(path) as container:
        return {name.upper(): value for name, value in container.metadata.items()}


def natural_order(path: Path) -> list[str | int]:
    """Sorting key by which ``frame_9`` goes before ``frame_10``."""
    return [int(part) if part.isdigit() else part.lower() for part in re.split(r"(\d+)", path.name)]


def images(folder: Path) -> list[Path]:
    """The images of a folder, in natural order."""
    return sorted((file for file in folder.iterdir() if file.suffix.lower() in IMAGES), key=natural_order)


def _at_least_two(path: Path, found: Iterator[Picture]) -> Iterator[Picture]:
    count = 0
    for picture in found:
        count += 1
        yield picture
    if count == 0:
        raise VideoError(f"{path} holds no picture that can be decoded; export the video again")
    if count == 1:
        raise VideoError(f"{path} holds one picture only, a still image; a video needs at least two")


def _folder(path: Path, fps: float | None) -> Iterator[Picture]:
    files = images(path)
    if not files:
        raise VideoError(f"the folder {path} holds no images; expected {', '.join(IMAGES)}")
    if fps is None:
        raise VideoError(f"the folder {path} does not say how fast its images follow each other; give its fps")
    size: tuple[int, int] | None = None
    for index, file in enumerate(files):
        with _opened(file) as container:
            frame = next(container.decode(_stream(file, container)), None)
        if frame is None:
            raise VideoError(f"{file} is not an image that can be decoded; save it again")
        size = size or (frame.width, frame.height)
        if (frame.width, frame.height) != size:
            raise VideoError(
                f"{file} is {frame.width}x{frame.height}, {files[0].name} is {size[0]}x{size[1]}; "
                "all images of a folder are of one size"
            )
        yield Picture(index / fps, frame)


def _file(path: Path) -> Iterator[Picture]:
    if path.stat().st_size == 0:
        raise VideoError(f"{path} is empty (0 bytes); copy or download it again")
    _check_whole(path)
    first, last = 0.0, -1.0
    with _opened(path) as container:
        for index, frame in enumerate(container.decode(_stream(path, container))):
            if frame.is_corrupt:
                raise VideoError(f"{path} is damaged: picture {index} cannot be decoded; copy or download it again")
            first = _time(path, index, frame) if index == 0 else first
            time = _time(path, index, frame) - first
            if time <= last:
                raise VideoError(f"{path}: the time stamp of picture {index} does not increase; {_retime(path)}")
            last = time
            yield Picture(time, frame)


def _time(path: Path, index: int, frame: Any) -> float:
    if frame.pts is None:
        raise VideoError(f"{path}: picture {index} has no time stamp; {_retime(path)}")
    return float(frame.pts * frame.time_base)


def _retime(path: Path) -> str:
    return f"write the times anew: ffmpeg -i {path.name} -vf fps=FPS new.mp4"


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """An input container; whatever FFmpeg raises inside becomes a VideoError that names the file."""
    try:
        with av.open(str(path)) as container:
            yield container
    except av.error.FFmpegError as error:
        reason = error.strerror or type(error).__name__
        raise VideoError(
            f"{path} cannot be read as a video ({reason}): it is truncated, damaged or not a video; "
            "play it, then copy or export it again"
        ) from error


def _stream(path: Path, container: Any) -> Any:
    found = container.streams.video
    if found and found[0].codec_context.name in TEXT_ART:
        raise VideoError(f"{path} is text, not a video; check the path")
    if found:
        return found[0]
    kinds = sorted({stream.type for stream in container.streams}) or ["nothing"]
    raise VideoError(f"{path} holds {' and '.join(kinds)} but no pictures; give a file with a video stream")


@dataclass(frozen=True)
class _Extent:
    pictures: int
    seconds: float


def _check_whole(path: Path) -> None:
    """Compare what is there with what the file's header promises, without decoding."""
    with _opened(path) as container:
        stream = _stream(path, container)
        slack = 2 / (float(stream.average_rate or 0) or 25.0) + 0.1
        start, length = container.start_time or 0, container.duration or 0
        promised = _Extent(stream.frames, (start + length) / av.time_base)
        found = _demux(path, container, stream.index)
        gif = container.format.name == "gif"
    if found.pictures < promised.pictures:
        raise _truncated(path, f"its header promises {promised.pictures} pictures, {found.pictures} are there")
    if found.seconds and promised.seconds - found.seconds > slack:
        raise _truncated(path, f"its header promises {promised.seconds:.2f} s, {found.seconds:.2f} s are there")
    if gif and path.read_bytes()[-1:] != GIF_TRAILER:
        raise _truncated(path, f"it breaks off after picture {found.pictures - 1}")


def _demux(path: Path, container: Any, index: int) -> _Extent:
    count, end = 0, 0.0
    for packet in container.demux():
        if packet.is_corrupt:
            raise _truncated(path, f"picture {count} is incomplete")
        count += packet.stream.index == index and packet.size > 0
        if packet.pts is not None:
            end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    return _Extent(count, end)


def _truncated(path: Path, reason: str) -> VideoError:
    return VideoError(f"{path} is truncated: {reason}; copy or download it again")


def timetable(path: Path, fps: float | None = None) -> tuple[tuple[int, int], list[float]]:
    """Height and width of a video, and the times of its pictures."""
    size, times = (0, 0), []
    for picture in pictures(path, fps):
        size = picture.frame.height, picture.frame.width
        times.append(picture.time)
    return size, times
