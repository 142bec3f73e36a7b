"""Looks: shapes, colours and textures, drawn from a seed of their own, and the words for them.

Every texture varies along both axes, so that motion can be tracked anywhere, and every object has a light and a dark
side, so that its spin can be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from motionbench.mini.scene import Distance, Floats, Shade

COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (0.90, 0.16, 0.14),
    "orange": (0.98, 0.55, 0.10),
    "yellow": (0.97, 0.90, 0.20),
    "green": (0.18, 0.72, 0.25),
    "blue": (0.16, 0.36, 0.92),
    "purple": (0.56, 0.22, 0.80),
    "pink": (0.98, 0.55, 0.75),
    "white": (0.96, 0.96, 0.96),
}
SHAPES = ("circle", "square", "triangle", "star", "cross")
PATTERNS = ("striped", "checkered", "dotted", "wavy")
FIGURES = ("person", "robot", "alien")
HEADS = {"person": (0.96, 0.78, 0.62), "robot": (0.75, 0.78, 0.82), "alien": (0.55, 0.90, 0.35)}


@dataclass(frozen=True)
class Look:
    """What a clip shows, apart from how it moves."""

    shapes: tuple[str, ...]
    colours: tuple[str, ...]
    """One an object; a figure has two, shirt and trousers."""
    figure: str
    ground: str
    pattern: str
    phases: tuple[float, float, float, float]
    """Offsets of the textures, in turns."""

    def objects(self, count: int) -> str:
        """ "a red star and a blue circle"."""
        names = [f"{_article(self.colours[i])} {self.shapes[i]}" for i in range(count)]
        return names[0] if count == 1 else ", ".join(names[:-1]) + " and " + names[-1]

    def clothed(self) -> str:
        """ "a robot in a red shirt and blue trousers"."""
        shirt, trousers = self.colours[:2]
        return f"{_article(self.figure)} in {_article(shirt)} shirt and {trousers} trousers"

    def background(self) -> str:
        """ "a green striped background"."""
        return f"{_article(self.ground)} {self.pattern} background"


def _article(word: str) -> str:
    return f"{'an' if word[0] in 'ao' else 'a'} {word}"


def draw_look(rng: np.random.Generator) -> Look:
    """A look; no object has the background's colour or another's."""
    colours = list(COLOURS)
    order = np.argsort(rng.random(len(colours)))
    picked = [colours[i] for i in order]
    shapes = tuple(SHAPES[int(rng.random() * len(SHAPES))] for _ in range(3))
    return Look(
        shapes=shapes,
        colours=(picked[0], picked[1], picked[2]),
        figure=FIGURES[int(rng.random() * len(FIGURES))],
        ground=picked[3],
        pattern=PATTERNS[int(rng.random() * len(PATTERNS))],
        phases=(rng.random(), rng.random(), rng.random(), rng.random()),
    )


# Shapes: signed distances for a unit "radius", exact enough near the edge.


def circle(u: Floats, v: Floats) -> Floats:
    return np.hypot(u, v) - 1.0


def square(u: Floats, v: Floats) -> Floats:
    return np.maximum(np.abs(u), np.abs(v)) - 0.88


def triangle(u: Floats, v: Floats) -> Floats:
    return np.maximum(v - 0.7, np.abs(u) * 0.866 - v * 0.5 - 0.63)


def cross(u: Floats, v: Floats) -> Floats:
    a, b = np.abs(u), np.abs(v)
    return np.minimum(np.maximum(a - 1.05, b - 0.42), np.maximum(a - 0.42, b - 1.05))


def star(u: Floats, v: Floats) -> Floats:
    sector = 2 * np.pi / 5
    angle = np.mod(np.arctan2(u, -v) + sector / 2, sector) - sector / 2
    radius = np.hypot(u, v)
    x, y = radius * np.cos(angle), np.abs(radius * np.sin(angle))
    # The edge from the tip (1.2, 0) to the notch (0.52 cos 36°, 0.52 sin 36°).
    tip, notch = np.array([1.2, 0.0]), 0.52 * np.array([np.cos(sector / 2), np.sin(sector / 2)])
    normal = np.array([tip[1] - notch[1], notch[0] - tip[0]])
    normal = -normal / np.hypot(*normal)
    return np.asarray(normal[0] * (x - tip[0]) + normal[1] * (y - tip[1]))


DISTANCES: dict[str, Distance] = {
    "circle": circle,
    "square": square,
    "triangle": triangle,
    "star": star,
    "cross": cross,
}


def object_shade(colour: str, phase: float) -> Shade:
    """A light and a dark side along u, soft light bands along v."""
    base = np.array(COLOURS[colour])

    def shade(u: Floats, v: Floats) -> Floats:
        side = 0.76 + 0.24 * np.tanh(2.5 * u)
        band = 0.32 * (0.5 + 0.5 * np.sin(2 * np.pi * (0.9 * v + phase)))
        return (base * side[..., None]) * (1 - band[..., None]) + band[..., None]

    return shade


def flat_shade(colour: tuple[float, float, float], stripe: float) -> Shade:
    """For limbs and heads: rings across v, one every ``stripe`` units."""
    base = np.array(colour)

    def shade(u: Floats, v: Floats) -> Floats:
        ring = 0.85 + 0.15 * np.sin(2 * np.pi * v / stripe) + 0.08 * np.tanh(u)
        return np.clip(base * ring[..., None], 0, 1)

    return shade


def background_shade(look: Look) -> Shade:
    """The ground's colour, darkened, under its pattern and a soft mottle; wavelengths of 14 to 29 pixels."""
    base = 0.62 * np.array(COLOURS[look.ground]) + 0.05
    a, b, c, d = (2 * np.pi * phase for phase in look.phases)
    turn = 2 * np.pi

    def mottle(x: Floats, y: Floats) -> Floats:
        return np.sin(turn * (x + 0.35 * y) / 27 + c) * np.sin(turn * (y - 0.3 * x) / 23 + d)

    def striped(x: Floats, y: Floats) -> Floats:
        return np.sin(turn * (x + 0.5 * y) / 15 + a)

    def checkered(x: Floats, y: Floats) -> Floats:
        return np.tanh(2.2 * np.sin(turn * x / 21 + a) * np.sin(turn * y / 21 + b))

    def dotted(x: Floats, y: Floats) -> Floats:
        return 2.2 * np.exp(2.2 * (np.cos(turn * x / 17 + a) + np.cos(turn * y / 17 + b) - 2)) - 0.7

    def wavy(x: Floats, y: Floats) -> Floats:
        return np.sin(turn * (y + 3.5 * np.sin(turn * x / 29 + b)) / 15 + a)

    pattern = {"striped": striped, "checkered": checkered, "dotted": dotted, "wavy": wavy}[look.pattern]

    def shade(x: Floats, y: Floats) -> Floats:
        light = 1.0 + 0.30 * pattern(x, y) + 0.22 * mottle(x, y)
        return np.clip(base * light[..., None], 0, 1)

    return shade
