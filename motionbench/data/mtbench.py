"""Clips of MTBench: captions, prompts, masks and tracks (Shi et al., "Decouple and Track", arXiv 2503.17350).

A clip is a folder: ``videos/NAME.mp4``, ``masks/NAME/00000.png``, ``trajectories/NAME.pth``, ``prompts.txt`` (its
caption) and ``eval_prompts.txt``. Two things are as the three clips in its authors' repository (Shi-qingyu/DeT at
2a2f4dd) show them, and are stated nowhere:

- Masks are those of the source sequence, of which there may be more or fewer than pictures. Where there are more, the
  video is the sequence's beginning; where there are fewer, the sequence was stretched over the video by making pictures
  between its own, and the nearest mask stands for such a picture: those masks are marked as estimated.
- Tracks are CoTracker3's, ``float [T, N, 3]``: x over the width, y over the height, and visibility. Their points lie in
  the first mask but are followed from the second picture on, so the first position of each is a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from motionbench.data import decoding, given_tracks, prompts_csv
from motionbench.data.prompts_csv import Listed
from motionbench.data.resampling import Cut
from motionbench.errors import UsageError, VideoError
from motionbench.types import Estimated, Protocol, Tracks

CAPTION, PROMPTS = "prompts.txt", "eval_prompts.txt"
TRACKS = Estimated("tracks", "CoTracker3 from points in the first mask, as MTBench gives them", "1")
STRETCHED = Estimated("masks", "the nearest of fewer masks than pictures, as MTBench gives them", "1")


def clips(directory: Path) -> list[Path]:
    """The folders of clips, by name; none where the folder is not MTBench."""
    return sorted(path.parent for path in directory.glob(f"*/{PROMPTS}"))


def listed(directory: Path, clip: Path) -> Listed:
    """A clip with the paths of its files; raises UsageError where it has no caption or no prompts."""
    caption, prompts = _texts(clip / CAPTION), _texts(clip / PROMPTS)
    masks, tracks = clip / "masks" / clip.name, clip / "trajectories" / f"{clip.name}.pth"
    return Listed(
        file=(clip / "videos" / f"{clip.name}.mp4").relative_to(directory).as_posix(),
        category="single_object",
        reference_prompt=caption[0],
        prompts=prompts_csv.numbered(prompts),
        cut=Cut(),
        masks=masks.relative_to(directory).as_posix() if _has_several(masks) else "",
        tracks=tracks.relative_to(directory).as_posix() if tracks.is_file() else "",
        layout="mtbench",
    )


def _has_several(masks: Path) -> bool:
    """One alone would say nothing of later pictures."""
    return masks.is_dir() and len(decoding.images(masks)) > 1


def spread(images: Sequence[Path], pictures: int) -> list[Path]:
    """A mask for each picture: the first ones, or where there are fewer, the nearest in a stretched sequence."""
    if len(images) >= pictures:
        return list(images[:pictures])
    return [images[round(place)] for place in np.linspace(0, len(images) - 1, pictures)]


def is_stretched(folder: Path, video: Path) -> bool:
    """Whether there are fewer masks than pictures."""
    return len(decoding.images(folder)) < len(decoding.timetable(video)[1])


def tracks(path: Path, video: Path, protocol: Protocol, cut: Cut) -> Tracks:
    """The given tracks under the protocol; raises VideoError where they do not fit the video."""
    found = _array(path)
    (height, width), times = decoding.timetable(video)
    placed = None
    if found.ndim == 3 and found.shape[2] == 3:
        pixels = found[..., :2] * (width, height)
        placed = given_tracks.placed(pixels, found[..., 2] > 0.5, video, protocol, cut)
    if placed is None:
        raise VideoError(
            f"{path} is {list(found.shape)}; expected [{len(times)}, N, 3] like {video}: fetch the data set again"
        )
    return placed


def _array(path: Path) -> NDArray[np.float64]:
    import torch

    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
        return np.asarray(found, dtype=np.float64)
    except Exception as error:  # torch raises what the unpickler, the archive and the conversion raise
        raise VideoError(f"{path} is not a saved tensor ({_said(error)}); fetch the data set again") from error


def _said(error: Exception) -> str:
    return "not a zip archive" if isinstance(error, BadZipFile) else (str(error).splitlines() or ["empty"])[0]


def _texts(path: Path) -> list[str]:
    """One text a line."""
    found = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    texts = [line for line in found if line]
    if not texts:
        raise UsageError(f"{path} is absent or empty; it holds one text a line, fetch the data set again")
    return texts
