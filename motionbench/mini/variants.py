"""Stages with their motion changed in a known way: slower, smaller, mirrored, retimed, with another camera.

A variant stands for a generation, whose annotation nobody reads, so key points are left out of it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from motionbench.mini.motions import CAMERA, Draw
from motionbench.mini.scene import Floats, Layer, similarity
from motionbench.mini.world import Recipe, Stage, set_stage

BACKGROUND = -1
"""The actor of the layers that no object owns."""


def slowed(recipe: Recipe, share: float) -> Stage:
    """The same path traversed only a ``share`` of it in the same time: motion at that share of its speed.

    Raises ValueError where the share is not in (0, 1].
    """
    if not 0 < share <= 1:
        raise ValueError(f"a share of a path is in (0, 1], got {share}")
    longer = set_stage(replace(recipe, frames=1 + round((recipe.frames - 1) / share)))
    return retimed(longer, np.arange(recipe.frames))


def lessened(stage: Stage, share: float, size: int = 64) -> Stage:
    """Every displacement since frame 0 reduced to a ``share`` of it: the same directions at the same time.

    Positions and angles shrink linearly, sizes in the logarithm; the camera about the middle of the frame and each
    object about its own origin, so that objects stay on the ground that they stand on.
    """
    middle = np.full(1, (size - 1) / 2)
    to_middle, back = similarity(middle, middle), similarity(-middle, -middle)
    camera = _part(stage.camera @ to_middle, share) @ back
    undo = np.linalg.inv(stage.camera)
    return _with(stage, [camera @ _kept(undo @ layer.matrices, layer, share) for layer in stage.layers], camera)


def _kept(own: Floats, layer: Layer, share: float) -> Floats:
    return own if layer.actor == BACKGROUND else _part(own, share)


def _part(matrices: Floats, share: float) -> Floats:
    """A share of the way of each similarity from the first one."""
    angle = np.unwrap(np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0]))
    scale = np.log(np.hypot(matrices[:, 0, 0], matrices[:, 1, 0]))
    x, y, angle, scale = (
        values[0] + share * (values - values[0]) for values in (matrices[:, 0, 2], matrices[:, 1, 2], angle, scale)
    )
    return similarity(x, y, angle, np.exp(scale))


def mirrored(stage: Stage, size: int) -> Stage:
    """Left and right exchanged, pixels and motion alike."""
    flip = np.array([[-1.0, 0.0, size - 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    return _with(stage, [flip @ layer.matrices for layer in stage.layers], flip @ stage.camera @ flip)


def retimed(stage: Stage, order: NDArray[np.int64]) -> Stage:
    """The frames in another order, each as often as ``order`` names it."""
    camera = stage.camera[order] @ np.linalg.inv(stage.camera[order[0]])
    return _with(stage, [layer.matrices[order] for layer in stage.layers], camera)


def trembling(stage: Stage, shifts: Floats) -> Stage:
    """The whole picture shifted by ``shifts [T, 2]`` pixels."""
    shake = similarity(shifts[:, 0], shifts[:, 1])
    return _with(stage, [shake @ layer.matrices for layer in stage.layers], shake @ stage.camera)


def without(stage: Stage, actor: int) -> Stage:
    """One object less; the others keep their numbers."""
    layers = [layer for layer in stage.layers if layer.actor != actor]
    return Stage(layers, stage.actors, stage.caption, stage.camera, None)


def exchanged(stage: Stage) -> Stage:
    """Every object starts where it did and is displaced as the next one is; the last as the first."""
    paths = {layer.actor: layer.matrices[:, :2, 2] for layer in stage.layers if layer.actor != BACKGROUND}
    moved = []
    for layer in stage.layers:
        matrices = layer.matrices.copy()
        if layer.actor != BACKGROUND:
            other = paths[(layer.actor + 1) % stage.actors]
            matrices[:, :2, 2] = matrices[:1, :2, 2] + other - other[:1]
        moved.append(matrices)
    return _with(stage, moved, stage.camera)


def filmed(stage: Stage, motion: str, seed: int, size: int = 64) -> Stage:
    """The same scene under a moving camera, drawn from a seed of its own."""
    path = CAMERA[motion](Draw(np.random.default_rng([seed, 2])), np.linspace(0, 1, len(stage.camera)))
    factor, offset = size / 64, (size / 64 - 1) / 2
    enlarge = similarity(np.full(1, offset), np.full(1, offset), 0.0, factor)
    path = enlarge @ path @ np.linalg.inv(enlarge)
    return _with(stage, [path @ layer.matrices for layer in stage.layers], path @ stage.camera)


def _with(stage: Stage, matrices: list[Floats], camera: Floats) -> Stage:
    layers = [replace(layer, matrices=own) for layer, own in zip(stage.layers, matrices, strict=True)]
    return Stage(layers, stage.actors, stage.caption, camera, None)
