"""How good the mini models are, on seeds that neither training nor a suite uses.

Captions are told apart from others that differ in one attribute (a colour, a shape, a pattern, a kind of figure): the
strictest reading of "the right caption".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from motionbench.contracts import Encoder, PointTracker, Progress, silent
from motionbench.mini.looks import COLOURS, FIGURES, PATTERNS, SHAPES, Look, draw_look
from motionbench.mini.world import MOTIONS, TRACK_GRID, Clip, Recipe, render
from motionbench.trackers.grid import regular_grid
from motionbench.types import CATEGORIES, Category, Video

FIRST_SEED = 1_000_000
CHOICES = 20


@dataclass(frozen=True)
class Quality:
    """One line of the model cards."""

    name: str
    value: float
    unit: str
    wanted: str
    n: int


@dataclass(frozen=True, eq=False)
class HeldOut:
    """A clip with the captions that it is tried against; the first is right."""

    recipe: Recipe
    clip: Clip
    captions: tuple[str, ...]


def held_out(count: int) -> list[HeldOut]:
    """Clips of all categories and motions in turn."""
    out = []
    for index in range(count):
        category = CATEGORIES[index % len(CATEGORIES)]
        motions = MOTIONS[category]
        motion = motions[index // len(CATEGORIES) % len(motions)]
        recipe = Recipe(category, motion, FIRST_SEED + index, FIRST_SEED + 500 + index)
        clip = render(recipe)
        masks = clip.annotation.masks
        objects = 1 if masks is None else len(masks)
        out.append(HeldOut(recipe, clip, _captions(recipe, objects, np.random.default_rng(index))))
    return out


def _captions(recipe: Recipe, objects: int, rng: np.random.Generator) -> tuple[str, ...]:
    look = draw_look(np.random.default_rng([recipe.look_seed, 1]))
    right = _caption(look, recipe.category, objects)
    shown = 2 if recipe.category == "human" else objects
    others = sorted({_caption(other, recipe.category, objects) for other in variants(look, shown)} - {right})
    picks = np.argsort(rng.random(len(others)))[: CHOICES - 1]
    return (right, *(others[i] for i in picks))


def _caption(look: Look, category: Category, objects: int) -> str:
    subject = look.clothed() if category == "human" else look.objects(objects)
    return f"{subject} on {look.background()}"


def variants(look: Look, shown: int) -> list[Look]:
    """All looks that differ from ``look``, of which ``shown`` objects or clothes are seen, in one attribute."""
    used = {*look.colours[:shown], look.ground}
    unused = [colour for colour in COLOURS if colour not in used]
    places = range(shown)
    others = [
        *(replace(look, shapes=_put(look.shapes, place, shape)) for place in places for shape in SHAPES),
        *(replace(look, colours=_put(look.colours, place, colour)) for place in places for colour in unused),
        *(replace(look, ground=colour) for colour in unused),
        *(replace(look, pattern=pattern) for pattern in PATTERNS),
        *(replace(look, figure=figure) for figure in FIGURES),
    ]
    return [other for other in others if other != look]


def _put(values: tuple[str, ...], index: int, value: str) -> tuple[str, ...]:
    return (*values[:index], value, *values[index + 1 :])


def caption_accuracy(videos: list[Video], held: list[HeldOut], encoder: Encoder) -> float:
    """Share of videos, percent, whose mean frame is nearest to the first of its captions."""
    right = 0
    for video, case in zip(videos, held, strict=True):
        image = encoder.images(video.frames[:: max(1, len(video.frames) // 4)]).mean(axis=0)
        scores = [float(image @ encoder.text(caption)) for caption in case.captions]
        right += int(np.argmax(scores) == 0)
    return 100.0 * right / len(held)


def psnr(first: Video, second: Video) -> float:
    """Peak signal-to-noise ratio, dB, of all pixels of two clips; infinite where they are equal."""
    error = np.square(first.frames.astype(float) - second.frames.astype(float)).mean()
    return float(10 * np.log10(255.0**2 / error)) if error else math.inf


def flicker(video: Video) -> float:
    """Mean absolute change of a pixel from frame to frame, in grey levels of 255."""
    return float(np.abs(np.diff(video.frames.astype(float), axis=0)).mean())


def moving_share(video: Video, tracker: PointTracker, threshold: float = 3.0) -> float:
    """Share of the points of a grid whose path is longer than ``threshold`` pixels."""
    _, height, width = video.size
    tracks = tracker(video, regular_grid(TRACK_GRID, width, height).astype(np.float32))
    path = np.linalg.norm(np.diff(tracks.xy, axis=1), axis=-1).sum(axis=1)
    return float((path > threshold).mean())


def within(values: list[float], reference: list[float]) -> float:
    """Share of ``values``, percent, between the 5th and the 95th percentile of ``reference``."""
    low, high = np.percentile(reference, [5, 95])
    return float(100 * np.mean([low <= value <= high for value in values]))


def evaluate(count: int, progress: Progress = silent) -> list[Quality]:
    """All measurements on ``count`` held-out clips; takes about two seconds a clip on two cores."""
    from motionbench import registry
    from motionbench.backbones.wan import WanBackbone

    backbone = WanBackbone(registry.backbone("mini-wan"))
    spec = registry.encoder("mini-clip")
    encoder: Encoder = registry.implementation(spec)(spec)
    tracker: PointTracker = registry.implementation(registry.tracker("lk"))()
    held = held_out(count)
    real, generated, restored = [case.clip.video for case in held], [], []
    for index, case in enumerate(held):
        restored.append(psnr(backbone.decode(backbone.encode(case.clip.video)), case.clip.video))
        generated.append(backbone.generate(case.captions[0], seed=index))
        progress("generating", index + 1, count)
    moving = [[moving_share(video, tracker) for video in videos] for videos in (generated, real)]
    steady = [[flicker(video) for video in videos] for videos in (generated, real)]
    return [
        Quality("autoencoder: PSNR of whole clips", float(np.mean(restored)), "dB", ">= 26", count),
        Quality("mini-clip: right caption of 20", caption_accuracy(real, held, encoder), "%", ">= 90", count),
        Quality("mini-wan: right caption of 20", caption_accuracy(generated, held, encoder), "%", ">= 70", count),
        Quality("mini-wan: moving share within the clips' 5-95 %", within(*moving), "%", "about 90", count),
        Quality("mini-wan: flicker within the clips' 5-95 %", within(*steady), "%", "about 90", count),
    ]
