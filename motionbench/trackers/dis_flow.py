"""A light tracker: DIS optical flow between consecutive frames, chained into tracks.

Source of the flow: Kroeger et al., "Fast Optical Flow using Dense Inverse Search" (arXiv 1603.03590), as in OpenCV;
of the forward-backward check: Sundaram et al., "Dense Point Trajectories by GPU-Accelerated Large Displacement Optical
Flow" (ECCV 2010), equation 5.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motionbench.specs import TrackerSpec
from motionbench.trackers import identity
from motionbench.types import Tracks, Video

Floats = NDArray[np.float32]

SPEC = TrackerSpec(
    name="dis-flow",
    implementation="motionbench.trackers.dis_flow:DisFlowTracker",
    summary="OpenCV DIS optical flow, chained, with a forward-backward check; no weights",
    version="1",
    licence="Apache-2.0",
    # Measured: stills of 21 procedural clips repeated with noise of two grey levels (one level: 0.0009, none: 0).
    noise_floor=0.0015,
    protocols=("mini-v1",),
)


SHORT_SIDE = 256
"""Smaller frames are enlarged by a whole factor until their short side reaches this."""
TOLERANCE = 0.25
TOLERANCE_SHARE = 0.01
"""A point is kept where ‖f + b‖² <= TOLERANCE_SHARE (‖f‖² + ‖b‖²) + TOLERANCE, in pixels of the enlarged frame."""
_LEAST_RANGE = 32.0


class DisFlowTracker:
    """Chains flow from frame to frame; a point is lost for good when the check fails or it leaves the frame."""

    def __init__(self) -> None:
        self.signature = identity.signature(SPEC)

    def __call__(self, video: Video, queries: NDArray[np.float32]) -> Tracks:
        """Tracks of ``queries`` (``[N, 2]`` pixels on frame 0); a lost point drifts on with the flow, invisible.

        It does not stop, because published scores take invisible steps too and divide by their length.
        """
        frames, height, width = video.size
        factor = max(1, -(-SHORT_SIDE // min(height, width)))
        xy = np.repeat(np.asarray(queries, np.float32)[:, None], frames, axis=1)
        visible = np.zeros((len(queries), frames), bool)
        visible[:, 0] = _inside(xy[:, 0], width, height)
        for frame, (forward, backward) in enumerate(_flows(video, factor)):
            moved, agreed = _step(xy[:, frame], forward, backward, factor)
            xy[:, frame + 1] = moved
            visible[:, frame + 1] = visible[:, frame] & agreed & _inside(moved, width, height)
        return Tracks(xy, visible)


def _flows(video: Video, factor: int) -> Iterator[tuple[Floats, Floats]]:
    """Flow of each frame to the next, and back, ``[H, W, 2]`` pixels of the enlarged frame."""
    images = _images(video.frames, factor)
    for first, second in pairwise(images):
        yield _flow(first, second), _flow(second, first)


def _flow(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Floats:
    import cv2

    with _one_thread():
        dis: Any = cv2
        flow = dis.DISOpticalFlow_create(dis.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(first, second, None)
    return np.asarray(flow, np.float32)


def _step(points: Floats, forward: Floats, backward: Floats, factor: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Where the points go, and whether the way back leads to where they were."""
    start = ((points + 0.5) * factor - 0.5).astype(np.float32)
    there = _lookup(forward, start)
    back = _lookup(backward, start + there)
    miss = ((there + back) ** 2).sum(axis=-1)
    length = (there**2).sum(axis=-1) + (back**2).sum(axis=-1)
    moved = (points + there / factor).astype(np.float32)
    return moved, miss <= TOLERANCE_SHARE * length + TOLERANCE


@contextmanager
def _one_thread() -> Iterator[None]:
    """DIS cuts its work into as many stripes as there are threads, so more than one could change the flow."""
    import cv2

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def _images(frames: NDArray[np.uint8], factor: int) -> list[NDArray[np.uint8]]:
    """One channel a frame, along the direction in which the clip's colours differ most, enlarged.

    Grey would hide an object from a background of equal brightness.
    """
    import cv2

    colours = frames.reshape(-1, 3).astype(np.float64)
    centred = colours - colours.mean(axis=0)
    axis = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    # An eigenvector's sign is arbitrary.
    shades = centred @ (axis if axis.sum() >= 0 else -axis)
    low, high = np.percentile(shades, (0.5, 99.5))
    scaled = 255 * (shades - low) / max(high - low, _LEAST_RANGE)
    images = np.clip(np.round(scaled), 0, 255).astype(np.uint8).reshape(frames.shape[:3])
    size = (frames.shape[2] * factor, frames.shape[1] * factor)
    return [np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), np.uint8) for image in images]


def _inside(points: Floats, width: int, height: int) -> NDArray[np.bool_]:
    x, y = points[:, 0], points[:, 1]
    return (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)


def _lookup(field: Floats, points: Floats) -> Floats:
    """Bilinear values of ``field [H, W, 2]`` at ``points [N, 2]``, with the border repeated outside."""
    height, width = field.shape[:2]
    x = np.clip(points[:, 0], 0, width - 1)
    y = np.clip(points[:, 1], 0, height - 1)
    x0, y0 = np.minimum(x.astype(int), width - 2), np.minimum(y.astype(int), height - 2)
    dx, dy = (x - x0)[:, None], (y - y0)[:, None]
    top = (1 - dx) * field[y0, x0] + dx * field[y0, x0 + 1]
    bottom = (1 - dx) * field[y0 + 1, x0] + dx * field[y0 + 1, x0 + 1]
    return np.asarray((1 - dy) * top + dy * bottom, dtype=np.float32)
