"""Tracks as a script that hands them to the page: numbers alone, so that nothing in them can be anything else."""

from __future__ import annotations

import json

import numpy as np

from motionbench.types import Tracks

MOST = 100
"""Points shown a video."""
SCALE = 10_000
"""Coordinates are whole numbers of this part of the frame's width and height."""


def script(name: str, tracks: Tracks, size: tuple[int, int]) -> str:
    """``motionbenchPoints(NAME, POINTS)``: a point is x, y of every frame, null where it is hidden.

    ``size`` is (height, width), pixels. At most 100 points, evenly chosen.
    """
    return f"motionbenchPoints({json.dumps(name)}, {json.dumps(_points(tracks, size), separators=(',', ':'))});\n"


def _points(tracks: Tracks, size: tuple[int, int]) -> list[list[int | None]]:
    chosen = _chosen(len(tracks.xy))
    height, width = size
    # A pixel's centre has integer coordinates, so the frame begins half a pixel before 0.
    places = (tracks.xy[chosen].astype(np.float64) + 0.5) / (width, height) * SCALE
    shown = tracks.visible[chosen] & np.isfinite(places).all(axis=-1)
    return [
        [number for place, there in zip(path, seen, strict=True) for number in _pair(place, there)]
        for path, seen in zip(places, shown, strict=True)
    ]


def _chosen(count: int) -> list[int]:
    """Of a square grid of points every n-th a side, of any other every n-th."""
    side = round(count**0.5)
    if side * side != count:
        return list(range(0, count, -(-count // MOST) or 1))
    step = -(-side // round(MOST**0.5)) or 1
    return [row * side + column for row in range(0, side, step) for column in range(0, side, step)]


def _pair(place: np.ndarray, there: bool) -> tuple[int | None, int | None]:
    return (round(float(place[0])), round(float(place[1]))) if there else (None, None)
