"""Annotations as files: arrays by part in ``REFERENCE.npz``, and ``annotations.json`` that says what is an estimate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motionbench.annotation.estimation import complete
from motionbench.contracts import Suite
from motionbench.errors import UsageError
from motionbench.types import Annotation, CaseEntry

INDEX = "annotations.json"


@dataclass(frozen=True)
class Written:
    """Of one reference video."""

    reference: str
    category: str
    parts: tuple[str, ...]
    """``camera``, ``masks``, ``key_points``, ``tracks``: those that are in the file."""
    estimated: tuple[str, ...]
    """Those of them that a program estimated, with source and version."""
    reason: str = ""
    """Why the category's own part is absent, or ""."""


def annotate(suite: Suite, entry: CaseEntry, folder: Path) -> Written:
    """Complete a reference's annotation and write it; raises UsageError where the folder cannot be written."""
    case, reason = complete(suite.load(entry))
    found = arrays(case.annotation)
    if found:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            np.savez_compressed(folder / f"{entry.reference_id}.npz", allow_pickle=False, **found)
        except OSError as error:
            raise UsageError(f"cannot write {folder}: {error.strerror or error}; choose another --output") from error
    parts = tuple(dict.fromkeys(name.partition(".")[0] for name in found))
    labels = tuple(one.label for one in case.annotation.estimated)
    return Written(entry.reference_id, entry.category, parts, labels, reason)


def arrays(annotation: Annotation) -> dict[str, NDArray[Any]]:
    """``camera`` [T, 3, 3], ``masks`` [K, T, H, W], ``key_points.xy`` [J, T, 2] and so on; none for what is absent."""
    camera, points, tracks = annotation.camera, annotation.key_points, annotation.tracks
    found: Mapping[str, NDArray[Any] | None] = {
        "camera": camera.matrices if camera else None,
        "masks": annotation.masks,
        "key_points.names": np.array(points.names) if points else None,
        "key_points.xy": points.xy if points else None,
        "key_points.visible": points.visible if points else None,
        "tracks.xy": tracks.xy if tracks else None,
        "tracks.visible": tracks.visible if tracks else None,
    }
    return {name: array for name, array in found.items() if array is not None}


def write_index(folder: Path, suite: str, written: Sequence[Written]) -> Path:
    """Say what is in the folder."""
    lines = [
        {"reference": one.reference, "category": one.category, "parts": one.parts, "estimated": one.estimated}
        | ({"reason": one.reason} if one.reason else {})
        for one in written
    ]
    path = folder / INDEX
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"suite": suite, "references": lines}, indent=1, ensure_ascii=False) + "\n")
    return path
