"""What each category's estimation gives, and how it joins what is given: a given part is never replaced.

A part that cannot be estimated is absent, with the reason. Nothing here runs while a suite loads its cases: who wants
estimates asks for them, and they carry their source and version in ``Annotation.estimated``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from motionbench.annotation import camera, moving, pose
from motionbench.types import Annotation, Case, Category, Estimated, Part, Video


@dataclass(frozen=True, eq=False)
class Attempt:
    """What came of an estimation."""

    annotation: Annotation
    reason: str = ""
    """Why the category's own part is absent, or ""."""


def estimate(video: Video, category: Category) -> Attempt:
    """The annotation that a category asks for, estimated: camera path, one mask, a mask an object, or key points.

    Two calls with one video give the same; no randomness but RANSAC's, which has a seed of its own.
    """
    return _ESTIMATORS[category](video)


def complete(case: Case) -> tuple[Case, str]:
    """The case with its category's part estimated where that is absent, and the reason where it stays so, or ""."""
    part = _PARTS[case.category]
    given = case.annotation
    if getattr(given, part) is not None:
        return case, ""
    attempt = estimate(case.reference, case.category)
    found = attempt.annotation
    if attempt.reason:
        return case, attempt.reason
    joined = replace(
        given,
        camera=given.camera or found.camera,
        masks=found.masks if given.masks is None else given.masks,
        key_points=given.key_points or found.key_points,
        exact=False,
        estimated=(*given.estimated, *found.estimated),
    )
    return replace(case, annotation=joined), ""


def describe(annotation: Annotation) -> str:
    """``estimated: camera (…)``: the note of whatever uses an annotation, or "" where nothing is estimated."""
    labels = [one.label for one in annotation.estimated]
    return f"estimated: {', '.join(labels)}" if labels else ""


def _camera(video: Video) -> Attempt:
    path, reason = camera.path(video)
    if path is None:
        return Attempt(Annotation(), reason)
    return Attempt(Annotation(camera=path, estimated=(Estimated("camera", camera.SOURCE, camera.VERSION),)))


def _masks(video: Video, least: int, most: int | None) -> Attempt:
    path, reason = camera.path(video)
    if path is None:
        return Attempt(Annotation(), f"what moves shows only against the camera's path: {reason}")
    found = moving.objects(video, path, most)
    if float(found.any(axis=0).mean()) > moving.LARGEST:
        return Attempt(
            Annotation(), "more than a third of the frame does not follow the camera's path: parallax, or no path"
        )
    if len(found) < least:
        return Attempt(Annotation(), _too_few(len(found), least))
    return Attempt(Annotation(masks=found, estimated=(Estimated("masks", moving.SOURCE, moving.VERSION),)))


def _too_few(found: int, least: int) -> str:
    return (
        f"{found} of at least {least} regions that move by themselves; "
        "objects that touch, or that move as the camera does, are not told apart"
    )


def _key_points(video: Video) -> Attempt:
    points, reason = pose.key_points(video)
    if points is None:
        return Attempt(Annotation(), reason)
    return Attempt(Annotation(key_points=points, estimated=(Estimated("key_points", pose.SOURCE, pose.VERSION),)))


_PARTS: dict[Category, Part] = {
    "camera": "camera",
    "single_object": "masks",
    "multi_object": "masks",
    "human": "key_points",
}
_ESTIMATORS: dict[Category, Callable[[Video], Attempt]] = {
    "camera": _camera,
    "single_object": lambda video: _masks(video, least=1, most=1),
    "multi_object": lambda video: _masks(video, least=2, most=None),
    "human": _key_points,
}
