"""The loader of cases in which several objects move: their annotation is a mask for each."""

from __future__ import annotations

from motionbench.data.cases import Footage, assemble, mask_count
from motionbench.types import Annotation, Case, CaseEntry


def load(entry: CaseEntry, footage: Footage) -> Case:
    """The case with its masks ``[K, T, H, W]``, K ≥ 2; raises UsageError where annotated footage has fewer."""
    return assemble(entry, footage, _fault)


def _fault(annotation: Annotation) -> str | None:
    count = mask_count(annotation)
    return None if count >= 2 else f"which needs at least 2 masks, but has {count}"
