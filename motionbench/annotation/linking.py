"""Which moving pixels belong to which object, through time.

The number of objects is the largest one that at least a quarter of the frames show as regions apart. They are told
apart best where their smallest region is largest; from that frame on, forward and backward, a moving pixel belongs to
the object that was nearest to it in the frame before. So objects that meet stay as many as they were, with a border
half-way; which is which after they have covered each other is a guess.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Labels = NDArray[np.int64]

LEAST_AREA = 0.002
"""Share of the frame: smaller regions are no object."""
LEAST_SHOWN = 0.25
"""Share of the frames that show the objects apart."""
FARTHEST = 0.15
"""Share of the diagonal: moving pixels farther than this from where any object was belong to none."""


def linked(moves: Bools, most: int | None = None) -> Bools:
    """Objects ``[K, T, h, w]`` of moving pixels ``[T, h, w]``, K <= ``most``; K = 0 where nothing moves for long."""
    regions = [_regions(frame) for frame in moves]
    seeds = _seeds(regions, most)
    if seeds is None:
        return np.zeros((0, *moves.shape), bool)
    start, count = seeds
    labels = np.zeros(moves.shape, np.int64)
    for number, region in enumerate(regions[start][:count], start=1):
        labels[start][region] = number
    for order in (range(start + 1, len(moves)), range(start - 1, -1, -1)):
        _spread(labels, moves, labels[start], order)
    return np.stack([labels == number for number in range(1, count + 1)])


def _seeds(regions: list[list[Bools]], most: int | None) -> tuple[int, int] | None:
    """The frame to start from, and the number of objects."""
    counts = np.array([len(found) for found in regions])
    count = max((n for n in range(1, counts.max() + 1) if (counts >= n).mean() >= LEAST_SHOWN), default=0)
    count = count if most is None else min(count, most)
    if count == 0:
        return None
    smallest = [int(found[count - 1].sum()) if len(found) >= count else 0 for found in regions]
    return int(np.argmax(smallest)), count


def _regions(moves: Bools) -> list[Bools]:
    """Connected regions of a frame, the largest first."""
    from scipy.ndimage import label

    numbers, _ = label(moves)
    areas = np.bincount(numbers.ravel())
    order = [int(one) for one in np.argsort(areas)[::-1] if one and areas[one] >= LEAST_AREA * moves.size]
    return [numbers == one for one in order]


def _spread(labels: Labels, moves: Bools, start: Labels, order: Iterable[int]) -> None:
    """Label frames one after the other; an object that is not seen in one stays where it was last."""
    from scipy.ndimage import distance_transform_edt

    last = start.copy()
    farthest = FARTHEST * float(np.hypot(*start.shape))
    for frame in order:
        distance, (rows, columns) = distance_transform_edt(last == 0, return_indices=True)
        labels[frame] = np.where(moves[frame] & (distance <= farthest), last[rows, columns], 0)
        shown = np.unique(labels[frame])
        last = np.where(np.isin(last, shown), 0, last)
        last = np.where(labels[frame] > 0, labels[frame], last)
