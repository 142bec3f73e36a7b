"""Clips whose motion is known: a reference, the look that the prompt asks for, and everything drawn beside them.

All four categories take turns, and within each its motions. Seeds start at 1,500,000: suites, training and the
evaluations of the mini models end before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from motionbench.metrics.selfcheck.records import ClipLine
from motionbench.mini.world import MOTIONS, Clip, Recipe, Stage, film, follow, render, set_stage
from motionbench.types import CATEGORIES, Case, Protocol, Tracks, Video

FIRST_SEED = 1_500_000
_SEEDS_APART = 10


@dataclass(frozen=True, eq=False)
class Shot:
    """A generation with the exact tracks of its grid."""

    video: Video
    tracks: Tracks


@dataclass(frozen=True)
class KnownMotion:
    """One clip: three looks and two motions, each with a seed of its own."""

    id: str
    reference: Recipe

    @property
    def perfect(self) -> Recipe:
        """The same motion under the prompt's look."""
        return replace(self.reference, look_seed=self.reference.look_seed + 1)

    @property
    def other_look(self) -> Recipe:
        """The same motion under a look that nobody asked for."""
        return replace(self.reference, look_seed=self.reference.look_seed + 2)

    @property
    def unrelated(self) -> Recipe:
        """Another motion under a look of its own: what a likeness to the reference is read against."""
        return replace(self.other_motion(), look_seed=self.reference.look_seed + 3)

    @property
    def extra_seed(self) -> int:
        """For whatever else is drawn: other motions, orders, jitter."""
        return self.reference.motion_seed + 5

    def other_motion(self, further: int = 1) -> Recipe:
        """The prompt's look moving as another clip of the category does, ``further`` places on in its list."""
        motions = MOTIONS[self.reference.category]
        place = motions.index(self.reference.motion) + further
        return replace(self.perfect, motion=motions[place % len(motions)], motion_seed=self.extra_seed)

    def rng(self) -> np.random.Generator:
        """A generator of its own for each caller."""
        return np.random.default_rng([self.extra_seed, 4])

    def shoot(self, stage: Stage) -> Shot:
        """Film and follow a stage that was made from the perfect recipe."""
        return Shot(film(stage, self.perfect), follow(stage, self.perfect))

    def line(self) -> ClipLine:
        """For the record."""
        one = self.reference
        seeds = (one.motion_seed, one.look_seed, self.perfect.look_seed)
        return ClipLine(self.id, one.category, one.motion, *seeds)


def clips(count: int, protocol: Protocol) -> list[KnownMotion]:
    """The first ``count`` clips; raises ValueError where the protocol is not square."""
    if protocol.height != protocol.width:
        raise ValueError(f"known motion is square, the protocol {protocol.name} is {protocol.width}x{protocol.height}")
    return [_clip(index, protocol) for index in range(count)]


def _clip(index: int, protocol: Protocol) -> KnownMotion:
    category = CATEGORIES[index % len(CATEGORIES)]
    motions = MOTIONS[category]
    motion = motions[index // len(CATEGORIES) % len(motions)]
    seed = FIRST_SEED + _SEEDS_APART * index
    recipe = Recipe(category, motion, seed, seed + 1, frames=protocol.frames, size=protocol.height, fps=protocol.fps)
    return KnownMotion(f"known-{index:03d}-{motion}", recipe)


def case(clip: KnownMotion) -> Case:
    """The clip as a case, with the exact annotation of its reference."""
    reference: Clip = render(clip.reference)
    return Case(
        id=clip.id,
        suite="self-check",
        category=clip.reference.category,
        reference=reference.video,
        reference_id=clip.id,
        prompt=set_stage(clip.perfect).caption,
        reference_prompt=reference.caption,
        annotation=reference.annotation,
        other=render(clip.unrelated).video,
    )
