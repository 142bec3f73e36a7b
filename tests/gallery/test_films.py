"""Files for players."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest

from motionbench.gallery.films import CODECS, GROUP, encoded
from motionbench.gallery.pictures import Grid, shown
from motionbench.types import Video

SIZE = Grid(21, 3, 67, 131)
"""Of the fixture ``counted``."""


def frames_of(data: bytes) -> list[av.VideoFrame]:
    with av.open(io.BytesIO(data)) as container:
        return list(container.decode(video=0))


@pytest.fixture(params=CODECS)
def codec(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_frames_of_odd_sizes_come_back_in_order_with_one_row_or_column_more(counted: Video, codec: str) -> None:
    found = frames_of(encoded(counted, SIZE, 8.0, CODECS[codec]))
    pixels = np.stack([frame.to_ndarray(format="rgb24") for frame in found])
    assert pixels.shape == (21, 132, 68, 3)
    back = pixels[:, :131, :67].astype(float)
    assert 10 * np.log10(255**2 / np.mean((back - counted.frames) ** 2)) > 30


def test_frame_n_is_shown_from_n_over_the_rate_and_a_key_frame_is_never_far(counted: Video, codec: str) -> None:
    found = frames_of(encoded(counted, SIZE, 24.0, CODECS[codec]))
    assert [frame.time for frame in found] == pytest.approx([n / 24 for n in range(21)], abs=1e-3)
    assert {number for number, frame in enumerate(found) if frame.key_frame} >= set(range(0, 21, GROUP))


def test_what_browsers_need_is_in_the_file(counted: Video) -> None:
    mp4, webm = (encoded(counted, SIZE, 8.0, CODECS[name]) for name in ("h264", "webm"))
    assert 0 < mp4.index(b"moov") < mp4.index(b"mdat")
    for data, name in ((mp4, "h264"), (webm, "vp9")):
        with av.open(io.BytesIO(data)) as container:
            stream = container.streams.video[0]
            assert (stream.codec_context.name, stream.codec_context.pix_fmt) == (name, "yuv420p")
            assert (stream.codec_context.colorspace, stream.codec_context.color_range) == (1, 1)


def test_larger_frames_are_averaged_down_as_in_pictures(counted: Video, codec: str) -> None:
    data = encoded(counted, Grid(21, 4, 34, 66), 8.0, CODECS[codec])
    first = frames_of(data)[0].to_ndarray(format="rgb24").astype(float)
    assert np.abs(first - next(shown(counted, Grid(21, 4, 34, 66)))).mean() < 6


def test_videos_of_another_length_are_refused(counted: Video, codec: str) -> None:
    short = Video(counted.frames[:3], 8.0)
    with pytest.raises(ValueError, match="the video has 3 frames, the gallery's clock 21"):
        encoded(short, SIZE, 8.0, CODECS[codec])


def test_the_same_video_makes_the_same_file(counted: Video, codec: str) -> None:
    once, again = (encoded(counted, SIZE, 8.0, CODECS[codec]) for _ in range(2))
    assert once == again
