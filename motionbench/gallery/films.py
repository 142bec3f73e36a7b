"""A video as files that players know: H.264 in MP4 and VP9 in WebM, each with a key frame every eighth frame.

Frame n is shown from n/fps to (n + 1)/fps and no frame waits for a later one, so that a seek to (n + ½)/fps decodes at
most eight frames and ends on frame n. Colours are BT.709 of limited range, which the file says, at half the size,
as in all files that every browser plays.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.container import OutputContainer
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from motionbench.gallery import pictures
from motionbench.gallery.pictures import Grid
from motionbench.types import Video

GROUP = 8
"""Frames from a key frame to the next."""
_BT709 = 1


@dataclass(frozen=True)
class Codec:
    """What a file is made with."""

    ending: str
    media: str
    """The MIME type, as ``<source>`` names it."""
    encoder: str
    options: Mapping[str, str]
    muxer: Mapping[str, str] = field(default_factory=dict)


CODECS = {
    "h264": Codec(
        "mp4",
        'video/mp4; codecs="avc1.640028"',
        "libx264",
        {"crf": "20", "g": str(GROUP), "bf": "0", "profile": "high"},
        {"fflags": "+bitexact", "movflags": "+faststart"},
    ),
    "webm": Codec(
        "webm",
        'video/webm; codecs="vp9"',
        "libvpx-vp9",
        {"crf": "24", "b": "0", "g": str(GROUP), "cpu-used": "4", "auto-alt-ref": "0", "lag-in-frames": "0"},
        {"fflags": "+bitexact"},
    ),
}
"""By the name that a user gives."""


def encoded(video: Video, grid: Grid, fps: float, codec: Codec) -> bytes:
    """The frames at the grid's size; odd sizes grow by a repeated row or column, as chroma has half of each."""
    with tempfile.TemporaryDirectory() as folder:
        # A file, as the muxer of MP4 opens it again to put the index first.
        path = Path(folder) / f"film.{codec.ending}"
        with av.open(str(path), "w", options=dict(codec.muxer)) as container:
            _write(container, video, grid, Fraction(fps).limit_denominator(1001), codec)
        return path.read_bytes()


def _write(container: OutputContainer, video: Video, grid: Grid, rate: Fraction, codec: Codec) -> None:
    stream = cast(Any, container.add_stream(codec.encoder, rate=rate))
    odd = (grid.height % 2, grid.width % 2)
    stream.height, stream.width, stream.pix_fmt = grid.height + odd[0], grid.width + odd[1], "yuv420p"
    stream.options = dict(codec.options)
    coder = stream.codec_context
    coder.colorspace = coder.color_primaries = coder.color_trc = _BT709
    coder.color_range = ColorRange.MPEG
    for number, rgb in enumerate(pictures.shown(video, grid)):
        frame = _frame(np.pad(rgb, ((0, odd[0]), (0, odd[1]), (0, 0)), mode="edge"))
        frame.pts, frame.time_base = number, 1 / rate
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def _frame(rgb: NDArray[np.uint8]) -> Any:
    plain = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
    return cast(Any, plain).reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG, interpolation="AREA"
    )
