from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionbench.data.decoding import Picture
from motionbench.data.resampling import Cut, cover, cut_out, nearest, shortest
from motionbench.types import Protocol

PROTOCOL = Protocol("p", frames=5, fps=8.0, height=4, width=4, tracker="t", grid=1)


def chosen(times: list[float], protocol: Protocol = PROTOCOL) -> list[int]:
    return [picture.frame for picture in nearest((Picture(time, k) for k, time in enumerate(times)), protocol)]


def test_the_protocols_own_rate_is_kept():
    assert chosen([k / 8 for k in range(7)]) == [0, 1, 2, 3, 4]


def test_a_tie_takes_the_earlier_picture_however_the_times_are_rounded():
    # Frame 2 is at 250 ms; pictures 7 and 8 of a 30 Hz file lie 16.67 ms before and after it.
    assert chosen([k / 30 for k in range(20)])[2] == 7
    assert chosen([k * (1 / 30) + 1e-12 * k for k in range(20)])[2] == 7


def test_a_slower_video_repeats_pictures():
    assert chosen([0.0, 0.25, 0.5]) == [0, 0, 1, 1, 2]


def test_the_last_frame_may_lie_half_a_step_after_the_last_picture():
    assert chosen([0.0, 0.125, 0.25, 0.375, shortest(PROTOCOL)]) == [0, 1, 2, 3, 4]
    assert chosen([0.0, 0.125, 0.25, 0.375]) == [0, 1, 2, 3]


def test_sixty_pictures_at_thirty_a_second_are_enough_for_seventeen_frames_at_eight():
    assert len(chosen([k / 30 for k in range(60)], replace(PROTOCOL, frames=17))) == 17


@given(st.lists(st.floats(0.01, 0.2), min_size=15, max_size=30))
def test_every_frame_gets_the_nearest_picture(steps):
    times = np.concatenate([[0.0], np.cumsum(steps)])
    if times[-1] < shortest(PROTOCOL):
        return
    picked = chosen(times.tolist())
    for k, index in enumerate(picked):
        assert abs(times[index] - k / 8) <= np.min(np.abs(times - k / 8)) + 2e-6
    assert picked == sorted(picked)


def test_a_cut_counts_its_time_from_its_first_picture():
    cut = [(p.time, p.frame) for p in cut_out((Picture(k / 8, k) for k in range(6)), Cut(start=2, every=2))]
    assert cut == [(0.0, 2), (0.0625, 3), (0.125, 4), (0.1875, 5)]


@pytest.mark.parametrize(
    ("size", "window"),
    [
        ((100, 200), (64, 128, 0, 32)),
        ((200, 100), (128, 64, 32, 0)),
        ((64, 64), (64, 64, 0, 0)),
        ((8, 8), (64, 64, 0, 0)),
    ],
)
def test_a_picture_is_scaled_to_cover_and_cropped_in_the_centre(size, window):
    seen = cover(*size, 64, 64)
    assert (seen.height, seen.width, seen.top, seen.left) == window


@given(*[st.integers(2, 4000)] * 2, *[st.integers(2, 900)] * 2)
def test_a_window_always_covers_the_frame(height, width, to_height, to_width):
    window = cover(height, width, to_height, to_width)
    assert 0 <= window.top <= window.height - to_height
    assert 0 <= window.left <= window.width - to_width
