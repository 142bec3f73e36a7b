"""The tracker that makes no error: it looks a procedural video up by its digest and hands out the exact tracks.

It knows the references of the manifest's procedural suites and the perfect transfers of their prompts, so that the
controls ``oracle``, ``copy-reference`` and ``other-clip`` can be scored free of any tracker's error. Of every other
video, generations above all, nobody knows exact tracks, and it says so.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from motionbench.errors import Undefined
from motionbench.specs import TrackerSpec
from motionbench.trackers import identity
from motionbench.types import Protocol, Tracks, Video

if TYPE_CHECKING:
    from motionbench.data.manifest import ClipEntry
    from motionbench.mini.world import Recipe

SPEC = TrackerSpec(
    name="ground_truth",
    implementation="motionbench.trackers.ground_truth:GroundTruthTracker",
    summary="exact tracks, for references and perfect transfers of procedural suites only",
    version="1",
    licence="Apache-2.0",
    noise_floor=0.0,
)
_SAME_PLACE = 1e-3
"""Pixels: coordinates in digests of clips are rounded to this."""


class GroundTruthTracker:
    """Exact tracks of known videos.

    Raises:
        Undefined: on a call, where the video is not a procedural one of the manifest, or a query is not on its grid.
    """

    def __init__(self) -> None:
        self.signature = identity.signature(SPEC)

    def __call__(self, video: Video, queries: NDArray[np.float32]) -> Tracks:
        """Exact tracks of ``queries`` (``[N, 2]`` pixels on frame 0) through ``video``."""
        digest, likely = video.digest(), (recipe for recipe in _recipes() if _fits(recipe, video))
        for rendered in map(_rendered, likely):
            if rendered.digest == digest:
                return _of(rendered.tracks, queries)
        raise Undefined(
            "no exact tracks of this video: they are known of references and perfect transfers of procedural suites, "
            "not of generations"
        )


def _fits(recipe: Recipe, video: Video) -> bool:
    return (recipe.frames, recipe.size, recipe.size) == video.size


def _of(exact: Tracks, queries: NDArray[np.float32]) -> Tracks:
    """Those of the exact tracks that start at the queries."""
    apart = np.abs(exact.xy[None, :, 0] - queries[:, None]).max(axis=-1)
    nearest = apart.argmin(axis=1)
    astray = queries[apart.min(axis=1) > _SAME_PLACE]
    if len(astray):
        x, y = astray[0]
        raise Undefined(f"exact tracks start on a fixed grid, and none at ({x:.2f}, {y:.2f})")
    return Tracks(exact.xy[nearest], exact.visible[nearest])


@dataclass(frozen=True, eq=False)
class _Rendered:
    digest: str
    """Of the video."""
    tracks: Tracks


@functools.cache
def _rendered(recipe: Recipe) -> _Rendered:
    from motionbench.mini.world import follow, render, set_stage

    return _Rendered(render(recipe).video.digest(), follow(set_stage(recipe), recipe))


@functools.cache
def _recipes() -> tuple[Recipe, ...]:
    """Of every procedural clip under every protocol that a suite shows it in: the reference, and each prompt's look."""
    from motionbench.data import manifest_file

    manifest = manifest_file.load()
    found = (
        recipe
        for suite in manifest.suites
        for clip in manifest.clips_of(suite)
        for recipe in _looks(clip, manifest.protocol_of(suite))
    )
    return tuple(dict.fromkeys(found))


def _looks(clip: ClipEntry, protocol: Protocol) -> Iterator[Recipe]:
    from motionbench.data import procedural
    from motionbench.data.manifest import ProceduralSource

    if isinstance(clip.source, ProceduralSource):
        reference = procedural.recipe(clip, protocol)
        yield reference
        looks = (prompt.look_seed for prompt in clip.prompts)
        yield from (replace(reference, look_seed=look) for look in looks if look is not None)
