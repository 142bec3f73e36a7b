"""How much of the reference's look came along, beyond what chance and the two prompts explain.

Source: ours; the reasons are in ``docs/design/0005-leakage.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from motionbench.metrics.functional.features import Floats, mean_cosine, unit_rows, unit_text

CAPTION_TELLS_NOTHING = "the reference's caption fits the unrelated clip as well as the reference"
CLIPS_ALIKE = "the unrelated clip looks like the reference"
PROMPTS_ALIKE = "the prompt asks for what the reference shows"


@dataclass(frozen=True)
class Leakage:
    """The value with what it was read against; where it is undefined it is None, and ``reason`` says why."""

    value: float | None
    """In [0, 1]: 0 at or below the floor, 1 for a copy."""
    similarity: float
    """S: generation and reference, frame by frame."""
    unrelated: float
    """U: unrelated clip and reference, frame by frame."""
    shared: float | None
    """β: the share of the reference's description that the prompt gives as well."""
    floor: float | None
    """F: the similarity that needs no copying."""
    reason: str | None = None


def leakage(
    generated: ArrayLike,
    reference: ArrayLike,
    unrelated: ArrayLike,
    *,
    prompt: ArrayLike,
    reference_prompt: ArrayLike,
    least_room: float = 0.1,
    least_contrast: float = 0.02,
) -> Leakage:
    """Time-aligned likeness to the reference, as the share of the way from its floor to a copy.

    For unit image features g_t, r_t, u_t of generation, reference and an unrelated clip, and unit text features p, q
    of the prompt and of the reference's caption::

        S = (1/T) Σ_t ⟨g_t, r_t⟩          U = (1/T) Σ_t ⟨u_t, r_t⟩          d = (1/T) Σ_t (r_t − u_t)
        β = min(1, max(0, ⟨p, d⟩ / ⟨q, d⟩))          F = U + β (1 − U)
        leakage = max(0, S − F) / (1 − F)

    β is 1 where the prompt tells the reference from the unrelated clip as well as the reference's own caption does, 0
    where it does not tell them apart. F does not depend on the generation, so the value never falls as S rises.

    Args:
        generated: ``[T, D]`` image features, in the order of time.
        reference: ``[T, D]``, at the same times.
        unrelated: ``[T, D]``, of a clip that has nothing to do with either.
        prompt: p, ``[D]``, of the same space.
        reference_prompt: q, ``[D]``.
        least_room: 1 − F at which the value is undefined: generation and copy are then too alike to tell.
        least_contrast: ⟨q, d⟩ at which the value is undefined: the caption then says nothing of the reference.

    Raises:
        ValueError: shapes differ, a feature is zero or not finite, or a parameter is not in (0, 1].
    """
    if not (0 < least_room <= 1 and 0 < least_contrast <= 1):
        raise ValueError(f"need least_room and least_contrast in (0, 1], got {least_room} and {least_contrast}")
    ours, theirs, others = _aligned(generated, reference, unrelated)
    text, caption = (
        unit_text(feature, theirs.shape[1], name)
        for feature, name in ((prompt, "the prompt's feature"), (reference_prompt, "the reference prompt's feature"))
    )
    similarity, chance = (mean_cosine((frames * theirs).sum(axis=-1)) for frames in (ours, others))
    if 1 - chance < least_room:
        return Leakage(None, similarity, chance, None, None, CLIPS_ALIKE)
    apart = (theirs - others).mean(axis=0)
    contrast = float(caption @ apart)
    if contrast < least_contrast:
        return Leakage(None, similarity, chance, None, None, CAPTION_TELLS_NOTHING)
    shared = float(np.clip(text @ apart / contrast, 0.0, 1.0))
    floor = chance + shared * (1 - chance)
    if 1 - floor < least_room:
        return Leakage(None, similarity, chance, shared, floor, PROMPTS_ALIKE)
    return Leakage(max(0.0, similarity - floor) / (1 - floor), similarity, chance, shared, floor)


def _aligned(generated: ArrayLike, reference: ArrayLike, unrelated: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Unit rows of all three; raises ValueError unless they have one shape."""
    named = (("generated", generated), ("reference", reference), ("unrelated", unrelated))
    ours, theirs, others = (unit_rows(features, f"{name} features") for name, features in named)
    if not ours.shape == theirs.shape == others.shape:
        shapes = ", ".join(str(list(part.shape)) for part in (ours, theirs, others))
        raise ValueError(f"generated, reference and unrelated features have one shape [T, D], got {shapes}")
    return ours, theirs, others
