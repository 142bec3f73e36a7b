"""Clips of MoveBench: captions, videos, and the tracks that its authors give with them.

``en/video/NAME.mp4``; ``en/single_track.txt`` and ``multi_track.txt`` with a line ``NAME.mp4,caption`` each;
``en/track/single/NAME_tracks.npy`` and ``NAME_visibility.npy``. A row of a ``prompts.csv`` names a clip as it stands in
those lists, an empty ``reference_prompt`` takes the caption. The mask of the first frame says nothing of later ones
and is not read.

Tracks are ``float [T, N, 2]`` in pixels (x, y) of the video and ``bool [T, N]``, one time step a picture, with or
without a leading axis of 1. They are CoTracker's, started inside masks that people drew, so they are estimates and
marked so. Source: Chu et al., "Wan-Move" (arXiv 2512.08765), section 4, and the files' use in its ``generate.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motionbench.data import decoding, given_tracks
from motionbench.data.prompts_csv import Listed
from motionbench.data.resampling import Cut
from motionbench.errors import UsageError, VideoError
from motionbench.types import Category, Estimated, Protocol, Tracks

LANGUAGE = "en"
MADE = Estimated("tracks", "CoTracker from drawn masks, as MoveBench gives them", "1")
_LISTS: dict[Category, str] = {"single_object": "single", "multi_object": "multi"}


def captions(directory: Path) -> Mapping[str, str]:
    """Captions by file, empty where the folder is not MoveBench; raises UsageError for a line without a comma."""
    found: dict[str, str] = {}
    for mode in _LISTS.values():
        path = directory / LANGUAGE / f"{mode}_track.txt"
        if not path.is_file():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.strip() and not line.startswith("#"):
                name, comma, caption = line.partition(",")
                if not comma:
                    raise UsageError(f"{path}:{number}: expected NAME.mp4,caption, got {line!r}; fetch the file again")
                found.setdefault(name.strip(), caption.strip())
    return found


def placed(directory: Path, one: Listed) -> Listed:
    """A row that names a clip, with the paths of its video and of its tracks."""
    video = Path(LANGUAGE, "video", one.file)
    if (directory / one.file).exists() or not (directory / video).is_file():
        return one
    start = Path(LANGUAGE, "track", _LISTS.get(one.category, ""), Path(one.file).stem)
    has = one.category in _LISTS and all(file.is_file() for file in files(directory / start))
    return replace(one, file=video.as_posix(), tracks=start.as_posix() if has else "", layout="movebench")


def files(start: Path) -> tuple[Path, Path]:
    """The files of tracks and visibility."""
    return start.with_name(f"{start.name}_tracks.npy"), start.with_name(f"{start.name}_visibility.npy")


def tracks(start: Path, video: Path, protocol: Protocol, cut: Cut) -> Tracks:
    """The given tracks, brought to the protocol in time and space as the video is; raises VideoError."""
    xy, visible = (_array(path) for path in files(start))
    placed = given_tracks.placed(xy, visible.astype(bool), video, protocol, cut)
    if placed is None:
        count = len(decoding.timetable(video, cut.fps)[1])
        raise VideoError(
            f"{files(start)[0]} is {list(xy.shape)} with visibility {list(visible.shape)}; "
            f"expected [{count}, N, 2] and [{count}, N] like {video}: fetch it again"
        )
    return placed


def _array(path: Path) -> NDArray[np.float64]:
    try:
        found = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise VideoError(f"{path} is not an array of numbers ({error}); fetch it again") from error
    return np.asarray(found[0] if found.ndim and len(found) == 1 else found)
