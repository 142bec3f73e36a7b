"""The Lucas-Kanade tracker, on motion that is known exactly."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from motionbench.metrics.functional import tracker_error
from motionbench.mini.world import Recipe, render
from motionbench.trackers.grid import grid_queries
from motionbench.trackers.lk import SPEC, LucasKanadeTracker
from motionbench.types import Protocol, Tracks, Video

PROTOCOL = Protocol("mini-v1", 17, 8.0, 64, 64, "lk", 16)
QUERIES = grid_queries(PROTOCOL)
PAN = Recipe("camera", "pan", 700_001, 700_002)
OBJECT = Recipe("single_object", "linear", 700_003, 700_004)


def track(video: Video) -> Tracks:
    return LucasKanadeTracker()(video, QUERIES)


def shifted(step: tuple[int, int], frames: int, shape: tuple[int, int] = (64, 64)) -> Video:
    """A smooth texture that moves by whole pixels and wraps around."""
    noise = np.random.default_rng(5).integers(0, 256, (*shape, 3), np.uint8)
    texture = cv2.GaussianBlur(noise, (0, 0), 1.5, borderType=cv2.BORDER_REFLECT)
    texture = cv2.normalize(texture, np.empty(0), 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    moved = [np.roll(texture, (step[1] * t, step[0] * t), axis=(0, 1)) for t in range(frames)]
    return Video(np.stack(moved), 8.0)


def test_a_still_video_has_still_tracks() -> None:
    still = np.repeat(render(PAN).video.frames[:1], 5, axis=0)
    tracks = track(Video(still, 8.0))
    assert tracks.visible.all()
    np.testing.assert_allclose(tracks.xy, np.repeat(QUERIES[:, None], 5, axis=1), rtol=0, atol=1e-4)


@pytest.mark.parametrize(("shape", "step"), [((64, 64), (2, -1)), ((160, 200), (3, 1))])
def test_a_known_shift_is_found_in_pixels_of_the_video_enlarged_or_not(
    shape: tuple[int, int], step: tuple[int, int]
) -> None:
    video = shifted(step, 4, shape)
    middle = np.array([[shape[1] / 2, shape[0] / 2], [shape[1] / 2 + 6.25, shape[0] / 2 - 4.5]], np.float32)
    tracks = LucasKanadeTracker()(video, middle)
    expected = middle[:, None] + np.arange(4)[None, :, None] * np.array(step)
    np.testing.assert_allclose(tracks.xy, expected, rtol=0, atol=0.1)
    assert tracks.visible.all()


def test_a_pan_is_followed_to_half_a_pixel() -> None:
    clip = render(PAN)
    tracks, exact = track(clip.video), clip.annotation.tracks
    assert exact is not None
    error = tracker_error(tracks.xy, exact.xy, visible=tracks.visible, exact_visible=exact.visible)
    assert error.median is not None
    assert error.median < 0.5


def test_a_point_that_leaves_is_lost_for_good_and_drifts_on() -> None:
    tracks = track(render(PAN).video)
    lost = ~tracks.visible[:, -1]
    assert lost.any()
    assert (np.diff(tracks.visible.astype(int), axis=1) <= 0).all()
    # A step of length zero would make the published motion fidelity 0/0.
    assert (np.linalg.norm(np.diff(tracks.xy[lost], axis=1), axis=-1) > 0).all()


def test_a_cut_loses_most_points() -> None:
    frames = np.concatenate([render(PAN).video.frames[:2], render(OBJECT).video.frames[:2]])
    assert track(Video(frames, 8.0)).visible[:, 2].mean() < 0.5


def test_a_video_without_texture_is_no_error() -> None:
    tracks = track(Video(np.full((4, 64, 64, 3), 90, np.uint8), 8.0))
    assert np.isfinite(tracks.xy).all()


def test_an_object_as_bright_as_its_background_is_followed() -> None:
    frames = np.empty((6, 64, 64, 3), np.uint8)
    frames[:] = (200, 60, 60)
    noise = np.random.default_rng(1).integers(-8, 9, (20, 20, 1))
    for t in range(6):
        frames[t, 20:40, 10 + 3 * t : 30 + 3 * t] = np.clip(np.array([30, 147, 60]) + noise, 0, 255)
    tracks = LucasKanadeTracker()(Video(frames, 8.0), np.array([[20.0, 30.0]], np.float32))
    np.testing.assert_allclose(tracks.xy[0, -1], [35.0, 30.0], atol=1.0, rtol=0)


def test_tracks_do_not_depend_on_the_number_of_threads_nor_on_the_other_points() -> None:
    video = render(OBJECT).video
    threads, results = cv2.getNumThreads(), []
    try:
        for count in (1, 3):
            cv2.setNumThreads(count)
            results.append(track(video))
    finally:
        cv2.setNumThreads(threads)
    np.testing.assert_array_equal(results[0].xy, results[1].xy)
    np.testing.assert_array_equal(LucasKanadeTracker()(video, QUERIES[40:60]).xy, results[0].xy[40:60])


def test_the_noise_floor_covers_a_still_video_with_sensor_noise() -> None:
    still = np.repeat(render(OBJECT).video.frames[:1], 17, axis=0).astype(float)
    noisy = still + np.random.default_rng(2).normal(0, 2, still.shape)
    tracks = track(Video(np.clip(np.round(noisy), 0, 255).astype(np.uint8), 8.0))
    steps, seen = np.diff(tracks.xy, axis=1), tracks.visible[:, 1:]
    rms = float(np.sqrt((steps**2).sum(axis=-1)[seen].mean()))
    assert 0 < rms < SPEC.noise_floor * PROTOCOL.diagonal
