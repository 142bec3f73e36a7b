"""The loader of cases in which the camera moves: their annotation is the camera's path."""

from __future__ import annotations

from motionbench.data.cases import Footage, assemble
from motionbench.types import Annotation, Case, CaseEntry


def load(entry: CaseEntry, footage: Footage) -> Case:
    """The case with its camera path ``[T, 3, 3]``; raises UsageError where annotated footage has none."""
    return assemble(entry, footage, _fault)


def _fault(annotation: Annotation) -> str | None:
    return "which needs a camera path, but has none" if annotation.camera is None else None
