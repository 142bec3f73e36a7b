"""The camera's path, estimated: what most points of a grid agree on, by Lucas-Kanade and RANSAC.

The points start on an anchor frame, at first frame 0, and are followed as long as one similarity explains at least
three in ten of them; the last frame that it explains is the next anchor, with new points. So a path lasts when the
scene of frame 0 has left the frame, at the price of a drift with each anchor. A similarity has no parallax; and a
subject that fills most of the frame is taken for the camera.
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
SEED = 0


def path(video: Video) -> tuple[CameraPath | None, str]:
    """``M_t [T, 3, 3]`` from frame 0 to frame t, or None and the reason where no similarity explains a step."""
    frames = video.size[0]
    matrices = np.tile(np.eye(3), (frames, 1, 1))
    anchor = 0
    while anchor < frames - 1:
        fit = _fit(Video(video.frames[anchor:], video.fps))
        reach = _reach(fit.fitted)
        if reach == 0:
            return None, f"no one camera motion explains three in ten points from frame {anchor} to {anchor + 1}"
        matrices[anchor : anchor + reach + 1] = fit.matrices[: reach + 1] @ matrices[anchor]
        anchor += reach
    return CameraPath(matrices), ""


def _fit(video: Video) -> CameraFit:
    _, height, width = video.size
    queries = regular_grid(GRID, width, height).astype(np.float32)
    tracks = lk.LucasKanadeTracker()(video, queries)
    tolerance = max(LEAST_TOLERANCE, TOLERANCE * float(np.hypot(height, width)))
    return fit_camera(tracks.xy, tolerance=tolerance, seed=SEED, visible=tracks.visible)


def _reach(fitted: NDArray[np.bool_]) -> int:
    """The last frame before the first one without a fit."""
    missing = np.flatnonzero(~fitted)
    return int(missing[0]) - 1 if len(missing) else len(fitted) - 1
