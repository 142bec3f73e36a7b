"""What most published forms of motion fidelity share: unit steps, and for each track its best partner.

Source: Yatim et al., "Space-Time Diffusion Features for Zero-Shot Text-Driven Motion Transfer" (arXiv 2311.17009),
section 5.1, equation of ``corr``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS = 512
"""Tracks compared with all others at once; bounds memory at ROWS × M numbers."""


def directions(vectors: NDArray[Any], epsilon: float = 0.0) -> NDArray[Any]:
    """``v / (‖v‖ + ε)`` of ``[N, F, 2]``, flattened to ``[N, 2F]``; 0/0 is NaN."""
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        lengths = np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True)) + vectors.dtype.type(epsilon)
        units = vectors / lengths
    return np.ascontiguousarray(units.reshape(len(vectors), vectors.shape[1] * 2))


def mean_best_cosine(ours: NDArray[Any], theirs: NDArray[Any]) -> float:
    """``(1/N) Σ_n max_m (1/F) Σ_f ⟨u_n,f, u_m,f⟩`` of flattened directions; NaN where either side is not finite."""
    vectors = ours.shape[1] // 2
    # A step whose square vanishes has an infinite direction, which the maximum would hide or report.
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        return float("nan")
    best = [
        # Σ_f ⟨·,·⟩ over all pairs is a product of matrices: the [N, M, F] tensor of the scripts is never built.
        (ours[row : row + ROWS] @ theirs.T / ours.dtype.type(vectors)).max(axis=1)
        for row in range(0, len(ours), ROWS)
    ]
    return float(np.concatenate(best).mean())
