"""How a score falls as the tracks of a perfect transfer are damaged, one kind of damage at a time.

Tracks are damaged, not pixels, so that what bends is the metric and not the tracker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from motionbench.types import Tracks


@dataclass(frozen=True)
class Damage:
    """A kind of damage and the amounts of it that are tried."""

    name: str
    unit: str
    amounts: tuple[float, ...]
    apply: Callable[[Tracks, float, np.random.Generator], Tracks]


def noise(tracks: Tracks, amount: float, rng: np.random.Generator) -> Tracks:
    """Independent Gaussian noise of ``amount`` pixels an axis on every place but the first."""
    shifts = rng.normal(0.0, 1.0, tracks.xy.shape) * amount
    shifts[:, 0] = 0
    return Tracks((tracks.xy + shifts).astype(np.float32), tracks.visible)


def delay(tracks: Tracks, amount: float, rng: np.random.Generator) -> Tracks:
    """Stand still for ``amount`` frames, then move; the end is cut off."""
    return _retimed(tracks, np.maximum(np.arange(tracks.xy.shape[1]) - round(amount), 0))


def amplitude(tracks: Tracks, amount: float, rng: np.random.Generator) -> Tracks:
    """Every displacement since frame 0 times ``amount``."""
    start = tracks.xy[:, :1]
    return Tracks((start + amount * (tracks.xy - start)).astype(np.float32), tracks.visible)


def freeze(tracks: Tracks, amount: float, rng: np.random.Generator) -> Tracks:
    """The last share ``amount`` of the steps stands still."""
    steps = tracks.xy.shape[1] - 1
    return _retimed(tracks, np.minimum(np.arange(steps + 1), round((1 - amount) * steps)))


def _retimed(tracks: Tracks, order: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Tracks:
    return Tracks(tracks.xy[:, order], tracks.visible[:, order])


DAMAGES = (
    Damage("noise", "pixels", (0.0, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0), noise),
    Damage("delay", "frames", (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0), delay),
    Damage("amplitude", "times", (0.0, 0.01, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0), amplitude),
    Damage("frozen", "share of steps", (0.0, 0.125, 0.25, 0.5, 0.75, 1.0), freeze),
)
