"""Motions: paths of camera, objects and figures, drawn from a seed of their own.

Positions are pixels of a 64-pixel frame; the world scales them for other sizes. ``s`` runs from 0 to 1 over a clip.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from motionbench.mini.scene import Floats, similarity

CENTRE = 31.5


@dataclass(frozen=True, eq=False)
class Path:
    """Where an object is: centre, turn in radians, radius in pixels, each ``[T]``."""

    x: Floats
    y: Floats
    angle: Floats
    radius: Floats


class Draw:
    """Numbers from a generator's ``random()`` alone, whose stream is stable across numpy versions."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * float(self.rng.random())

    def sign(self) -> float:
        return 1.0 if self.rng.random() < 0.5 else -1.0

    def turn(self) -> float:
        return 2 * np.pi * float(self.rng.random())


def _still(s: Floats, value: float) -> Floats:
    return np.full_like(s, value)


def _path(s: Floats, x: Floats, y: Floats, radius: float, angle: float = 0.0) -> Path:
    return Path(x, y, _still(s, angle), _still(s, radius))


# ---- single object


def linear(draw: Draw, s: Floats) -> Path:
    angle, half = draw.turn(), draw.between(13, 18)
    x0, y0 = CENTRE + draw.between(-5, 5), CENTRE + draw.between(-5, 5)
    along = half * (2 * s - 1)
    return _path(s, x0 + along * np.cos(angle), y0 + along * np.sin(angle), draw.between(10, 13))


def circular(draw: Draw, s: Floats) -> Path:
    turn = draw.turn() + draw.sign() * 2 * np.pi * draw.between(0.8, 1.0) * s
    reach = draw.between(11, 15)
    x0, y0 = CENTRE + draw.between(-3, 3), CENTRE + draw.between(-3, 3)
    return _path(s, x0 + reach * np.cos(turn), y0 + reach * np.sin(turn), draw.between(9, 12))


def bounce(draw: Draw, s: Floats) -> Path:
    height, hops = draw.between(20, 26), draw.between(1.4, 2.0)
    y = 46 - height * np.abs(np.sin(np.pi * (hops * s + draw.between(0, 0.5))))
    return _path(s, CENTRE + draw.sign() * draw.between(10, 15) * (2 * s - 1), y, draw.between(9, 12))


def zigzag(draw: Draw, s: Floats) -> Path:
    wave = 2 / np.pi * np.arcsin(np.sin(2 * np.pi * (draw.between(1.2, 1.6) * s + draw.between(0, 1))))
    across = draw.between(9, 13) * wave
    along = draw.sign() * draw.between(12, 16) * (2 * s - 1)
    if draw.sign() > 0:
        across, along = along, across
    return _path(s, CENTRE + along, CENTRE + across, draw.between(9, 12))


def figure_eight(draw: Draw, s: Floats) -> Path:
    turn = draw.turn() + draw.sign() * 2 * np.pi * s
    x, y = draw.between(13, 16) * np.sin(turn), draw.between(8, 11) * np.sin(2 * turn)
    if draw.sign() > 0:
        x, y = y, x
    return _path(s, CENTRE + x, CENTRE + y, draw.between(9, 11))


def spin(draw: Draw, s: Floats) -> Path:
    angle = draw.turn() + draw.sign() * 2 * np.pi * draw.between(0.6, 0.9) * s
    x0, y0 = CENTRE + draw.between(-6, 6), CENTRE + draw.between(-6, 6)
    return Path(_still(s, x0), _still(s, y0), angle, _still(s, draw.between(15, 18)))


def grow(draw: Draw, s: Floats) -> Path:
    small, large = draw.between(8, 10), draw.between(19, 22)
    share = s if draw.sign() > 0 else 1 - s
    x0, y0 = CENTRE + draw.between(-6, 6), CENTRE + draw.between(-6, 6)
    return Path(_still(s, x0), _still(s, y0), _still(s, 0.0), small + (large - small) * share)


# ---- several objects


