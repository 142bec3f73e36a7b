"""The camera's path, estimated: what most points of a grid agree on, by Lucas-Kanade and RANSAC.

The points start on an anchor frame, at first frame 0, and are followed as long as one similarity explains at least
three in ten of them, all over the frame; the last frame that it explains is the next anchor, with new points. So a path
lasts when the scene of frame 0 has left the frame, at the price of a drift with each anchor. A similarity has no
parallax; and a subject that fills most of the frame is taken for the camera.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from motionbench.metrics.functional import CameraFit, fit_camera
from motionbench.trackers import lk
from motionbench.trackers.grid import regular_grid
from motionbench.types import CameraPath, Video

VERSION = "1"
SOURCE = f"{lk.SPEC.name}/{lk.SPEC.version} + similarity by RANSAC"
GRID = 24
"""Points a side."""
TOLERANCE = 0.005
"""Share of the diagonal within which a point follows the camera, as in ``camera_path_error``."""
LEAST_TOLERANCE = 0.75
"""Pixels; of small frames, whose half a pixel is the tracker's noise."""
CELLS, LEAST_CELLS = 4, 6
"""Cells a side of the anchor frame, and how many must hold a point that the camera explains: on plain ground the only
points with texture may be those of a subject."""
SEED = 0


def path(video: Video) -> tuple[CameraPath | None, str]:
    """``M_t [T, 3, 3]`` from frame 0 to frame t, or None and the reason where no similarity explains a step."""
    frames = video.size[0]
    matrices = np.tile(np.eye(3), (frames, 1, 1))
    anchor = 0
    while anchor < frames - 1:
        fit, spread = _fit(Video(video.frames[anchor:], video.fps))
        reach = _reach(spread)
        if reach == 0:
            return None, f"no one camera motion explains points all over the frame from frame {anchor} to {anchor + 1}"
        matrices[anchor : anchor + reach + 1] = fit.matrices[: reach + 1] @ matrices[anchor]
        anchor += reach
    return CameraPath(matrices), ""


def _fit(video: Video) -> tuple[CameraFit, NDArray[np.bool_]]:
    """Similarities to the first frame, and which of them explain points all over it."""
    _, height, width = video.size
    queries = regular_grid(GRID, width, height).astype(np.float32)
    tracks = lk.LucasKanadeTracker()(video, queries)
    tolerance = max(LEAST_TOLERANCE, TOLERANCE * float(np.hypot(height, width)))
    fit = fit_camera(tracks.xy, tolerance=tolerance, seed=SEED, visible=tracks.visible)
    carried = np.einsum("tij,nj->nti", fit.matrices[:, :2, :2], queries) + fit.matrices[:, :2, 2]
    explained = (np.linalg.norm(tracks.xy - carried, axis=-1) < tolerance) & tracks.visible
    return fit, fit.fitted & (_cells(explained) >= LEAST_CELLS)


def _cells(explained: NDArray[np.bool_]) -> NDArray[np.int64]:
    """``[T]``: cells of the first frame that hold a point which is explained in frame t."""
    side = GRID // CELLS
    points = explained.reshape(CELLS, side, CELLS, side, -1)
    return np.asarray(points.any(axis=(1, 3)).sum(axis=(0, 1)), np.int64)


def _reach(good: NDArray[np.bool_]) -> int:
    """The last frame before the first one without a good fit."""
    missing = np.flatnonzero(~good[1:])
    return int(missing[0]) if len(missing) else len(good) - 1
