"""Scores of image and text features of one space (CLIP): prompt agreement and temporal consistency.

Features need not be of unit length; they are normalised here, in float64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def clip_text(image_features: ArrayLike, text_feature: ArrayLike) -> float:
    """Mean over all frames of the image-prompt cosine, unscaled: ``(1/T) Σ_t cos(i_t, c)``.

    Args:
        image_features: ``[T, D]``.
        text_feature: ``[D]``.

    Returns:
        A value in [−1, 1], higher is better; 0.2 to 0.4 in use.

    Raises:
        ValueError: shapes do not fit, or a feature is zero or not finite.

    Source: the frame-prompt similarity of DMT (arXiv 2311.17009, section 5.1), over every frame.
    """
    frames = _unit(image_features, "image features")
    text = np.asarray(text_feature, dtype=np.float64)
    if text.shape != frames.shape[1:]:
        raise ValueError(f"the text feature is [{frames.shape[1]}] like the image features, got {list(text.shape)}")
    return _bounded(frames @ _unit(text[None], "text feature")[0])


def temporal_consistency_consecutive(features: ArrayLike) -> float:
    """Mean cosine of consecutive frames: ``(1/(T−1)) Σ_t cos(i_t, i_t+1)``.

    A frozen video has 1, so the value is shown and never ranked.

    Args:
        features: ``[T, D]``, T >= 2.

    Returns:
        A value in [−1, 1].

    Raises:
        ValueError: fewer than two frames, or a feature is zero or not finite.

    Source: the form of MotionClone (arXiv 2406.05338); other papers average all pairs.
    """
    frames = _unit(features, "features")
    if len(frames) < 2:
        raise ValueError(f"temporal consistency needs two frames, got {len(frames)}")
    return _bounded((frames[1:] * frames[:-1]).sum(axis=-1))


def _unit(features: ArrayLike, name: str) -> NDArray[np.float64]:
    array = np.asarray(features, dtype=np.float64)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"{name} are [T, D] with T, D >= 1, got {list(array.shape)}")
    peak = np.abs(array).max(axis=-1, keepdims=True)
    if not (np.isfinite(peak) & (peak > 0)).all():
        raise ValueError(f"{name} must be finite and not all zero in any row")
    scaled = array / peak
    return np.asarray(scaled / np.linalg.norm(scaled, axis=-1, keepdims=True))


def _bounded(cosines: NDArray[np.float64]) -> float:
    return float(np.clip(cosines.mean(), -1.0, 1.0))
