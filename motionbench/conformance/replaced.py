"""Cases with some fields replaced by others that are as plausible: whoever does not look gives the same video.

Everything is drawn from a fixed seed, so that an examination repeats itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from motionbench.types import Annotation, CameraPath, Case, KeyPoints, Tracks, Video

OTHER_PROMPT = "a yellow triangle turns above a dark blue ground"
_SEED = 4


def _noise(case: Case, seed: int) -> Video:
    shape = case.reference.frames.shape
    frames = np.random.default_rng([_SEED, seed]).integers(0, 256, shape, dtype=np.uint8)
    return Video(frames, case.reference.fps)


def _annotation(case: Case) -> Annotation:
    """Every part is there, and all of it is wrong."""
    frames, height, width = case.reference.size
    random = np.random.default_rng([_SEED, 3])
    camera = np.repeat(np.eye(3)[None], frames, axis=0)
    camera[:, :2, 2] = random.normal(0, width / 4, (frames, 2))
    xy = random.uniform(0, min(height, width), (5, frames, 2)).astype(np.float32)
    seen = np.ones((5, frames), bool)
    return Annotation(
        camera=CameraPath(camera),
        masks=random.random((1, frames, height, width)) < 0.5,
        key_points=KeyPoints(("head", "left_hand", "right_hand", "left_foot", "right_foot"), xy, seen),
        tracks=Tracks(xy[:, :, ::-1].copy(), seen),
        exact=True,
    )


def _category(case: Case) -> dict[str, Any]:
    return {"category": "human" if case.category != "human" else "camera"}


_CHANGES: Mapping[str, Callable[[Case], dict[str, Any]]] = {
    "reference": lambda case: {"reference": _noise(case, 0)},
    "reference_prompt": lambda case: {"reference_prompt": OTHER_PROMPT + ", again"},
    "prompt": lambda case: {"prompt": OTHER_PROMPT},
    "annotation": lambda case: {"annotation": _annotation(case)},
    "other": lambda case: {"other": _noise(case, 1)},
    "perfect": lambda case: {"perfect": _noise(case, 2)},
    "category": _category,
    "tags": lambda case: {"tags": ("replaced",)},
    "id": lambda case: {"id": "replaced-0", "reference_id": "replaced", "suite": "replaced"},
}
FIELDS = tuple(_CHANGES)
"""All that a method could look at; ``id`` stands for the three names of a case."""


def replaced(case: Case, fields: Iterable[str]) -> Case:
    """The case with other content in these fields."""
    changes: dict[str, Any] = {}
    for name in fields:
        changes.update(_CHANGES[name](case))
    return dataclasses.replace(case, **changes)
