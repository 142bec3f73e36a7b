"""Distances of curves by exact dynamic programming, and the distance of point paths that is built on one of them.

A curve is ``[T, D]``, its points in order. Both recurrences visit a table of T × S cells along its anti-diagonals, on
which no cell depends on another, so that all cells of one, and all pairs of curves, are computed at once. float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motionbench.metrics.functional.arrays import as_tracks, as_visible
from motionbench.metrics.functional.scale import unit_of

Floats = NDArray[np.float64]

LEAST_VISIBLE = 2
"""Frames in which a point must be seen for its path to count."""
_CELLS = 1 << 20


@dataclass(frozen=True)
class PathDistance:
    """A distance of point paths, or None and the reason why there is none."""

    value: float | None
    """Pixels."""
    tracks: float
    """Share of points whose paths were compared."""
    reason: str | None = None


def discrete_frechet(a: ArrayLike, b: ArrayLike) -> float:
    """The shortest leash with which two walkers can go through two curves, forward or waiting, never back.

    ::

        c(i, j) = max(‖a_i − b_j‖, min(c(i−1, j), c(i−1, j−1), c(i, j−1)))      value = c(T, S)

    Args:
        a: ``[T, D]``.
        b: ``[S, D]``.

    Raises:
        ValueError: a curve has no point, is not finite, or the two differ in D.

    Source: Eiter and Mannila, "Computing discrete Fréchet distance" (TU Wien, CD-TR 94/64), section 3.
    """
    first, second, unit = _scaled(_curve(a), _curve(b))
    return float(_last_cell(_distances(first[None], second[None]), np.maximum)[0] * unit)


def dtw(a: ArrayLike, b: ArrayLike, *, cost: Literal["euclidean", "squared"] = "euclidean") -> float:
    """Dynamic time warping: the least total distance of two curves over all ways to go through both.

    With the cost ``euclidean``, δ = ‖a_i − b_j‖ and f(c) = c; with ``squared``, δ = ‖a_i − b_j‖² and f(c) = √c::

        c(i, j) = δ(a_i, b_j) + min(c(i−1, j), c(i−1, j−1), c(i, j−1))      value = f(c(T, S))

    Args:
        a: ``[T, D]``.
        b: ``[S, D]``.
        cost: what is added up.

    Raises:
        ValueError: a curve has no point, is not finite, or the two differ in D; the cost is unknown.

    Source: Sakoe and Chiba (IEEE Trans. ASSP 26, 1978), symmetric form without slope constraint and without weights.
    """
    if cost not in ("euclidean", "squared"):
        raise ValueError(f"cost is 'euclidean' or 'squared', got {cost!r}")
    first, second, unit = _scaled(_curve(a), _curve(b))
    apart = _distances(first[None], second[None])
    if cost == "squared":
        return float(np.sqrt(_last_cell(apart * apart, np.add)[0]) * unit)
    return float(_last_cell(apart, np.add)[0] * unit)


def same_point_frechet(
    generated: ArrayLike,
    reference: ArrayLike,
    *,
    visible_generated: ArrayLike | None = None,
    visible_reference: ArrayLike | None = None,
) -> PathDistance:
    """Distance of the paths that the same query points take through two videos, pixels; lower is better.

    With F the discrete Fréchet distance of a point's two paths and P the points seen in at least two frames of each
    video::

        value = √( (1/|P|) Σ_{n ∈ P} F(a_n, b_n)² )

    Where a point is hidden, its path is interpolated in time between the frames that show it, and rests before the
    first and after the last of them. Absolute places count: it rewards keeping the layout.

    Args:
        generated: a, ``[N, T, 2]`` pixels.
        reference: b, ``[N, T', 2]`` pixels, from the same query points.
        visible_generated: ``[N, T]``; None: all.
        visible_reference: ``[N, T']``; None: all.

    Raises:
        ValueError: the two differ in N, a shape is wrong, or a visible position is not finite.

    Source: the Fréchet trajectory distance of RoPECraft, with isotropic pixels for shares of width and height, with
    all points for a random hundred, and with gaps filled along time: its code hands (frame, point) arrays to a gap
    filler of (point, frame) ones.
    """
    ours, seen = _sides(generated, visible_generated, "generated")
    theirs, there = _sides(reference, visible_reference, "reference")
    if len(ours) != len(theirs):
        raise ValueError(
            f"both sides need the same query points, got {len(ours)} generated and {len(theirs)} reference tracks"
        )
    kept = (seen.sum(axis=1) >= LEAST_VISIBLE) & (there.sum(axis=1) >= LEAST_VISIBLE)
    if not kept.any():
        return PathDistance(None, 0.0, f"no point is seen in {LEAST_VISIBLE} frames of both videos")
    first, second, unit = _scaled(_filled(ours[kept], seen[kept]), _filled(theirs[kept], there[kept]))
    rows = max(1, _CELLS // (first.shape[1] * second.shape[1]))
    leashes = np.concatenate(
        [
            _last_cell(_distances(first[row : row + rows], second[row : row + rows]), np.maximum)
            for row in range(0, len(first), rows)
        ]
    )
    return PathDistance(float(np.sqrt((leashes * leashes).mean()) * unit), float(kept.mean()))


def _curve(points: ArrayLike) -> Floats:
    curve = np.asarray(points, dtype=np.float64)
    if curve.ndim != 2 or 0 in curve.shape:
        raise ValueError(f"a curve is [T, D] with T, D >= 1, got {list(curve.shape)}")
    if not np.isfinite(curve).all():
        raise ValueError("a curve has a position that is not finite; drop or interpolate it first")
    return curve


def _sides(tracks: ArrayLike, visible: ArrayLike | None, name: str) -> tuple[Floats, NDArray[np.bool_]]:
    xy = as_tracks(tracks, name, np.float64)
    seen = as_visible(visible, xy, name)
    if not np.isfinite(xy[seen]).all():
        raise ValueError(f"{name} tracks have a visible position that is not finite")
    return xy, seen


def _scaled(a: Floats, b: Floats) -> tuple[Floats, Floats, float]:
    if a.shape[-1] != b.shape[-1]:
        raise ValueError(f"both curves need the same number of coordinates, got {a.shape[-1]} and {b.shape[-1]}")
    unit = unit_of(a, b)
    return a / unit, b / unit, unit


def _filled(xy: Floats, seen: NDArray[np.bool_]) -> Floats:
    out = xy.copy()
    frames = np.arange(xy.shape[1])
    for n in np.flatnonzero(~seen.all(axis=1)):
        for axis in range(2):
            out[n, :, axis] = np.interp(frames, frames[seen[n]], xy[n, seen[n], axis])
    return out


def _distances(a: Floats, b: Floats) -> Floats:
    """``[N, T, S]`` of curves ``[N, T, D]`` and ``[N, S, D]``."""
    return np.asarray(np.linalg.norm(a[:, :, None] - b[:, None], axis=-1))


def _last_cell(cost: Floats, join: np.ufunc) -> Floats:
    """c(T, S) of ``c(i, j) = join(cost(i, j), min(c of its three predecessors))``, ``[N]`` of ``[N, T, S]``."""
    count, rows, columns = cost.shape
    # Entry i + 1 is row i of an anti-diagonal; entry 0 and whatever lies outside of the table cannot be come from.
    before, last = np.full((2, count, rows + 1), np.inf)
    before[:, 0] = 0.0
    for diagonal in range(rows + columns - 1):
        row = np.arange(max(0, diagonal - columns + 1), min(diagonal, rows - 1) + 1)
        least = np.minimum(np.minimum(last[:, row], last[:, row + 1]), before[:, row])
        now = np.full_like(last, np.inf)
        now[:, row + 1] = join(cost[:, row, diagonal - row], least)
        before, last = last, now
    return np.asarray(last[:, rows])
