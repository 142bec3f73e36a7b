"""The embedded world: its clips are what their annotations say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from motionbench.errors import UsageError
from motionbench.mini.motions import CENTRE
from motionbench.mini.scene import Layer, exact_tracks, masks, render_frames, similarity
from motionbench.mini.world import MOTIONS, Recipe, digest, render

EVERY = [Recipe(category, motion, 3, 4) for category, motions in MOTIONS.items() for motion in motions]


@pytest.mark.parametrize("recipe", EVERY, ids=lambda recipe: recipe.motion)
def test_a_clip_carries_its_categorys_annotation(recipe: Recipe) -> None:
    clip = render(recipe)
    assert clip.video.size == (17, 64, 64)
    annotation = clip.annotation
    assert annotation.exact
    assert annotation.tracks is not None
    assert annotation.tracks.xy.shape == (256, 17, 2)
    assert annotation.tracks.visible[:, 0].all()
    assert (annotation.masks is None) == (recipe.category == "camera")
    assert (annotation.key_points is None) == (recipe.category != "human")
    if recipe.category == "multi_object":
        assert annotation.masks is not None
        assert len(annotation.masks) >= 2


@pytest.mark.parametrize("recipe", EVERY, ids=lambda recipe: recipe.motion)
def test_something_moves_in_every_clip(recipe: Recipe) -> None:
    tracks = render(recipe).annotation.tracks
    assert tracks is not None
    path = np.abs(np.diff(tracks.xy, axis=1)).sum(axis=(1, 2))
    assert np.sort(path)[-6:].min() > 6.0  # pixels: six points of the grid at least


def test_the_same_recipe_gives_the_same_bytes() -> None:
    recipe = Recipe("human", "dance", 11, 12)
    assert digest(recipe) == digest(recipe)
    assert digest(recipe) != digest(replace(recipe, motion_seed=13))
    assert digest(recipe) != digest(replace(recipe, look_seed=13))


@pytest.mark.parametrize("category", list(MOTIONS))
def test_another_look_keeps_the_motion(category: str) -> None:
    recipe = next(recipe for recipe in EVERY if recipe.category == category)
    one, two = render(recipe), render(replace(recipe, look_seed=99))
    assert one.caption != two.caption
    assert not np.array_equal(one.video.frames, two.video.frames)
    camera = one.annotation.camera, two.annotation.camera
    assert camera[0] is not None
    assert camera[1] is not None
    np.testing.assert_array_equal(camera[0].matrices, camera[1].matrices)
    if category == "human":
        points = one.annotation.key_points, two.annotation.key_points
        assert points[0] is not None
        assert points[1] is not None
        np.testing.assert_array_equal(points[0].xy, points[1].xy)


def test_captions_name_the_look_and_only_the_motion_caption_names_the_motion() -> None:
    clip = render(Recipe("single_object", "circular", 1, 2))
    assert clip.motion_caption == f"{clip.caption}, moving in a circle"
    assert "background" in clip.caption
    assert "moving" not in clip.caption


def test_exact_tracks_follow_a_square_that_moves_two_pixels_a_frame() -> None:
    steps = np.arange(5.0)
    ground = Layer(None, lambda u, v: np.zeros((*u.shape, 3)), similarity(0 * steps, 0 * steps), -1)
    box = Layer(
        lambda u, v: np.maximum(np.abs(u), np.abs(v)) - 4.0,
        lambda u, v: np.ones((*u.shape, 3)),
        similarity(10 + 2 * steps, 10 + 0 * steps),
        0,
    )
    queries = np.array([[10.0, 10.0], [20.0, 10.0], [30.0, 30.0]])
    tracks = exact_tracks([ground, box], queries, 5, 32)
    np.testing.assert_allclose(tracks.xy[0, :, 0], 10 + 2 * steps, rtol=0, atol=1e-6)
    np.testing.assert_allclose(tracks.xy[1], np.tile([20.0, 10.0], (5, 1)), rtol=0, atol=1e-6)
    assert tracks.visible[0].all()
    # The ground at x = 20 is hidden once the box's edge, at 14 + 2t, has reached it.
    assert tracks.visible[1].tolist() == [True, True, True, False, False]
    own = masks([ground, box], 1, 5, 32)
    frames = render_frames([ground, box], 5, 32)
    np.testing.assert_array_equal(own[0], frames[..., 0] >= 127)


def test_tracks_land_on_pixels_of_the_same_colour() -> None:
    clip = render(Recipe("camera", "pan", 5, 6))
    tracks = clip.annotation.tracks
    assert tracks is not None
    rounded = np.round(tracks.xy).astype(int)
    first = clip.video.frames[0][rounded[:, 0, 1], rounded[:, 0, 0]].astype(int)
    still_there = tracks.visible[:, 8]
    later = clip.video.frames[8][rounded[still_there, 8, 1], rounded[still_there, 8, 0]].astype(int)
    assert np.median(np.abs(later - first[still_there])) < 12
    unmoved = clip.video.frames[8][rounded[still_there, 0, 1], rounded[still_there, 0, 0]].astype(int)
    assert np.median(np.abs(unmoved - first[still_there])) > 12


def test_a_larger_frame_shows_the_same_scene() -> None:
    small, large = (render(Recipe("camera", "roll", 8, 9, size=size)) for size in (64, 128))
    halved = large.video.frames.reshape(17, 64, 2, 64, 2, 3).mean(axis=(2, 4))
    assert np.abs(halved - small.video.frames).mean() < 3.0


def test_a_camera_keeps_the_frames_centre_under_zoom() -> None:
    camera = render(Recipe("camera", "zoom", 8, 9)).annotation.camera
    assert camera is not None
    centre = camera.matrices @ np.array([CENTRE, CENTRE, 1.0])
    np.testing.assert_allclose(centre[:, :2], CENTRE, rtol=0, atol=1e-9)


def test_an_unknown_motion_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no camera motion named 'truck'; known: pan, zoom"):
        Recipe("camera", "truck", 1, 2)
