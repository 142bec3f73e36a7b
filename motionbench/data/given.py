"""The annotation that a listed video comes with, read as its data set keeps it."""

from __future__ import annotations

from pathlib import Path

from motionbench.data import masks, movebench, mtbench
from motionbench.data.prompts_csv import Listed
from motionbench.types import Annotation, Estimated, Protocol


def files(directory: Path, listed: Listed) -> list[Path]:
    """All that the annotation is read from: files, and folders of images."""
    found = [directory / listed.masks] if listed.masks else []
    if listed.tracks:
        tracks = directory / listed.tracks
        found += movebench.files(tracks) if listed.layout == "movebench" else [tracks]
    return found


def annotation(directory: Path, listed: Listed, protocol: Protocol) -> Annotation:
    """What is given, with what its authors estimated marked as such; raises VideoError where it does not fit."""
    video, cut = directory / listed.file, listed.cut
    if listed.layout == "movebench" and listed.tracks:
        tracks = movebench.tracks(directory / listed.tracks, video, protocol, cut)
        return Annotation(tracks=tracks, estimated=(movebench.MADE,))
    if listed.layout == "mtbench":
        return _of_mtbench(directory, listed, protocol)
    if not listed.masks:
        return Annotation()
    as_one = listed.layout == "davis" and listed.category == "single_object"
    return Annotation(masks=masks.read(directory / listed.masks, video, protocol, cut, as_one=as_one))


def _of_mtbench(directory: Path, listed: Listed, protocol: Protocol) -> Annotation:
    video, estimated = directory / listed.file, list[Estimated]()
    found = tracks = None
    if listed.masks:
        folder = directory / listed.masks
        found = masks.read(folder, video, protocol, listed.cut, spread=mtbench.spread, as_one=True)
        estimated += [mtbench.STRETCHED] if mtbench.is_stretched(folder, video) else []
    if listed.tracks:
        tracks = mtbench.tracks(directory / listed.tracks, video, protocol, listed.cut)
        estimated.append(mtbench.TRACKS)
    return Annotation(masks=found, tracks=tracks, estimated=tuple(estimated))
