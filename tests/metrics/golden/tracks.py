"""Seeded inputs of the golden values: ours, the same for the published code and for our own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class GoldenCase:
    """One pair of track sets."""

    name: str
    seed: int
    tracks: int
    frames: int
    speed: float
    """Pixels a frame of the motion that all tracks share; the rest is random."""
    still: str = ""
    """Side on which one step has length zero."""


CASES = (
    GoldenCase("random", 1, 50, 24, 0.0),
    GoldenCase("random, two frames", 2, 20, 2, 0.0),
    GoldenCase("random, one track", 3, 1, 16, 0.0),
    GoldenCase("random, many tracks", 4, 400, 49, 0.0),
    GoldenCase("common motion", 5, 100, 17, 3.0),
    GoldenCase("one still step generated", 6, 30, 16, 1.0, "generated"),
    GoldenCase("one still step reference", 7, 30, 16, 1.0, "reference"),
)


def seeded_tracks(case: GoldenCase) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Generated and reference tracks ``[N, T, 2]``."""
    rng = np.random.default_rng(case.seed)
    angles = 0.3 * np.arange(case.frames - 1)
    shared = case.speed * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    sides = []
    for _ in range(2):
        start = rng.uniform(0, 500, (case.tracks, 1, 2))
        moves = shared + rng.normal(size=(case.tracks, case.frames - 1, 2))
        sides.append(np.concatenate([start, start + np.cumsum(moves, axis=1)], axis=1).astype(np.float32))
    if case.still:
        side = sides[0 if case.still == "generated" else 1]
        side[case.tracks // 2, 3] = side[case.tracks // 2, 2]
    return sides[0], sides[1]
