"""Videos as one picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from motionbench.errors import UsageError
from motionbench.gallery.pictures import LARGEST, encoded, exact, grid, laid_out
from motionbench.types import Protocol, Video


def protocol(frames: int, height: int, width: int) -> Protocol:
    return Protocol("p", frames, 8.0, height, width, "lk", 4)


def noise(frames: int, height: int, width: int) -> Video:
    return Video(np.random.default_rng(0).integers(0, 256, (frames, height, width, 3), dtype=np.uint8), 8.0)


def test_frame_t_lies_in_row_t_over_columns_and_column_t_modulo_columns() -> None:
    video, found = noise(5, 4, 6), grid(protocol(5, 4, 6), 64)
    picture = laid_out(video, found)
    assert (found.columns, found.rows) == (2, 3)
    assert picture.shape == (3 * 4, 2 * 6, 3)
    for t, frame in enumerate(video.frames):
        top, left = t // 2 * 4, t % 2 * 6
        np.testing.assert_array_equal(picture[top : top + 4, left : left + 6], frame)
    assert not picture[8:, 6:].any()


def test_small_frames_come_back_from_webp_to_the_byte() -> None:
    video, found = noise(17, 64, 64), grid(protocol(17, 64, 64), 320)
    decoded = cv2.imdecode(np.frombuffer(encoded(video, found), np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(decoded[:, :, ::-1], laid_out(video, found))


def test_large_frames_are_averaged_down_and_nothing_is_enlarged() -> None:
    shrunk = grid(protocol(4, 4, 8), 4)
    assert (shrunk.width, shrunk.height) == (4, 2)
    video = noise(4, 4, 8)
    first = laid_out(video, shrunk)[:2, :4].astype(int)
    mean = video.frames[0].reshape(2, 2, 4, 2, 3).mean(axis=(1, 3))
    assert np.abs(first - mean).max() <= 1
    assert grid(protocol(4, 4, 8), 1000).width == 8


def test_only_small_frames_of_full_size_are_exact() -> None:
    assert exact(protocol(4, 64, 128), grid(protocol(4, 64, 128), 320))
    assert not exact(protocol(4, 64, 128), grid(protocol(4, 64, 128), 64))
    assert not exact(protocol(4, 64, 129), grid(protocol(4, 64, 129), 320))


def test_videos_of_another_length_and_pictures_too_large_are_refused() -> None:
    with pytest.raises(ValueError, match="the video has 3 frames, the gallery's clock 5"):
        laid_out(noise(3, 4, 6), grid(protocol(5, 4, 6), 64))
    with pytest.raises(
        UsageError, match=f"do not fit a picture of {LARGEST}×{LARGEST} pixels; choose a smaller --size"
    ):
        grid(protocol(400, 1024, 1024), 1024)
