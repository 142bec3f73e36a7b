"""A scene of flat layers that move by similarity transforms: pixels, exact tracks and masks from one description.

Layers lie in order, the first at the back. Each has a shape (a signed distance in its own coordinates, negative
inside), a shade (its colour there), and for every frame a 3 × 3 matrix from its own coordinates to pixels. Whatever is
annotated is computed from those matrices, so it is exact. Textures are low-pass and edges are one pixel wide, hence no
supersampling.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motionbench.types import Tracks

Floats = NDArray[np.float64]
Distance = Callable[[Floats, Floats], Floats]
Shade = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True, eq=False)
class Layer:
    """One flat thing."""

    distance: Distance | None
    """Signed distance in own units; None covers the plane."""
    shade: Shade
    """sRGB in [0, 1], ``[..., 3]``."""
    matrices: Floats
    """``[T, 3, 3]``: own coordinates → pixels, similarities."""
    actor: int
    """Index of the object that it is a part of, −1 for the background."""

    def local(self, xy: Floats, frame: int) -> tuple[Floats, Floats]:
        """Own coordinates of pixels ``xy [..., 2]`` in a frame."""
        inverse = np.linalg.inv(self.matrices[frame])
        x, y = xy[..., 0], xy[..., 1]
        return (
            inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2],
            inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2],
        )

    def coverage(self, xy: Floats, frame: int) -> Floats:
        """How much of each pixel it covers, in [0, 1]."""
        if self.distance is None:
            return np.ones(xy.shape[:-1])
        u, v = self.local(xy, frame)
        scale = np.sqrt(abs(np.linalg.det(self.matrices[frame, :2, :2])))
        return np.asarray(np.clip(0.5 - self.distance(u, v) * scale, 0.0, 1.0))


def similarity(x: Floats, y: Floats, angle: Floats | float = 0.0, scale: Floats | float = 1.0) -> Floats:
    """Matrices ``[T, 3, 3]`` that scale, rotate by ``angle`` radians and move to ``(x, y)``."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    matrices = np.zeros((len(x), 3, 3))
    matrices[:, 0, 0], matrices[:, 0, 1], matrices[:, 0, 2] = cosine, -sine, x
    matrices[:, 1, 0], matrices[:, 1, 1], matrices[:, 1, 2] = sine, cosine, y
    matrices[:, 2, 2] = 1.0
    return matrices


def pixel_grid(size: int) -> Floats:
    """Pixel centres ``[size, size, 2]`` as (x, y)."""
    y, x = np.mgrid[0:size, 0:size].astype(float)
    return np.stack([x, y], axis=-1)


def render_frames(layers: Sequence[Layer], frames: int, size: int) -> NDArray[np.uint8]:
    """sRGB frames ``[T, size, size, 3]``."""
    xy = pixel_grid(size)
    out = np.empty((frames, size, size, 3), np.uint8)
    for frame in range(frames):
        image = np.zeros((size, size, 3))
        for layer in layers:
            _paint(image, layer, xy, frame)
        out[frame] = np.round(np.clip(image, 0, 1) * 255)
    return out


def _paint(image: Floats, layer: Layer, xy: Floats, frame: int) -> None:
    coverage = layer.coverage(xy, frame)
    rows, columns = np.nonzero(coverage.any(axis=1))[0], np.nonzero(coverage.any(axis=0))[0]
    if len(rows) == 0:
        return
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    alpha = coverage[box][..., None]
    image[box] = (1 - alpha) * image[box] + alpha * layer.shade(*layer.local(xy[box], frame))


def masks(layers: Sequence[Layer], actors: int, frames: int, size: int) -> NDArray[np.bool_]:
    """``[actors, T, size, size]``: the pixels on which each object is the front-most thing."""
    xy = pixel_grid(size)
    out = np.zeros((actors, frames, size, size), bool)
    for frame in range(frames):
        owner = _front(layers, xy, frame)
        for actor in range(actors):
            own = [index for index, layer in enumerate(layers) if layer.actor == actor]
            out[actor, frame] = np.isin(owner, own)
    return out


def exact_tracks(layers: Sequence[Layer], queries: Floats, frames: int, size: int) -> Tracks:
    """Tracks of the points ``queries [N, 2]`` of frame 0, each following the layer that it lies on."""
    owner = _front(layers, queries, 0)
    xy = np.empty((len(queries), frames, 2))
    visible = np.zeros((len(queries), frames), bool)
    for index, layer in enumerate(layers):
        mine = owner == index
        u, v = layer.local(queries[mine], 0)
        points = np.stack([u, v, np.ones_like(u)], axis=-1)
        xy[mine] = np.einsum("tij,nj->nti", layer.matrices, points)[..., :2]
    for frame in range(frames):
        here = xy[:, frame]
        inside = ((here >= -0.5) & (here <= size - 0.5)).all(axis=-1)
        visible[:, frame] = inside & (_front(layers, here, frame) == owner)
    return Tracks(xy.astype(np.float32), visible)


def _front(layers: Sequence[Layer], xy: Floats, frame: int) -> NDArray[np.int64]:
    """Index of the front-most layer at each point."""
    owner = np.zeros(xy.shape[:-1], np.int64)
    for index, layer in enumerate(layers):
        owner[layer.coverage(xy, frame) >= 0.5] = index
    return owner
