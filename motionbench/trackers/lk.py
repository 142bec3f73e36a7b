"""The light default tracker: pyramidal Lucas-Kanade from frame to frame, chained into tracks.

On the exact tracks of the suite ``mini-full`` a perfect transfer scores 0.87 with it and 0.78 with ``dis-flow``. It
follows points, not fields, and sees all three colours, so that its errors are not those of ``dis-flow``: scores that
hold under both do not hang on a tracker.

Source: Bouguet, "Pyramidal Implementation of the Lucas Kanade Feature Tracker" (Intel, 2000), as in OpenCV; of the
forward-backward check: Kalal et al., "Forward-Backward Error" (ICPR 2010), with the bound of Sundaram et al. (ECCV
2010), equation 5.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motionbench.specs import TrackerSpec
from motionbench.trackers import identity
from motionbench.types import Tracks, Video

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Image = NDArray[np.uint8]

SPEC = TrackerSpec(
    name="lk",
    implementation="motionbench.trackers.lk:LucasKanadeTracker",
    summary="OpenCV pyramidal Lucas-Kanade, chained, with a forward-backward check; no weights",
    version="1",
    licence="Apache-2.0",
    # Measured: stills of 20 real clips of 64 x 64 repeated with noise of two grey levels (of the suite mini: 0.0011,
    # of 21 further procedural clips: 0.0011; one grey level: 0.0005, none: 0).
    noise_floor=0.0015,
    protocols=("mini-v1",),
)

SHORT_SIDE = 128
"""Smaller frames are enlarged by a whole factor until their short side reaches this."""
WINDOW = 11
"""Pixels a side of the enlarged frame; wider windows drift onto the background at the borders of small objects."""
LEVELS = 3
TOLERANCE = 0.25
TOLERANCE_SHARE = 0.01
"""A point is kept where ‖f + b‖² <= TOLERANCE_SHARE (‖f‖² + ‖b‖²) + TOLERANCE, in pixels of the enlarged frame."""
_ITERATIONS, _LEAST_UPDATE = 30, 0.01


class LucasKanadeTracker:
    """Follows points from frame to frame; one is lost for good when the check fails or it leaves the frame."""

    def __init__(self) -> None:
        self.signature = identity.signature(SPEC)

    def __call__(self, video: Video, queries: NDArray[np.float32]) -> Tracks:
        """Tracks of ``queries`` (``[N, 2]`` pixels on frame 0); a lost point drifts on, invisible.

        It does not stop, because published scores take invisible steps too and divide by their length: where
        Lucas-Kanade has no answer, which is outside the frame and without texture, the point repeats its last step, and
        on frame 0 takes the middle one of the others.
        """
        frames, height, width = video.size
        factor = max(1, -(-SHORT_SIDE // min(height, width)))
        xy = np.repeat(np.asarray(queries, np.float32)[:, None], frames, axis=1)
        visible = np.zeros((len(queries), frames), bool)
        visible[:, 0] = _inside(xy[:, 0], width, height)
        step: Floats | None = None
        for frame, (first, second) in enumerate(pairwise(_images(video.frames, factor))):
            found, agreed, answered = _step(first, second, xy[:, frame], factor)
            step = np.where(answered[:, None], found, _middle(found[answered]) if step is None else step)
            xy[:, frame + 1] = xy[:, frame] + step
            visible[:, frame + 1] = visible[:, frame] & agreed & _inside(xy[:, frame + 1], width, height)
        return Tracks(xy, visible)


def _middle(steps: Floats) -> Floats:
    return np.median(steps, axis=0).astype(np.float32) if len(steps) else np.zeros(2, np.float32)


def _images(frames: NDArray[np.uint8], factor: int) -> list[Image]:
    import cv2

    size = (frames.shape[2] * factor, frames.shape[1] * factor)
    return [np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC), np.uint8) for frame in frames]


def _step(
    first: NDArray[np.uint8], second: NDArray[np.uint8], points: Floats, factor: int
) -> tuple[Floats, Bools, Bools]:
    """Displacements of the points, whether the way back agrees, and whether there is an answer at all."""
    start = ((points + 0.5) * factor - 0.5).astype(np.float32)
    there, found = _follow(first, second, start)
    back, returned = _follow(second, first, there)
    miss = ((back - start) ** 2).sum(axis=-1)
    length = ((there - start) ** 2).sum(axis=-1) + ((back - there) ** 2).sum(axis=-1)
    agreed = found & returned & (miss <= TOLERANCE_SHARE * length + TOLERANCE)
    return ((there - start) / factor).astype(np.float32), agreed, found


def _follow(first: Image, second: Image, points: Floats) -> tuple[Floats, Bools]:
    """Where the points of one image are in the next, and whether Lucas-Kanade has an answer."""
    import cv2

    flow: Any = cv2.calcOpticalFlowPyrLK
    moved, status, _ = flow(
        first,
        second,
        np.ascontiguousarray(points[:, None]),
        None,
        winSize=(WINDOW, WINDOW),
        maxLevel=LEVELS,
        criteria=(cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, _ITERATIONS, _LEAST_UPDATE),
        # Weak texture is the check's business: a bound on the eigenvalue would stop points instead.
        minEigThreshold=0.0,
    )
    return np.asarray(moved[:, 0], np.float32), np.asarray(status[:, 0] == 1)


def _inside(points: Floats, width: int, height: int) -> Bools:
    x, y = points[:, 0], points[:, 1]
    return (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
