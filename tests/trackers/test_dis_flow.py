"""The light tracker, on motion that is known exactly."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from motionbench.metrics.functional import motion_fidelity_local, tracker_error
from motionbench.mini.world import Recipe, render
from motionbench.trackers.dis_flow import SPEC, DisFlowTracker
from motionbench.trackers.grid import grid_queries
from motionbench.types import Protocol, Tracks, Video

PROTOCOL = Protocol("mini-v1", 17, 8.0, 64, 64, "dis-flow", 16)
QUERIES = grid_queries(PROTOCOL)
RECIPES = [
    Recipe("camera", "pan", 700_001, 700_002),
    Recipe("single_object", "linear", 700_003, 700_004),
    Recipe("multi_object", "chasing", 700_005, 700_006),
    Recipe("human", "wave", 700_007, 700_008),
]


def track(video: Video) -> Tracks:
    return DisFlowTracker()(video, QUERIES)


def fidelity(generated: Tracks, reference: Tracks) -> float:
    result = motion_fidelity_local(
        generated.xy,
        reference.xy,
        diagonal=PROTOCOL.diagonal,
        tau=SPEC.noise_floor * PROTOCOL.diagonal,
        visible_generated=generated.visible,
        visible_reference=reference.visible,
    )
    assert result.f is not None
    return result.f


def test_a_still_video_has_still_tracks() -> None:
    still = np.repeat(render(RECIPES[0]).video.frames[:1], 5, axis=0)
    tracks = track(Video(still, 8.0))
    assert tracks.visible.all()
    np.testing.assert_array_equal(tracks.xy, np.repeat(QUERIES[:, None], 5, axis=1))


def test_a_pan_is_followed_to_half_a_pixel() -> None:
    clip = render(RECIPES[0])
    tracks, exact = track(clip.video), clip.annotation.tracks
    assert exact is not None
    error = tracker_error(tracks.xy, exact.xy, visible=tracks.visible, exact_visible=exact.visible)
    assert error.median is not None
    assert error.median < 0.5
    assert error.occlusion_accuracy is not None
    assert error.occlusion_accuracy > 0.85


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.motion)
def test_the_same_motion_with_another_look_is_recognised(recipe: Recipe) -> None:
    reference = track(render(recipe).video)
    perfect = track(render(replace(recipe, look_seed=recipe.look_seed + 50)).video)
    reverse = track(Video(render(recipe).video.frames[::-1].copy(), 8.0))
    assert fidelity(perfect, reference) > 0.6
    assert fidelity(reverse, reference) < 0.4


def test_a_point_that_leaves_is_lost_for_good_and_drifts_on() -> None:
    tracks = track(render(RECIPES[0]).video)
    lost = ~tracks.visible[:, -1]
    assert lost.any()
    later = np.diff(tracks.visible.astype(int), axis=1)
    assert (later <= 0).all()
    # A step of length zero would make the published motion fidelity 0/0.
    assert (np.linalg.norm(np.diff(tracks.xy[lost], axis=1), axis=-1) > 0).all()


def test_an_object_as_bright_as_its_background_is_followed() -> None:
    frames = np.empty((6, 64, 64, 3), np.uint8)
    frames[:] = (200, 60, 60)
    noise = np.random.default_rng(1).integers(-8, 9, (20, 20, 1))
    for t in range(6):
        frames[t, 20:40, 10 + 3 * t : 30 + 3 * t] = np.clip(np.array([30, 147, 60]) + noise, 0, 255)
    tracks = DisFlowTracker()(Video(frames, 8.0), np.array([[20.0, 30.0]], np.float32))
    np.testing.assert_allclose(tracks.xy[0, -1], [35.0, 30.0], atol=1.0, rtol=0)


def test_tracks_depend_neither_on_the_number_of_threads_nor_on_earlier_videos() -> None:
    first, second = (render(recipe).video for recipe in RECIPES[:2])
    threads = cv2.getNumThreads()
    tracker, results = DisFlowTracker(), []
    try:
        for count in (1, 3):
            cv2.setNumThreads(count)
            results.append(tracker(first, QUERIES))
            assert cv2.getNumThreads() == count
            tracker(second, QUERIES)
    finally:
        cv2.setNumThreads(threads)
    np.testing.assert_array_equal(results[0].xy, results[1].xy)
    np.testing.assert_array_equal(results[0].visible, results[1].visible)


def test_the_noise_floor_covers_a_still_video_with_sensor_noise() -> None:
    still = np.repeat(render(RECIPES[1]).video.frames[:1], 17, axis=0).astype(float)
    noisy = still + np.random.default_rng(2).normal(0, 1, still.shape)
    tracks = track(Video(np.clip(np.round(noisy), 0, 255).astype(np.uint8), 8.0))
    steps, seen = np.diff(tracks.xy, axis=1), tracks.visible[:, 1:]
    rms = float(np.sqrt((steps**2).sum(axis=-1)[seen].mean()))
    assert rms < SPEC.noise_floor * PROTOCOL.diagonal
