"""Agreement of image and text features of one space (CLIP).

Features need not be of unit length; they are normalised here, in float64.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from motionbench.metrics.functional.features import mean_cosine, unit_rows, unit_text


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
    frames = unit_rows(image_features, "image features")
    return mean_cosine(frames @ unit_text(text_feature, frames.shape[1]))
