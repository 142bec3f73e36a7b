"""Flow fidelity as FlexiMMT computes it: do the histograms of optical flow agree, frame by frame?

Source: FlexiMMT (arXiv 2603.01000) and ``eval/flow_fidelity/flow_fidelity_multi.py`` of its repository, read in the
fork jnheinrich451-eng/FlexiMMT at commit e41c341; there the flow is RAFT's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motionbench.metrics.functional.spacing import spaced

Floats = NDArray[np.float32]

MAGNITUDE_BINS, ANGLE_BINS = 20, 18
_SMALL = np.float32(1e-6)


def fleximmt_flow_fidelity(
    generated_flow: ArrayLike,
    reference_flow: ArrayLike,
    *,
    generated_masks: ArrayLike | None = None,
    reference_masks: ArrayLike | None = None,
) -> float:
    """Overlap of the two videos' distributions of flow length and flow angle inside an object, averaged over frames.

    For each pair of frames ``½ [BC(h, h') + BC(a, a')]`` with ``BC(p, q) = Σ_i √(p_i q_i)``; h is the histogram of
    flow lengths over their own mean (20 bins up to the larger of the two 99th percentiles, longer ones left out), a
    that of angles (18 bins). The longer video is cut. Where things move, and how fast, is invisible; the value of
    several objects is the mean of theirs.

    Args:
        generated_flow: ``[T-1, H, W, 2]`` pixels.
        reference_flow: ``[T'-1, H', W', 2]`` pixels.
        generated_masks: ``[T-1, H, W]``, the object on the first frame of each pair; None: the whole frame.
        reference_masks: ``[T'-1, H', W']``; None: the whole frame.

    Returns:
        A value in [0, 1], higher is better; a frame with an empty mask counts 0.

    Raises:
        ValueError: shapes do not fit, a flow is not finite, or there is no pair of frames.
    """
    ours, our_masks = _checked(generated_flow, generated_masks, "generated")
    theirs, their_masks = _checked(reference_flow, reference_masks, "reference")
    pairs = min(len(ours), len(theirs))
    values = [_agreement(ours[t][our_masks[t]], theirs[t][their_masks[t]]) for t in range(pairs)]
    return float(np.mean(values))


def _checked(flow: ArrayLike, masks: ArrayLike | None, name: str) -> tuple[Floats, NDArray[np.bool_]]:
    array = np.asarray(flow, dtype=np.float32)
    if array.ndim != 4 or array.shape[-1] != 2 or 0 in array.shape:
        raise ValueError(f"{name} flow is [T-1, H, W, 2] with no empty axis, got {list(array.shape)}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} flow has values that are not finite")
    if masks is None:
        return array, np.ones(array.shape[:3], dtype=bool)
    inside = np.asarray(masks, dtype=bool)
    if inside.shape != array.shape[:3]:
        raise ValueError(f"{name} masks are {list(array.shape[:3])} like their flow, got {list(inside.shape)}")
    return array, inside


def _agreement(ours: Floats, theirs: Floats) -> float:
    """Of the flow vectors ``[P, 2]`` and ``[P', 2]`` of one pair of frames."""
    if len(ours) == 0 or len(theirs) == 0:
        return 0.0
    lengths = [_relative_lengths(flow) for flow in (ours, theirs)]
    top = max(*(_percentile_99(side) for side in lengths), _SMALL)
    length_borders = spaced(0, float(top), MAGNITUDE_BINS + 1)
    angles = [np.arctan2(flow[:, 1], flow[:, 0]) for flow in (ours, theirs)]
    angle_borders = spaced(-np.pi, np.pi, ANGLE_BINS + 1)
    return (_overlap(lengths[0], lengths[1], length_borders) + _overlap(angles[0], angles[1], angle_borders)) / 2


def _relative_lengths(flow: Floats) -> Floats:
    lengths = np.sqrt((flow * flow).sum(axis=-1))
    return np.asarray(lengths / (lengths.mean() + _SMALL))


def _percentile_99(values: Floats) -> np.float32:
    """Linear between neighbours, ranks in float32 as in PyTorch: the value is a border and may fall on a pixel's."""
    rank = np.float32(0.99) * np.float32(len(values) - 1)
    low, high = int(np.floor(rank)), int(np.ceil(rank))
    parted = np.partition(values, (low, high))
    weight = np.float32(rank - low)
    below, above = parted[low], parted[high]
    if weight < 0.5:
        return np.float32(below + weight * (above - below))
    return np.float32(above - (above - below) * (1 - weight))


def _overlap(ours: Floats, theirs: Floats, borders: Floats) -> float:
    """Bhattacharyya coefficient of two histograms over the same borders."""
    shares = [_shares(side, borders) for side in (ours, theirs)]
    return float(np.sqrt(shares[0] * shares[1]).sum())


def _shares(values: Floats, borders: Floats) -> Floats:
    counts = np.histogram(values, bins=borders)[0].astype(np.float32)
    return np.asarray(counts / (counts.sum() + _SMALL))
