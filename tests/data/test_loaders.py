from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from motionbench.data import loaders
from motionbench.data.cases import Footage
from motionbench.errors import UsageError
from motionbench.types import Annotation, CameraPath, CaseEntry, KeyPoints, Video

FRAMES = 3
VIDEO = Video(np.zeros((FRAMES, 8, 8, 3), np.uint8), 8.0)
CAMERA = CameraPath(np.tile(np.eye(3), (FRAMES, 1, 1)))
POINTS = KeyPoints(("head", "hand"), np.zeros((2, FRAMES, 2), np.float32), np.ones((2, FRAMES), bool))


def masks(count: int, frames: int = FRAMES) -> np.ndarray:
    return np.ones((count, frames, 8, 8), bool)


def entry(category: str) -> CaseEntry:
    return CaseEntry("c--p1", "s", category, "c", "a prompt", "a caption", "0" * 64, ("tag",))


@pytest.mark.parametrize(
    ("category", "annotation"),
    [
        ("camera", Annotation(camera=CAMERA)),
        ("single_object", Annotation(masks=masks(1))),
        ("multi_object", Annotation(masks=masks(2))),
        ("multi_object", Annotation(masks=masks(3))),
        ("human", Annotation(masks=masks(1), key_points=POINTS)),
    ],
)
def test_a_case_carries_its_categorys_annotation(category, annotation):
    case = loaders.load(entry(category), Footage(VIDEO, annotation))
    assert case.annotation is annotation
    assert (case.id, case.suite, case.reference_id, case.tags) == ("c--p1", "s", "c", ("tag",))
    assert (case.prompt, case.reference_prompt) == ("a prompt", "a caption")


@pytest.mark.parametrize("category", ["camera", "single_object", "multi_object", "human"])
def test_footage_without_annotation_is_taken_as_it_is(category):
    assert loaders.load(entry(category), Footage(VIDEO)).annotation.masks is None


@pytest.mark.parametrize(
    ("category", "annotation", "message"),
    [
        ("camera", Annotation(masks=masks(1)), "needs a camera path, but has none"),
        ("single_object", Annotation(camera=CAMERA), "needs exactly 1 mask, but has 0"),
        ("single_object", Annotation(masks=masks(2)), "needs exactly 1 mask, but has 2"),
        ("multi_object", Annotation(masks=masks(1)), "needs at least 2 masks, but has 1"),
        ("human", Annotation(masks=masks(1)), "needs key points, but has none"),
        ("human", Annotation(key_points=replace(POINTS, names=("head",))), "1 key point names stand for 2 paths"),
        ("single_object", Annotation(masks=masks(1, 2)), r"masks are \[2, 8, 8\] for a video of \[3, 8, 8\]"),
        ("camera", Annotation(camera=CameraPath(np.zeros((5, 3, 3)))), "camera path last 5 frames, its video 3"),
    ],
)
def test_an_annotation_of_another_category_is_refused(category, annotation, message):
    with pytest.raises(UsageError, match=rf"c--p1 is a {category} case, (which|whose) {message}"):
        loaders.load(entry(category), Footage(VIDEO, annotation))
