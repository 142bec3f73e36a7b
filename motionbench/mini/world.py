"""Procedural clips: two seeds in, pixels and an exact annotation out, the same to the byte every time.

One seed draws the motion, the other the look, so that "the same motion with another look" can be rendered: the perfect
transfer.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motionbench.errors import UsageError
from motionbench.mini.figure import HUMAN, JOINTS, figure_layers, joints
from motionbench.mini.looks import DISTANCES, Look, background_shade, draw_look, object_shade
from motionbench.mini.motions import CAMERA, CENTRE, MULTI, SINGLE, Draw, Path
from motionbench.mini.scene import Floats, Layer, exact_tracks, masks, render_frames, similarity
from motionbench.trackers.grid import regular_grid
from motionbench.types import Annotation, CameraPath, Category, KeyPoints, Tracks, Video

MOTIONS: dict[Category, tuple[str, ...]] = {
    "camera": tuple(CAMERA),
    "single_object": tuple(SINGLE),
    "multi_object": tuple(MULTI),
    "human": tuple(HUMAN),
}
PHRASES = {
    "pan": "the camera pans",
    "zoom": "the camera zooms",
    "roll": "the camera rolls",
    "pan_zoom": "the camera pans and zooms",
    "roll_zoom": "the camera rolls and zooms",
    "linear": "moving in a line",
    "circular": "moving in a circle",
    "bounce": "bouncing",
    "zigzag": "moving in a zigzag",
    "figure_eight": "moving in a figure eight",
    "spin": "spinning",
    "grow": "changing size",
    "crossing": "crossing",
    "chasing": "chasing",
    "orbiting": "orbiting",
    "diverging": "moving apart or together",
    "walk": "walking",
    "wave": "waving",
    "jump": "jumping",
    "squat": "squatting",
    "dance": "dancing",
}
TRACK_GRID = 16
GRAIN = 2.0
"""Largest noise of a pixel, grey levels of 255."""


@dataclass(frozen=True)
class Recipe:
    """All that decides a clip."""

    category: Category
    motion: str
    """One of ``MOTIONS[category]``."""
    motion_seed: int
    look_seed: int
    frames: int = 17
    size: int = 64
    """Pixels a side."""
    fps: float = 8.0

    def __post_init__(self) -> None:
        known = MOTIONS.get(self.category, ())
        if self.motion not in known:
            raise UsageError(f"no {self.category} motion named {self.motion!r}; known: {', '.join(known)}")


@dataclass(frozen=True, eq=False)
class Clip:
    """A rendered recipe."""

    video: Video
    annotation: Annotation
    caption: str
    """Names the look only."""
    motion_caption: str
    """Names look and motion."""


@dataclass(frozen=True, eq=False)
class Stage:
    """What a recipe sets before the lens."""

    layers: list[Layer]
    """Back to front, in pixels of the recipe's frame."""
    actors: int
    caption: str
    """Names the look only."""
    camera: Floats
    """``[T, 3, 3]``, as in ``CameraPath``."""
    key_points: KeyPoints | None


def render(recipe: Recipe) -> Clip:
    """Pixels, annotation and captions of a recipe."""
    stage = set_stage(recipe)
    caption = stage.caption
    return Clip(film(stage, recipe), _annotation(recipe, stage), caption, f"{caption}, {PHRASES[recipe.motion]}")


def set_stage(recipe: Recipe) -> Stage:
    """The layers that a recipe draws, with their paths."""
    look = draw_look(np.random.default_rng([recipe.look_seed, 1]))
    draw = Draw(np.random.default_rng([recipe.motion_seed, 2]))
    return _scaled(_stage(recipe, look, draw), recipe.size / 64)


def film(stage: Stage, recipe: Recipe) -> Video:
    """Pixels of a stage, with the grain of the recipe's seeds."""
    clean = render_frames(stage.layers, recipe.frames, recipe.size)
    return Video(_grain(clean, np.random.default_rng([recipe.motion_seed, recipe.look_seed, 3])), recipe.fps)


def follow(stage: Stage, recipe: Recipe) -> Tracks:
    """Exact tracks of the grid on frame 0 of a stage."""
    return exact_tracks(stage.layers, regular_grid(TRACK_GRID, recipe.size, recipe.size), recipe.frames, recipe.size)


