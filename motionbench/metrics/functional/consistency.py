"""The published forms of temporal consistency, by name, and temporal flicker.

A frozen video has 1 in all of them, so they are shown and never ranked. Features need not be of unit length; they are
normalised here, in float64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from motionbench.metrics.functional.features import Floats, mean_cosine, unit_rows


def temporal_consistency_consecutive(features: ArrayLike) -> float:
    """Mean cosine of consecutive frames: ``(1/(T−1)) Σ_t cos(i_t, i_t+1)``.

    Args:
        features: ``[T, D]``, T >= 2.

    Returns:
        A value in [−1, 1].

    Raises:
        ValueError: fewer than two frames, or a feature is zero or not finite.

    Source: the form of MotionClone (arXiv 2406.05338); other papers average all pairs.
    """
    frames = _frames(features)
    return mean_cosine((frames[1:] * frames[:-1]).sum(axis=-1))


def temporal_consistency_all_pairs(features: ArrayLike) -> float:
    """Mean cosine of all pairs of different frames: ``(1/(T(T−1))) Σ_t Σ_s≠t cos(i_t, i_s)``.

    Blind to the order of frames.

    Args:
        features: ``[T, D]``, T >= 2.

    Returns:
        A value in [−1/(T−1), 1].

    Raises:
        ValueError: fewer than two frames, or a feature is zero or not finite.

    Source: the line of Tune-A-Video and MotionDirector, as coded in ``scripts/run_eval.py`` of showlab/loveu-tgve-2023
    at d75589f.
    """
    frames = _frames(features)
    count = len(frames)
    total = frames.sum(axis=0)
    # |Σ_t i_t|² holds every ordered pair once and each frame with itself: no T×T matrix is needed.
    return mean_cosine(np.asarray((total @ total - count) / (count * (count - 1))))


def temporal_consistency_first_previous(features: ArrayLike) -> float:
    """Mean likeness to the first and to the previous frame, over the T−1 frames after the first.

    ``(1/(T−1)) Σ_t=1..T−1 ½ [max(0, cos(i_t, i_0)) + max(0, cos(i_t, i_t−1))]``; frame 0 is compared with nothing and
    does not count.

    Args:
        features: ``[T, D]``, T >= 2.

    Returns:
        A value in [0, 1].

    Raises:
        ValueError: fewer than two frames, or a feature is zero or not finite.

    Source: VBench (arXiv 2311.17982), subject and background consistency, as coded at 45e79ec, the value of one video.
    """
    frames = _frames(features)
    cosines = np.stack([frames[1:] @ frames[0], (frames[1:] * frames[:-1]).sum(axis=-1)])
    return mean_cosine(np.maximum(cosines, 0.0))


def temporal_consistency_first_previous_det(features: ArrayLike) -> float:
    """The same as DeT codes it: frame 0 counts, as its own first and previous frame, and no cosine is cut at 0.

    ``(1/T) [1 + Σ_t=1..T−1 ½ (cos(i_t, i_0) + cos(i_t, i_t−1))]``, which rises towards 1 as videos get shorter.

    Args:
        features: ``[T, D]``, T >= 2.

    Returns:
        A value in [−1, 1].

    Raises:
        ValueError: fewer than two frames, or a feature is zero or not finite.

    Source: DeT (MTBench), as coded in ``calculate_dino`` of evaluation.py of Shi-qingyu/DeT at 2a2f4dd.
    """
    frames = _frames(features)
    previous = np.concatenate([frames[:1], frames[:-1]])
    return mean_cosine(np.stack([frames @ frames[0], (frames * previous).sum(axis=-1)]))


def temporal_flicker(frames: ArrayLike) -> float:
    """How little consecutive frames differ: ``(255 − mean_t mean |x_t+1 − x_t|) / 255``.

    Motion lowers it like flicker does, so it is a score of flicker only where nothing moves.

    Args:
        frames: ``uint8 [T, H, W, 3]``, T >= 2.

    Returns:
        A value in [0, 1]; 1 where no pixel changes.

    Raises:
        ValueError: other frames than these.

    Source: VBench (arXiv 2311.17982), temporal flickering, as coded at 45e79ec, without its filter for static scenes.
    """
    pixels = np.asarray(frames)
    if pixels.dtype != np.uint8 or pixels.ndim != 4 or len(pixels) < 2 or 0 in pixels.shape:
        raise ValueError(f"flicker takes uint8 frames [T, H, W, 3] with T >= 2, got {pixels.dtype} {pixels.shape}")
    pairs = zip(pixels[1:], pixels[:-1], strict=True)
    change = np.mean([np.abs(later.astype(np.int16) - earlier).mean() for later, earlier in pairs])
    return float((255.0 - change) / 255.0)


def _frames(features: ArrayLike) -> Floats:
    frames = unit_rows(features, "features")
    if len(frames) < 2:
        raise ValueError(f"temporal consistency needs two frames, got {len(frames)}")
    return frames
