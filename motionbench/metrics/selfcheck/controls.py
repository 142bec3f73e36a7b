"""The controls: generations that differ from the perfect transfer in one known way.

Every control shows the look that the prompt asks for, except ``copy`` and ``other-subject``. A control that makes no
sense for a category (an object missing where there is one) is absent there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motionbench.metrics.selfcheck.known_motion import KnownMotion, Shot
from motionbench.mini import variants
from motionbench.mini.motions import CAMERA
from motionbench.mini.world import film, follow, set_stage
from motionbench.types import Video

JITTER = 0.05
"""Standard deviation of ``frozen-jitter``, pixels an axis of a 64-pixel frame: below any tracker's noise."""


@dataclass(frozen=True)
class Control:
    """One known change."""

    name: str
    summary: str
    make: Callable[[KnownMotion], Shot | None]
    """None where it makes no sense for the clip."""
    keeps_motion: bool = False
    """True where the motion is the reference's: a motion score near the perfect one is then right."""


def _oracle(clip: KnownMotion) -> Shot:
    return clip.shoot(set_stage(clip.perfect))


def _half_speed(clip: KnownMotion) -> Shot:
    return clip.shoot(variants.lessened(set_stage(clip.perfect), 0.5, clip.perfect.size))


def _slow_motion(clip: KnownMotion) -> Shot:
    return clip.shoot(variants.slowed(clip.perfect, 0.5))


def _one_percent(clip: KnownMotion) -> Shot:
    return clip.shoot(variants.lessened(set_stage(clip.perfect), 0.01, clip.perfect.size))


def _mirrored(clip: KnownMotion) -> Shot:
    return clip.shoot(variants.mirrored(set_stage(clip.perfect), clip.perfect.size))


def _reversed(clip: KnownMotion) -> Shot:
    return _reordered(clip, np.arange(clip.perfect.frames)[::-1])


def _shuffled(clip: KnownMotion) -> Shot:
    return _reordered(clip, np.argsort(clip.rng().random(clip.perfect.frames)))


def _frozen(clip: KnownMotion) -> Shot:
    return _reordered(clip, np.zeros(clip.perfect.frames, np.int64))


def _reordered(clip: KnownMotion, order: NDArray[np.int64]) -> Shot:
    """The very frames of the perfect transfer, grain and all, in another order."""
    stage = set_stage(clip.perfect)
    video = film(stage, clip.perfect)
    tracks = follow(variants.retimed(stage, order), clip.perfect)
    return Shot(Video(np.ascontiguousarray(video.frames[order]), video.fps), tracks)


def _frozen_jitter(clip: KnownMotion) -> Shot:
    frames, size = clip.perfect.frames, clip.perfect.size
    still = variants.retimed(set_stage(clip.perfect), np.zeros(frames, np.int64))
    shifts = clip.rng().normal(0.0, JITTER * size / 64, (frames, 2))
    return clip.shoot(variants.trembling(still, shifts - shifts[0]))


def _other_clip(clip: KnownMotion) -> Shot:
    return clip.shoot(set_stage(clip.other_motion()))


def _one_missing(clip: KnownMotion) -> Shot | None:
    if clip.reference.category != "multi_object":
        return None
    stage = set_stage(clip.perfect)
    return clip.shoot(variants.without(stage, stage.actors - 1))


def _swapped(clip: KnownMotion) -> Shot | None:
    if clip.reference.category != "multi_object":
        return None
    return clip.shoot(variants.exchanged(set_stage(clip.perfect)))


def _copy(clip: KnownMotion) -> Shot:
    stage = set_stage(clip.reference)
    return Shot(film(stage, clip.reference), follow(stage, clip.reference))


def _other_camera(clip: KnownMotion) -> Shot:
    if clip.reference.category == "camera":
        return clip.shoot(set_stage(clip.other_motion(further=2)))
    motion = tuple(CAMERA)[clip.extra_seed // 10 % len(CAMERA)]
    return clip.shoot(variants.filmed(set_stage(clip.perfect), motion, clip.extra_seed, clip.perfect.size))


def _other_subject(clip: KnownMotion) -> Shot:
    return clip.shoot(set_stage(clip.other_look))


ORACLE = "oracle"
HALF_SPEED = "half-speed"
WRONG = ("other-clip", "frozen", "shuffled")
"""What every motion score has to put below half speed."""

CONTROLS: tuple[Control, ...] = (
    Control(ORACLE, "the reference's motion under the prompt's look", _oracle, keeps_motion=True),
    Control(HALF_SPEED, "every displacement halved, the same directions at the same time", _half_speed),
    Control("slow-motion", "the same path traversed half as far: its directions come late", _slow_motion),
    Control("one-percent", "every displacement is 1 % of the perfect one's", _one_percent),
    Control("mirrored", "left and right exchanged", _mirrored),
    Control("time-reversed", "the last frame first", _reversed),
    Control("shuffled", "the frames in a random order", _shuffled),
    Control("frozen", "the first frame, again and again", _frozen),
    Control("frozen-jitter", f"the first frame trembling by {JITTER} px, with fresh grain", _frozen_jitter),
    Control("other-clip", "another motion of the category", _other_clip),
    Control("one-missing", "one of several objects left out", _one_missing),
    Control("swapped", "several objects, each displaced as the next one is", _swapped),
    Control("copy", "the reference itself", _copy, keeps_motion=True),
    Control("other-camera", "the same scene under another camera", _other_camera),
    Control("other-subject", "the reference's motion under a third look", _other_subject, keeps_motion=True),
)
