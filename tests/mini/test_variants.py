"""Variants change the motion as they say, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from motionbench.mini import variants
from motionbench.mini.scene import Floats
from motionbench.mini.world import MOTIONS, Recipe, Stage, film, follow, render, set_stage

EVERY = [Recipe(category, motion, 3, 4) for category, motions in MOTIONS.items() for motion in motions]
PAN = Recipe("camera", "pan", 3, 4)
ORBIT = Recipe("multi_object", "orbiting", 3, 4)
PIXELS = {"rtol": 0, "atol": 1e-4}
"""Tracks are float32 of numbers up to 100."""


def moves(stage: Stage, recipe: Recipe) -> Floats:
    """Displacements since frame 0."""
    xy = follow(stage, recipe).xy.astype(float)
    return xy - xy[:, :1]


@pytest.mark.parametrize("recipe", EVERY, ids=lambda recipe: recipe.motion)
def test_half_speed_reaches_after_all_frames_what_the_clip_reaches_halfway(recipe: Recipe) -> None:
    whole, slow = set_stage(recipe), variants.slowed(recipe, 0.5)
    for layer, half in zip(whole.layers, slow.layers, strict=True):
        np.testing.assert_allclose(half.matrices[::2], layer.matrices[:9], rtol=0, atol=1e-9)
        assert len(half.matrices) == recipe.frames


def test_one_percent_speed_is_a_hundredth_of_the_way() -> None:
    np.testing.assert_allclose(
        moves(variants.slowed(PAN, 0.01), PAN)[:, -1], 0.01 * moves(set_stage(PAN), PAN)[:, -1], **PIXELS
    )


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5])
def test_a_share_of_a_path_is_a_share(share: float) -> None:
    with pytest.raises(ValueError, match=r"a share of a path is in \(0, 1\]"):
        variants.slowed(PAN, share)


def test_half_the_amplitude_halves_every_displacement_of_what_only_shifts() -> None:
    for recipe in (PAN, ORBIT, Recipe("single_object", "figure_eight", 3, 4)):
        stage = set_stage(recipe)
        np.testing.assert_allclose(
            moves(variants.lessened(stage, 0.5), recipe), 0.5 * moves(stage, recipe), rtol=0, atol=1e-4
        )


@pytest.mark.parametrize("recipe", EVERY, ids=lambda recipe: recipe.motion)
def test_the_whole_amplitude_is_the_clip_itself_and_none_of_it_is_still(recipe: Recipe) -> None:
    stage = set_stage(recipe)
    np.testing.assert_allclose(moves(variants.lessened(stage, 1.0), recipe), moves(stage, recipe), **PIXELS)
    np.testing.assert_allclose(moves(variants.lessened(stage, 0.0), recipe), 0.0, **PIXELS)


def test_a_lessened_camera_takes_its_objects_along() -> None:
    stage = set_stage(Recipe("camera", "roll_zoom", 3, 4))
    half = variants.lessened(stage, 0.5)
    own = [np.linalg.inv(s.camera) @ s.layers[1].matrices for s in (stage, half)]
    np.testing.assert_allclose(own[0], own[1], rtol=0, atol=1e-9)


def test_mirrored_pixels_are_the_clips_read_from_right_to_left() -> None:
    recipe = Recipe("human", "walk", 3, 4)
    flipped = film(variants.mirrored(set_stage(recipe), 64), recipe).frames[:, :, ::-1].astype(int)
    assert np.abs(flipped - film(set_stage(recipe), recipe).frames).max() <= 5  # grey levels: twice the grain


def test_retiming_starts_its_tracks_on_the_new_first_frame() -> None:
    order = np.arange(17)[::-1]
    back = follow(variants.retimed(set_stage(PAN), order), PAN)
    np.testing.assert_allclose(back.xy[:, -1] - back.xy[:, 0], -moves(set_stage(PAN), PAN)[:, -1], rtol=0, atol=1e-4)
    np.testing.assert_allclose(variants.retimed(set_stage(PAN), order).camera[0], np.eye(3), rtol=0, atol=1e-12)


def test_trembling_shifts_every_point_alike() -> None:
    shifts = np.random.default_rng(0).normal(0, 1, (17, 2))
    shifts[0] = 0
    still = variants.retimed(set_stage(ORBIT), np.zeros(17, np.int64))
    np.testing.assert_allclose(
        moves(variants.trembling(still, shifts), ORBIT), np.tile(shifts, (256, 1, 1)), rtol=0, atol=1e-4
    )


def test_an_object_is_left_out() -> None:
    stage = set_stage(ORBIT)
    fewer = variants.without(stage, stage.actors - 1)
    assert {layer.actor for layer in fewer.layers} == {-1, *range(stage.actors - 1)}


def test_exchanged_objects_start_in_place_and_move_as_the_next() -> None:
    stage = set_stage(ORBIT)
    changed = {layer.actor: layer.matrices[:, :2, 2] for layer in variants.exchanged(stage).layers}
    paths = {layer.actor: layer.matrices[:, :2, 2] for layer in stage.layers}
    for actor in range(stage.actors):
        np.testing.assert_array_equal(changed[actor][0], paths[actor][0])
        following = paths[(actor + 1) % stage.actors]
        np.testing.assert_allclose(changed[actor] - changed[actor][0], following - following[0], rtol=0, atol=1e-9)


@pytest.mark.parametrize("size", [64, 128])
def test_another_camera_moves_ground_and_objects_alike(size: int) -> None:
    recipe = Recipe("single_object", "spin", 3, 4, size=size)
    stage = set_stage(recipe)
    moved = variants.filmed(stage, "zoom", 7, size)
    for layer, own in zip(moved.layers, stage.layers, strict=True):
        np.testing.assert_allclose(layer.matrices, moved.camera @ own.matrices, rtol=0, atol=1e-9)
    centre = moved.camera @ np.array([(size - 1) / 2, (size - 1) / 2, 1.0])
    np.testing.assert_allclose(centre[:, :2], (size - 1) / 2, rtol=0, atol=1e-9)


def test_a_stage_that_is_not_changed_films_the_clip() -> None:
    clip = render(ORBIT)
    stage = set_stage(ORBIT)
    assert film(stage, ORBIT).digest() == clip.video.digest()
    assert stage.caption == clip.caption
