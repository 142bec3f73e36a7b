"""The loader of cases in which a person moves: their annotation is the body's key points."""

from __future__ import annotations

from motionbench.data.cases import Footage, assemble
from motionbench.types import Annotation, Case, CaseEntry


def load(entry: CaseEntry, footage: Footage) -> Case:
    """The case with its key points ``[J, T, 2]``; raises UsageError where annotated footage has none."""
    return assemble(entry, footage, _fault)


def _fault(annotation: Annotation) -> str | None:
    points = annotation.key_points
    if points is None or not points.names:
        return "which needs key points, but has none"
    if len(points.names) != len(points.xy):
        return f"whose {len(points.names)} key point names stand for {len(points.xy)} paths"
    return None
