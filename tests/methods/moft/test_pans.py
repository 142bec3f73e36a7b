import numpy as np
import pytest

from motionbench.methods.moft.pans import DIRECTIONS, pans
from motionbench.types import Video


@pytest.fixture
def video():
    frames = np.random.default_rng(0).integers(0, 255, (5, 16, 24, 3), dtype=np.uint8)
    return Video(frames, 8.0)


def test_each_pan_moves_the_first_frame_its_own_way_by_a_quarter_of_a_side(video):
    first = video.frames[0]
    for pan, (x, y) in zip(pans(video), DIRECTIONS, strict=True):
        assert pan.size == video.size
        assert pan.fps == video.fps
        np.testing.assert_array_equal(pan.frames[0], first)
        step = (4 * y, 6 * x)
        inside = np.roll(first, step, axis=(0, 1))[4:-4, 6:-6]
        np.testing.assert_array_equal(pan.frames[-1][4:-4, 6:-6], inside)


def test_the_last_one_is_still(video):
    still = pans(video)[-1]
    assert all(np.array_equal(frame, video.frames[0]) for frame in still.frames)


def test_they_move_at_constant_speed(video):
    right = pans(video, reach=4 / 24)[0]
    for index in range(5):
        np.testing.assert_array_equal(right.frames[index][:, index:], video.frames[0][:, : 24 - index])
