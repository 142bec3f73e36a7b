"""Motion fidelity as FlexiMMT computes it ("trajectory fidelity"), for comparison with published numbers.

Source: FlexiMMT (arXiv 2603.01000) and ``eval/motion_fidelity/motion_fidelity_multi.py`` of its repository, read in
the fork jnheinrich451-eng/FlexiMMT at commit e41c341.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from motionbench.metrics.functional.arrays import as_tracks
from motionbench.metrics.functional.best_match import directions, mean_best_cosine

EPSILON = 1e-8


def motion_fidelity_fleximmt(generated: ArrayLike, reference: ArrayLike) -> float:
    """For each generated track of an object the best agreement with any reference track of it, averaged.

    ``MF = (1/N) Σ_n max_m (1/(T-1)) Σ_t ⟨v_n,t, v_m,t⟩ / ((‖v_n,t‖ + ε)(‖v_m,t‖ + ε))``, v the step between frames and
    ε = 1e-8 pixels. It differs from the DMT script in ε (a still step counts 0, not NaN), in keeping the reference
    track of the same index, in taking different numbers of tracks, and in cutting the longer side to the shorter.

    Args:
        generated: ``[N, T, 2]`` pixels.
        reference: ``[M, T', 2]`` pixels, of a reference resized to the generation's frame.

    Returns:
        A value in [−1, 1], higher is better; 0 for a still video.

    Raises:
        ValueError: there is no track or no step on a side, a position is not finite, or a step too long for float32.
    """
    ours = as_tracks(generated, "generated", np.float32)
    theirs = as_tracks(reference, "reference", np.float32)
    for name, side in (("generated", ours), ("reference", theirs)):
        if len(side) == 0 or side.shape[1] < 2:
            raise ValueError(f"FlexiMMT's score needs a track and two frames, got {name} tracks {list(side.shape)}")
    frames = min(ours.shape[1], theirs.shape[1])
    with np.errstate(over="ignore", invalid="ignore"):
        steps = [np.diff(side[:, :frames], axis=1) for side in (ours, theirs)]
    for name, moves in zip(("generated", "reference"), steps, strict=True):
        if not np.isfinite(moves).all():
            raise ValueError(f"{name} tracks have a position that is not finite, or a step too long for float32")
    return mean_best_cosine(*(directions(moves, EPSILON) for moves in steps))


def motion_fidelity_fleximmt_objects(objects: Sequence[tuple[ArrayLike, ArrayLike]]) -> float:
    """The mean of ``motion_fidelity_fleximmt`` over objects, as published for several of them.

    The published script leaves out an object without tracks; here it raises, because a lost object is no detail.

    Args:
        objects: generated and reference tracks of each object, each masked in its own video.

    Raises:
        ValueError: there is no object, or an object has no track or no step.
    """
    if not objects:
        raise ValueError("the mean over objects needs one object, got none")
    return float(np.mean([motion_fidelity_fleximmt(generated, reference) for generated, reference in objects]))
