"""The loader of cases in which one object moves: their annotation is the subject's mask."""

from __future__ import annotations

from motionbench.data.cases import Footage, assemble, mask_count
from motionbench.types import Annotation, Case, CaseEntry


def load(entry: CaseEntry, footage: Footage) -> Case:
    """The case with its mask ``[1, T, H, W]``; raises UsageError where annotated footage has none or several."""
    return assemble(entry, footage, _fault)


def _fault(annotation: Annotation) -> str | None:
    count = mask_count(annotation)
    return None if count == 1 else f"which needs exactly 1 mask, but has {count}"
