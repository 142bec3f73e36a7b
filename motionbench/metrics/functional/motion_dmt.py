"""Motion fidelity as the official script of DMT computes it, for comparison with published numbers.

Source: Yatim et al., "Space-Time Diffusion Features for Zero-Shot Text-Driven Motion Transfer" (arXiv 2311.17009),
section 5.1, and ``motion_fidelity_score.py`` of the repository diffusion-motion-transfer at commit da9d4c3, which
differs from the paper's equation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motionbench.metrics.functional.arrays import as_tracks, require_equal_length


def motion_fidelity_dmt(generated: ArrayLike, reference: ArrayLike) -> float:
    """For each generated track the best agreement with any reference track, averaged.

    ``MF = (1/N) Σ_n max_m [ (1/(T-1)) Σ_t ⟨v_n,t, v_m,t⟩ / (‖v_n,t‖ ‖v_m,t‖) − δ_nm ]``, v the step between frames.

    Three properties of the script are kept on purpose: the identity δ is subtracted (so a track never profits from
    the reference track of the same index, and N must be equal), only one direction is computed, and a single step of
    length zero on either side makes the result NaN, as does a position that is not finite. Visibility is not looked at.

    Args:
        generated: ``[N, T, 2]`` pixels.
        reference: ``[N, T, 2]`` pixels.

    Returns:
        A value in [−1, 1], higher is better, or NaN.

    Raises:
        ValueError: N or T differ, or there is no step or no track.
    """
    ours = as_tracks(generated, "generated", np.float32)
    theirs = as_tracks(reference, "reference", np.float32)
    require_equal_length(ours, theirs)
    if len(ours) != len(theirs):
        raise ValueError(f"the official script needs as many tracks on both sides, got {len(ours)} and {len(theirs)}")
    if len(ours) == 0 or ours.shape[1] < 2:
        raise ValueError(f"the official script needs a track and two frames, got tracks {list(ours.shape)}")
    units = [_directions(side) for side in (ours, theirs)]
    # A step whose square vanishes has an infinite direction, which the maximum would hide or report.
    if not all(np.isfinite(side).all() for side in units):
        return float("nan")
    steps = ours.shape[1] - 1
    # Σ_t ⟨·,·⟩ over all pairs is one product of [N, 2(T-1)] matrices: the script's [N, M, T] tensor is never built.
    similarity = units[0] @ units[1].T / np.float32(steps)
    similarity -= np.eye(len(ours), dtype=np.float32)
    return float(similarity.max(axis=1).mean())


def _directions(tracks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unit steps, flattened to ``[N, 2(T-1)]``; 0/0 is NaN as in the script."""
    moves = np.diff(tracks, axis=1)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        units = moves / np.sqrt((moves * moves).sum(axis=-1, keepdims=True))
    return np.ascontiguousarray(units.reshape(len(tracks), -1))
