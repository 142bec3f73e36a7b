"""Masks of what moves by itself, estimated: where dense flow differs from the camera's, joined through space and time.

For each frame the flow to a frame before and a frame after, less what the camera's path does to each pixel, has a
length; its pixels above a threshold move. ``linking`` says which of them are one object.

Limits: an object, or a part of it, that stands still is not seen; objects that always touch are one; borders are as
blunt as the flow; shadows, reflections and water move too; parallax of a near background passes for an object.

Source of the threshold: Otsu (IEEE Trans. SMC 9, 1979), as in scikit-image.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from motionbench.annotation.linking import linked
from motionbench.trackers import dis_flow
from motionbench.types import CameraPath, Video

VERSION = "1"
SOURCE = f"{dis_flow.SPEC.name}/{dis_flow.SPEC.version} less the camera's path, connected regions"
GAP = 0.125
"""Seconds between a frame and those that its flow is taken to: slow objects need time to move."""
FLOOR = 0.004
"""Share of the diagonal: shorter residual motion is noise."""
LEAST_LIFE = 0.5
"""Share of the frames that must show an object."""
LARGEST = 1 / 3
"""Share of the frame, mean over frames: more is rather a background that the camera's path does not explain."""
SHORT_SIDE = 240
"""Flow is looked up on a grid of about this many points along the short side."""
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def objects(video: Video, camera: CameraPath, most: int | None = None) -> Bools:
    """``[K, T, H, W]``, the largest first, at most ``most``; K = 0 where nothing moves by itself."""
    found = linked(moving(video, camera), most)
    lasting = [one for one in found if one.any(axis=(1, 2)).mean() >= LEAST_LIFE]
    return np.stack([_enlarged(one, video.size) for one in lasting]) if lasting else np.zeros((0, *video.size), bool)


def moving(video: Video, camera: CameraPath) -> Bools:
    """``[T, h, w]``, on the flow's grid: True where a pixel does not move as the camera's path would have it."""
    from skimage.filters import threshold_otsu

    lengths = residual(video, camera)
    least = FLOOR * float(np.hypot(*video.size[1:]))
    above = lengths[lengths > least]
    if not len(above):
        return np.zeros(lengths.shape, bool)
    # Otsu of all lengths parts still from moving; half of it keeps the slow parts of a mover.
    threshold = max(least, 0.5 * float(threshold_otsu(lengths)))
    return np.stack([_cleaned(frame > threshold) for frame in lengths])


def residual(video: Video, camera: CameraPath) -> Floats:
    """``[T, h, w]`` pixels: the shorter of the residual motions to the frame before and the frame after.

    The shorter one, because what a mover covers or uncovers has a wrong flow on one side only.
    """
    frames, height, width = video.size
    gap = max(1, min(frames - 1, round(GAP * video.fps)))
    places = _grid(height, width)
    found = np.full((frames, *places.shape[:2]), np.inf)
    for frame in range(frames):
        for other in (frame - gap, frame + gap):
            if 0 <= other < frames:
                found[frame] = np.minimum(found[frame], _residual(video, camera, frame, other, places))
    found[~np.isfinite(found)] = 0.0
    return found


def _residual(video: Video, camera: CameraPath, frame: int, other: int, places: Floats) -> Floats:
    """``[h, w]``: distance between where the flow and where the camera carries the pixels of a frame."""
    pair = Video(video.frames[[frame, other]], video.fps)
    points = places.reshape(-1, 2)
    tracks = dis_flow.DisFlowTracker()(pair, points.astype(np.float32))
    step = camera.matrices[other] @ np.linalg.inv(camera.matrices[frame])
    carried = points @ step[:2, :2].T + step[:2, 2]
    distance = np.linalg.norm(tracks.xy[:, 1] - carried, axis=-1)
    height, width = video.size[1:]
    inside = ((carried >= 0) & (carried <= (width - 1, height - 1))).all(axis=-1)
    return np.where(inside, distance, np.inf).reshape(places.shape[:2])


def _grid(height: int, width: int) -> Floats:
    """``[h, w, 2]`` pixels."""
    stride = max(1, min(height, width) // SHORT_SIDE)
    xs, ys = np.arange(0, width, stride), np.arange(0, height, stride)
    return np.stack(np.meshgrid(xs, ys), axis=-1).astype(np.float64)


def _cleaned(moves: Bools) -> Bools:
    """Without specks and pinholes."""
    from scipy.ndimage import binary_closing, binary_fill_holes, binary_opening

    closed = binary_closing(np.pad(moves, 2, mode="edge"), np.ones((3, 3)))[2:-2, 2:-2]
    return np.asarray(binary_fill_holes(binary_opening(closed, np.ones((3, 3)))), bool)


def _enlarged(region: Bools, size: tuple[int, int, int]) -> Bools:
    _, height, width = size
    stride = max(1, min(height, width) // SHORT_SIDE)
    return region.repeat(stride, axis=1).repeat(stride, axis=2)[:, :height, :width]
