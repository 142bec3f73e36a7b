"""From footage and an entry to a case: the part that the four categories share.

Each category's module says which annotation is its own. Footage of the user's own has none, and is taken as it is;
footage that has some must have the category's own, in the shape of its video.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from motionbench.errors import MotionBenchError, UsageError
from motionbench.types import Annotation, Case, CaseEntry, Video


@dataclass(frozen=True, eq=False)
class Footage:
    """A reference decoded to the protocol, and what is known of it."""

    video: Video
    annotation: Annotation = field(default_factory=Annotation)
    perfect: Video | None = None
    other: Video | None = None


def assemble(entry: CaseEntry, footage: Footage, fault: Callable[[Annotation], str | None]) -> Case:
    """The case of an entry; raises UsageError where ``fault`` finds that the annotation is not the category's."""
    annotation = footage.annotation
    reason = None if is_blank(annotation) else _category_fault(annotation, fault) or _misfit(footage.video, annotation)
    if reason:
        raise UsageError(f"{entry.id} is a {entry.category} case, {reason}; correct its category or its annotation")
    return Case(
        id=entry.id,
        suite=entry.suite,
        category=entry.category,
        reference=footage.video,
        reference_id=entry.reference_id,
        prompt=entry.prompt,
        reference_prompt=entry.reference_prompt,
        annotation=annotation,
        tags=entry.tags,
        perfect=footage.perfect,
        other=footage.other,
    )


def _category_fault(annotation: Annotation, fault: Callable[[Annotation], str | None]) -> str | None:
    """Tracks alone are an annotation of any category."""
    alone = is_blank(replace(annotation, tracks=None, estimated=()))
    return None if alone else fault(annotation)


def usable(read: Callable[[], Video]) -> Video | None:
    """A neighbour's video, or None: a file that cannot be used fails its own cases, not those of its neighbours."""
    try:
        return read()
    except MotionBenchError:
        return None


def is_blank(annotation: Annotation) -> bool:
    """True where nothing is known."""
    parts = (annotation.camera, annotation.masks, annotation.key_points, annotation.tracks)
    return all(part is None for part in parts)


def mask_count(annotation: Annotation) -> int:
    """How many objects have a mask."""
    return 0 if annotation.masks is None else len(annotation.masks)


def _misfit(video: Video, annotation: Annotation) -> str | None:
    frames, height, width = video.size
    if annotation.masks is not None and annotation.masks.shape[1:] != video.size:
        return f"whose masks are {list(annotation.masks.shape[1:])} for a video of {[frames, height, width]}"
    camera, points = annotation.camera, annotation.key_points
    lengths = {
        "camera path": camera and camera.matrices.shape[0],
        "key points": points and points.xy.shape[1],
        "tracks": annotation.tracks and annotation.tracks.xy.shape[1],
    }
    for name, length in lengths.items():
        if length not in (None, frames):
            return f"whose {name} last {length} frames, its video {frames}"
    return None
