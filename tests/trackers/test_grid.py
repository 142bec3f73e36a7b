"""Where tracks start."""

from __future__ import annotations

import numpy as np

from motionbench.trackers.grid import grid_queries
from motionbench.types import Protocol


def test_queries_are_centres_of_cells_row_by_row() -> None:
    protocol = Protocol("p", 5, 8.0, height=4, width=8, tracker="dis-flow", grid=2)
    expected = [[1.5, 0.5], [5.5, 0.5], [1.5, 2.5], [5.5, 2.5]]
    np.testing.assert_array_equal(grid_queries(protocol), np.array(expected, np.float32))


def test_queries_lie_on_the_exact_tracks_of_the_procedural_clips() -> None:
    from motionbench.mini.world import TRACK_GRID, Recipe, render

    protocol = Protocol("mini-v1", 17, 8.0, 64, 64, "dis-flow", TRACK_GRID)
    tracks = render(Recipe("camera", "pan", 3, 4)).annotation.tracks
    assert tracks is not None
    np.testing.assert_allclose(tracks.xy[:, 0], grid_queries(protocol), atol=1e-4, rtol=0)