def _grain(frames: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Frames with the noise of a sensor.

    Without it a still background is still to the bit, as no camera's is, and published metrics divide 0 by 0 there.
    """
    noise = GRAIN * (2 * rng.random(frames.shape) - 1)
    return np.clip(np.round(frames + noise), 0, 255).astype(np.uint8)


def digest(recipe: Recipe) -> str:
    """SHA-256 over pixels and annotation (coordinates to a thousandth of a pixel)."""
    clip = render(recipe)
    annotation = clip.annotation
    hasher = hashlib.sha256(clip.video.digest().encode())
    for part in _coordinates(annotation):
        hasher.update(np.round(part * 1000).astype("<i8").tobytes())
    if annotation.masks is not None:
        hasher.update(np.packbits(annotation.masks).tobytes())
    return hasher.hexdigest()


def _coordinates(annotation: Annotation) -> list[Floats]:
    camera, points, tracks = annotation.camera, annotation.key_points, annotation.tracks
    parts = [camera and camera.matrices, points and points.xy, tracks and tracks.xy]
    return [np.asarray(part, float) for part in parts if part is not None]


def _annotation(recipe: Recipe, stage: Stage) -> Annotation:
    frames, size = recipe.frames, recipe.size
    subject = None if recipe.category == "camera" else masks(stage.layers, stage.actors, frames, size)
    return Annotation(
        camera=CameraPath(stage.camera),
        masks=subject,
        key_points=stage.key_points,
        tracks=follow(stage, recipe),
        exact=True,
    )


def _stage(recipe: Recipe, look: Look, draw: Draw) -> Stage:
    s = np.linspace(0, 1, recipe.frames)
    still = similarity(0 * s, 0 * s)
    if recipe.category == "camera":
        return _camera(CAMERA[recipe.motion](draw, s), look, draw, s)
    ground = Layer(None, background_shade(look), still, -1)
    if recipe.category == "human":
        pose = HUMAN[recipe.motion](draw, s)
        places = joints(pose)
        xy = np.stack([places[name] for name in JOINTS]).astype(np.float32)
        points = KeyPoints(JOINTS, xy, np.ones(xy.shape[:2], bool))
        return Stage([ground, *figure_layers(pose, look)], 1, _caption(look.clothed(), look), still, points)
    single = recipe.category == "single_object"
    paths = [SINGLE[recipe.motion](draw, s)] if single else MULTI[recipe.motion](draw, s)
    layers = [ground, *(_object(path, look, index) for index, path in enumerate(paths))]
    return Stage(layers, len(paths), _caption(look.objects(len(paths)), look), still, None)


def _camera(path: Floats, look: Look, draw: Draw, s: Floats) -> Stage:
    x0, y0 = CENTRE + draw.between(-8, 8) + 0 * s, CENTRE + draw.between(-8, 8) + 0 * s
    thing = _object(Path(x0, y0, 0 * s, draw.between(10, 13) + 0 * s), look, 0)
    thing = Layer(thing.distance, thing.shade, path @ thing.matrices, 0)
    layers = [Layer(None, background_shade(look), path, -1), thing]
    return Stage(layers, 1, _caption(look.objects(1), look), path, None)


def _caption(subject: str, look: Look) -> str:
    return f"{subject} on {look.background()}"


def _object(path: Path, look: Look, index: int) -> Layer:
    shade = object_shade(look.colours[index], look.phases[index])
    matrices = similarity(path.x, path.y, path.angle, path.radius)
    return Layer(DISTANCES[look.shapes[index]], shade, matrices, index)


def _scaled(stage: Stage, factor: float) -> Stage:
    """The stage for another frame size; pixel centres map to pixel centres."""
    if factor == 1:
        return stage
    offset = (factor - 1) / 2
    resize = np.array([[factor, 0, offset], [0, factor, offset], [0, 0, 1]])
    layers = [Layer(layer.distance, layer.shade, resize @ layer.matrices, layer.actor) for layer in stage.layers]
    points = stage.key_points
    if points is not None:
        points = KeyPoints(points.names, (points.xy * factor + offset).astype(np.float32), points.visible)
    camera = resize @ stage.camera @ np.linalg.inv(resize)
    return Stage(layers, stage.actors, stage.caption, camera, points)
