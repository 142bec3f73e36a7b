"""An articulated figure of 50 pixels' height: joints through time, and the capsules that it is made of.

Legs are placed by two-link inverse kinematics from hip and foot, arms by the angles of shoulder and elbow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from motionbench.mini.looks import COLOURS, HEADS, Look, flat_shade
from motionbench.mini.motions import CENTRE, Draw
from motionbench.mini.scene import Distance, Floats, Layer, similarity

JOINTS = (
    "head",
    "neck",
    "hip",
    "left_elbow",
    "left_hand",
    "right_elbow",
    "right_hand",
    "left_knee",
    "left_foot",
    "right_knee",
    "right_foot",
)
TORSO, NECK, UPPER_ARM, LOWER_ARM, THIGH, SHIN = 15.5, 7.5, 9.0, 9.0, 10.0, 10.0
GROUND = 57.0
LEGS = 18.5
"""Height of the hip when standing, pixels."""


@dataclass(frozen=True, eq=False)
class Pose:
    """What a motion says: places in pixels, angles in radians from hanging down, outward positive."""

    hip: Floats
    """``[T, 2]``."""
    lean: Floats
    """``[T]``, to the right."""
    arms: Floats
    """``[2, 2, T]``: side (left, right), joint (shoulder, elbow)."""
    feet: Floats
    """``[2, T, 2]``."""
    knees: tuple[float, float]
    """Which way each knee bends: −1 left, 1 right."""


def walk(draw: Draw, s: Floats) -> Pose:
    sense, phase = draw.sign(), 2 * np.pi * (draw.between(1.3, 1.7) * s + draw.between(0, 1))
    x = CENTRE + sense * draw.between(9, 13) * (2 * s - 1)
    swing, stride = np.sin(phase), draw.between(6, 8)
    y = GROUND - LEGS + 0.8 * np.cos(2 * phase)
    lift = 3.0 * np.maximum(0, np.stack([np.cos(phase), -np.cos(phase)]))
    feet = np.stack([_xy(x + sense * k * stride * swing, GROUND - lift[i]) for i, k in enumerate((1, -1))])
    arms = np.stack([_pair(-0.7 * sense * swing, 0.4 + 0 * s), _pair(-0.7 * sense * swing, 0.4 + 0 * s)])
    return Pose(_xy(x, y), 0.08 * sense + 0 * s, arms, feet, (sense, sense))


def wave(draw: Draw, s: Floats) -> Pose:
    x = CENTRE + draw.between(-6, 6) + draw.between(1, 3) * np.sin(2 * np.pi * s)
    swing = np.sin(2 * np.pi * (draw.between(1.4, 2.0) * s + draw.between(0, 1)))
    raised, resting = _pair(1.9 + 0.45 * swing, 0.5 + 0.6 * swing), _pair(0.25 + 0 * s, 0.1 + 0 * s)
    arms = np.stack([raised, resting] if draw.sign() > 0 else [resting, raised])
    return Pose(_xy(x, 0 * s + GROUND - LEGS), 0.06 * swing, arms, _planted(s, x.mean(), 4.0), (-1, 1))


def jump(draw: Draw, s: Floats) -> Pose:
    x0, height = CENTRE + draw.between(-6, 6), draw.between(8, 10)
    phase = draw.between(1.4, 1.9) * s + draw.between(0, 0.4)
    up = np.abs(np.sin(np.pi * phase))
    feet = _planted(s, x0, 4.0) - np.stack([0 * s, height * up], axis=-1)
    arms = np.stack([_pair(0.3 + 1.9 * up, 0.2 + 0 * s)] * 2)
    return Pose(_xy(x0 + 0 * s, GROUND - LEGS - height * up), 0 * s, arms, feet, (-1, 1))


def squat(draw: Draw, s: Floats) -> Pose:
    x0, depth = CENTRE + draw.between(-6, 6), draw.between(8, 10)
    down = 0.5 - 0.5 * np.cos(2 * np.pi * (draw.between(1.2, 1.7) * s + draw.between(0, 1)))
    arms = np.stack([_pair(0.3 + 1.2 * down, 0.1 + 0 * s)] * 2)
    return Pose(_xy(x0 + 0 * s, GROUND - LEGS + depth * down), 0 * s, arms, _planted(s, x0, 6.0), (-1, 1))


def dance(draw: Draw, s: Floats) -> Pose:
    x0, turn = CENTRE + draw.between(-3, 3), 2 * np.pi * (draw.between(1.2, 1.6) * s + draw.between(0, 1))
    sway = np.sin(turn)
    arms = np.stack([_pair(1.2 + 0.9 * sway, 0.5 * sway), _pair(1.2 - 0.9 * sway, -0.5 * sway)])
    hip = _xy(x0 + draw.between(6, 8) * sway, GROUND - LEGS + 1.5 + 1.5 * np.cos(2 * turn))
    return Pose(hip, 0.25 * sway, arms, _planted(s, x0, 7.0), (-1, 1))


HUMAN: dict[str, Callable[[Draw, Floats], Pose]] = {f.__name__: f for f in (walk, wave, jump, squat, dance)}


def _xy(x: Floats, y: Floats) -> Floats:
    return np.stack([x, y], axis=-1)


def _pair(shoulder: Floats, elbow: Floats) -> Floats:
    return np.stack([shoulder, elbow])


def _planted(s: Floats, x: float, apart: float) -> Floats:
    return np.stack([_xy(x + side * apart + 0 * s, 0 * s + GROUND) for side in (-1, 1)])


def joints(pose: Pose) -> dict[str, Floats]:
    """Places ``[T, 2]`` of all joints."""
    up = _xy(np.sin(pose.lean), -np.cos(pose.lean))
    neck = pose.hip + TORSO * up
    places = {"hip": pose.hip, "neck": neck, "head": neck + NECK * up}
    for index, (side, out) in enumerate((("left", -1.0), ("right", 1.0))):
        shoulder, elbow = pose.arms[index]
        first, second = shoulder, shoulder + elbow
        places[f"{side}_elbow"] = neck + UPPER_ARM * _xy(out * np.sin(first), np.cos(first))
        places[f"{side}_hand"] = places[f"{side}_elbow"] + LOWER_ARM * _xy(out * np.sin(second), np.cos(second))
        foot = pose.feet[index]
        places[f"{side}_foot"] = foot
        places[f"{side}_knee"] = _knee(pose.hip, foot, pose.knees[index])
    return places


def _knee(hip: Floats, foot: Floats, bend: float) -> Floats:
    """Where two links from hip to foot meet; links stretch where the foot is out of reach."""
    across = foot - hip
    distance = np.maximum(np.hypot(*across.T), 1e-6)
    aside = np.sqrt(np.maximum(THIGH**2 - (distance / 2) ** 2, 0.0))
    direction = across / distance[:, None]
    normal = np.stack([direction[:, 1], -direction[:, 0]], axis=-1)
    return np.asarray(hip + across / 2 + bend * aside[:, None] * normal)


def capsule(length: float, radius: float) -> Distance:
    """Around the segment from the origin to ``(0, length)``."""

    def distance(u: Floats, v: Floats) -> Floats:
        return np.hypot(u, v - np.clip(v, 0, length)) - radius

    return distance


def _head(kind: str) -> Distance:
    if kind == "robot":
        return lambda u, v: np.maximum(np.abs(u), np.abs(v)) - 5.8
    stretch = 1.25 if kind == "alien" else 1.0
    return lambda u, v: np.hypot(u, v / stretch) - 6.2


def figure_layers(pose: Pose, look: Look) -> list[Layer]:
    """The figure's parts, back to front; all belong to actor 0."""
    place = joints(pose)
    skin, shirt, trousers = HEADS[look.figure], COLOURS[look.colours[0]], COLOURS[look.colours[1]]
    sleeve = tuple(0.8 * c for c in shirt)
    bones: list[tuple[str, str, tuple[float, ...], float]]
    bones = [(f"{side}_knee", "hip", trousers, 3.8) for side in ("left", "right")]
    bones += [(f"{side}_foot", f"{side}_knee", trousers, 3.5) for side in ("left", "right")]
    bones += [("neck", "hip", shirt, 6.3)]
    bones += [(f"{side}_elbow", "neck", sleeve, 3.5) for side in ("left", "right")]
    bones += [(f"{side}_hand", f"{side}_elbow", skin, 3.3) for side in ("left", "right")]
    layers = [_bone(place[end], place[start], colour, radius) for end, start, colour, radius in bones]
    head = place["head"]
    matrices = similarity(head[:, 0], head[:, 1], pose.lean)
    return [*layers, Layer(_head(look.figure), flat_shade(skin, 10.0), matrices, 0)]


def _bone(end: Floats, start: Floats, colour: tuple[float, ...], radius: float) -> Layer:
    across = end - start
    lengths = np.hypot(*across.T)
    angle = np.arctan2(-across[:, 0], across[:, 1])
    red, green, blue = colour
    matrices = similarity(start[:, 0], start[:, 1], angle)
    return Layer(capsule(float(lengths.mean()), radius), flat_shade((red, green, blue), 8.5), matrices, 0)