def crossing(draw: Draw, s: Floats) -> list[Path]:
    angle, half = draw.turn(), draw.between(16, 20)
    paths = []
    for direction in (1.0, -1.0):
        along, aside = direction * half * (2 * s - 1), direction * draw.between(0, 4)
        x = CENTRE + along * np.cos(angle) - aside * np.sin(angle)
        y = CENTRE + along * np.sin(angle) + aside * np.cos(angle)
        paths.append(_path(s, x, y, draw.between(8, 10)))
    return paths


def chasing(draw: Draw, s: Floats) -> list[Path]:
    start, sense = draw.turn(), draw.sign()
    reach, sweep = draw.between(15, 18), draw.between(0.6, 0.9)
    paths = []
    for lag in (0.0, draw.between(1.4, 2.0)):
        turn = start + sense * (2 * np.pi * sweep * s - lag)
        paths.append(_path(s, CENTRE + reach * np.cos(turn), CENTRE + reach * np.sin(turn), draw.between(8, 10)))
    return paths


def orbiting(draw: Draw, s: Floats) -> list[Path]:
    count = 2 if draw.sign() > 0 else 3
    start, sense, reach = draw.turn(), draw.sign(), draw.between(17, 19)
    paths = [_path(s, _still(s, CENTRE), _still(s, CENTRE), draw.between(8, 9))]
    for index in range(count - 1):
        turn = start + np.pi * index + sense * 2 * np.pi * draw.between(0.6, 0.9) * s
        paths.append(_path(s, CENTRE + reach * np.cos(turn), CENTRE + reach * np.sin(turn), draw.between(7, 9)))
    return paths


def diverging(draw: Draw, s: Floats) -> list[Path]:
    count = 2 if draw.sign() > 0 else 3
    start, inward = draw.turn(), draw.sign() < 0
    paths = []
    for index in range(count):
        turn = start + 2 * np.pi * index / count
        near, far = 9.0, draw.between(20, 23)
        reach = far + (near - far) * s if inward else near + (far - near) * s
        paths.append(_path(s, CENTRE + reach * np.cos(turn), CENTRE + reach * np.sin(turn), draw.between(7.5, 9)))
    return paths


# ---- camera: matrices that map the world's frame 0 to its place in frame t


def _about_centre(zoom: Floats, roll: Floats, dx: Floats, dy: Floats) -> Floats:
    to_centre = similarity(np.full_like(zoom, -CENTRE), np.full_like(zoom, -CENTRE))
    return similarity(CENTRE + dx, CENTRE + dy, roll, zoom) @ to_centre


def pan(draw: Draw, s: Floats) -> Floats:
    angle, length = draw.turn(), draw.between(20, 30)
    return _about_centre(np.ones_like(s), 0 * s, length * s * np.cos(angle), length * s * np.sin(angle))


def zoom(draw: Draw, s: Floats) -> Floats:
    factor = draw.between(1.6, 1.9) ** draw.sign()
    return _about_centre(factor**s, 0 * s, 0 * s, 0 * s)


def roll(draw: Draw, s: Floats) -> Floats:
    return _about_centre(np.ones_like(s), draw.sign() * draw.between(0.7, 1.1) * s, 0 * s, 0 * s)


def pan_zoom(draw: Draw, s: Floats) -> Floats:
    angle, length = draw.turn(), draw.between(14, 20)
    factor = draw.between(1.35, 1.55) ** draw.sign()
    return _about_centre(factor**s, 0 * s, length * s * np.cos(angle), length * s * np.sin(angle))


def roll_zoom(draw: Draw, s: Floats) -> Floats:
    factor = draw.between(1.35, 1.55) ** draw.sign()
    return _about_centre(factor**s, draw.sign() * draw.between(0.5, 0.8) * s, 0 * s, 0 * s)


SINGLE: dict[str, Callable[[Draw, Floats], Path]] = {
    f.__name__: f for f in (linear, circular, bounce, zigzag, figure_eight, spin, grow)
}
MULTI: dict[str, Callable[[Draw, Floats], list[Path]]] = {
    f.__name__: f for f in (crossing, chasing, orbiting, diverging)
}
CAMERA: dict[str, Callable[[Draw, Floats], Floats]] = {f.__name__: f for f in (pan, zoom, roll, pan_zoom, roll_zoom)}
