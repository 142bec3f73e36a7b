"""Do body key points follow those of a reference? PCK in the body's own frame, and OKS.

Key points are ``[J, T, 2]`` pixels, visibility ``[J, T]``; float64 inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motionbench.metrics.functional.arrays import as_tracks, as_visible, require_equal_length
from motionbench.metrics.functional.scale import unit_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NO_JOINT = "no joint of the reference is visible"
COCO_KAPPA = tuple(
    2 * sigma
    for sigma in (
        *(0.026, 0.025, 0.025, 0.035, 0.035),
        *(0.079, 0.079, 0.072, 0.072, 0.062, 0.062),
        *(0.107, 0.107, 0.087, 0.087, 0.089, 0.089),
    )
)
"""κ of COCO's 17 joints: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles."""


@dataclass(frozen=True)
class PoseAgreement:
    """A value in [0, 1], higher is better, or None and the reason why there is none."""

    value: float | None
    joints: int
    """Pairs of joint and frame that were counted."""
    reason: str | None = None


def pck(
    generated: ArrayLike,
    reference: ArrayLike,
    *,
    root: Sequence[int],
    chest: Sequence[int],
    threshold: float = 0.2,
    visible_generated: ArrayLike | None = None,
    visible_reference: ArrayLike | None = None,
) -> PoseAgreement:
    """Share of key points in the right place relative to the body, in torso lengths.

    With r_t the mean of the root joints (hips), c_t that of the chest joints (neck or shoulders), L the median over
    frames of ‖c_t − r_t‖, each video with its own::

        q_j,t = (p_j,t − r_t) / L
        value = mean over (j, t) of [ ‖q_j,t of generated − q_j,t of reference‖ <= threshold ]

    The mean runs over joints that the reference shows in frames where it shows its root; a joint or a root that the
    generation does not show is wrong. Root joints are not counted: one of them alone would always be right. Place and
    size of the body do not enter.

    Args:
        generated: ``[J, T, 2]`` pixels.
        reference: ``[J, T, 2]`` pixels.
        root: indices of the joints whose mean is the root.
        chest: indices of the joints whose mean is the upper end of the torso.
        threshold: torso lengths, >= 0.
        visible_generated: ``[J, T]``; None: all.
        visible_reference: ``[J, T]``; None: all.

    Raises:
        ValueError: shapes differ, an index or the threshold is out of range, a visible position is not finite.

    Source: PCK of Yang and Ramanan (TPAMI 35, 2013), with the torso for the bounding box.
    """
    if not threshold >= 0:
        raise ValueError(f"threshold is a number of torso lengths >= 0, got {threshold}")
    ours, seen, theirs, there = _pair(generated, reference, visible_generated, visible_reference)
    for name, joints in (("root", root), ("chest", chest)):
        if not joints or not all(0 <= joint < len(ours) for joint in joints):
            raise ValueError(f"{name} names joints by index from 0 to {len(ours) - 1}, got {list(joints)}")
    counted = there & there[list(root)].all(axis=0)
    counted[list(root)] = False
    if not counted.any():
        return PoseAgreement(None, 0, f"{NO_JOINT} together with its root")
    a, b = _in_torsos(ours, seen, root, chest), _in_torsos(theirs, there, root, chest)
    if a is None or b is None:
        name = "reference" if b is None else "generated"
        return PoseAgreement(None, 0, f"no torso is visible in the {name} video, or it has no length")
    apart = np.hypot(*np.moveaxis(a - b, -1, 0))
    found = seen & seen[list(root)].all(axis=0) & (apart <= threshold)
    return PoseAgreement(float(found[counted].mean()), int(counted.sum()))


def oks(
    generated: ArrayLike,
    reference: ArrayLike,
    *,
    scale: ArrayLike,
    kappa: ArrayLike,
    visible_generated: ArrayLike | None = None,
    visible_reference: ArrayLike | None = None,
) -> PoseAgreement:
    """Object key-point similarity, averaged over frames and joints that the reference shows.

    With d_j,t the distance of the two positions::

        value = mean over (j, t) of exp(−d_j,t² / (2 s_t² κ_j²))

    A joint that the generation does not show counts 0. Places are absolute, unlike in ``pck``.

    Args:
        generated: ``[J, T, 2]`` pixels.
        reference: ``[J, T, 2]`` pixels.
        scale: s > 0, pixels, one number or ``[T]``: the square root of the body's area.
        kappa: κ > 0, one number or ``[J]``, such as ``COCO_KAPPA``.
        visible_generated: ``[J, T]``; None: all.
        visible_reference: ``[J, T]``; None: all.

    Raises:
        ValueError: shapes differ, s or κ is not positive, a visible position is not finite.

    Source: COCO key-point evaluation, with s² for the area and without its division by the area plus machine epsilon.
    """
    ours, seen, theirs, there = _pair(generated, reference, visible_generated, visible_reference)
    sizes = _positive(scale, ours.shape[1], "scale")
    widths = _positive(kappa, len(ours), "kappa")
    if not there.any():
        return PoseAgreement(None, 0, NO_JOINT)
    with np.errstate(over="ignore"):
        ratio = np.hypot(*np.moveaxis(ours - theirs, -1, 0)) / sizes / widths[:, None]
        alike = np.where(seen, np.exp(-0.5 * ratio * ratio), 0.0)
    return PoseAgreement(float(alike[there].mean()), int(there.sum()))


def _pair(
    generated: ArrayLike, reference: ArrayLike, visible_generated: ArrayLike | None, visible_reference: ArrayLike | None
) -> tuple[Floats, Bools, Floats, Bools]:
    """Positions, zero where hidden, and visibility of both sides."""
    ours, theirs = as_tracks(generated, "generated", np.float64), as_tracks(reference, "reference", np.float64)
    require_equal_length(ours, theirs)
    if len(ours) != len(theirs):
        raise ValueError(f"both sides need the same joints, got {len(ours)} generated and {len(theirs)} reference")
    seen = as_visible(visible_generated, ours, "generated")
    there = as_visible(visible_reference, theirs, "reference")
    for name, xy, shown in (("generated", ours, seen), ("reference", theirs, there)):
        if not np.isfinite(xy[shown]).all():
            raise ValueError(f"{name} key points have a visible position that is not finite")
    return np.where(seen[..., None], ours, 0.0), seen, np.where(there[..., None], theirs, 0.0), there


def _in_torsos(xy: Floats, seen: Bools, root: Sequence[int], chest: Sequence[int]) -> Floats | None:
    """Positions from the root in torso lengths; None where no frame shows a torso."""
    xy = xy / unit_of(xy)
    hips, upper = xy[list(root)].mean(axis=0), xy[list(chest)].mean(axis=0)
    whole = seen[[*root, *chest]].all(axis=0)
    torso = float(np.median(np.hypot(*(upper - hips)[whole].T))) if whole.any() else 0.0
    if torso == 0:
        return None
    with np.errstate(over="ignore"):
        return np.asarray(np.nan_to_num((xy - hips) / torso))


def _positive(values: ArrayLike, count: int, name: str) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.shape not in ((), (count,)) or not ((array > 0) & np.isfinite(array)).all():
        raise ValueError(f"{name} is one positive number or {count} of them, got {array.tolist()}")
    return np.asarray(np.broadcast_to(array, (count,)))
