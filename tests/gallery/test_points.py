"""Tracks as scripts."""

from __future__ import annotations

import json

import numpy as np

from motionbench.gallery.points import MOST, SCALE, script
from motionbench.types import Tracks


def told(tracks: Tracks, size: tuple[int, int]) -> tuple[str, list[list[int | None]]]:
    text = script("abc", tracks, size)
    name, points = json.loads("[" + text.removeprefix("motionbenchPoints(").removesuffix(");\n") + "]")
    return name, points


def test_points_are_parts_of_the_frame_and_hidden_ones_are_null() -> None:
    xy = np.array([[[-0.5, -0.5], [3.5, 1.5]], [[7.5, 3.5], [np.nan, 0.0]]], np.float32)
    name, points = told(Tracks(xy, np.array([[True, False], [True, True]])), (4, 8))
    assert name == "abc"
    assert points == [[0, 0, None, None], [SCALE, SCALE, None, None]]


def test_of_a_square_grid_every_nth_of_a_row_and_every_nth_row_is_shown() -> None:
    side = 16
    rows, columns = np.mgrid[:side, :side]
    xy = np.stack([columns, rows], -1).reshape(-1, 1, 2).astype(np.float32)
    _, points = told(Tracks(xy, np.ones((side * side, 1), bool)), (side, side))
    assert len(points) == 64
    assert len({x for x, _ in points}) == len({y for _, y in points}) == 8


def test_at_most_a_hundred_of_any_number_of_points_are_shown() -> None:
    for count in (0, 1, 7, 150, 999, 1024):
        tracks = Tracks(np.zeros((count, 2, 2), np.float32), np.ones((count, 2), bool))
        _, points = told(tracks, (4, 4))
        assert min(count, 1) <= len(points) <= MOST
