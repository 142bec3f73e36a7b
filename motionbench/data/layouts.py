"""What a folder lists: its own ``prompts.csv``, that of a DAVIS folder, or an MTBench folder, which needs none.

DAVIS 2017 (``JPEGImages/480p/NAME/00000.jpg``, ``Annotations/480p/NAME/00000.png``, 24 pictures a second) has no
captions: a ``prompts.csv`` at its top names sequences, and their frames and masks are found. MTBench (Shi et al., arXiv
2503.17350; ``NAME/videos/NAME.mp4``, ``NAME/masks/NAME/00000.png``, ``prompts.txt``, ``eval_prompts.txt``) has captions
and prompts of its own; all its clips are taken as ``single_object``.

MoveBench (Chu et al., arXiv 2512.08765; ``en/video/NAME.mp4``, ``en/single_track.txt`` and ``multi_track.txt`` with a
line ``NAME.mp4,caption`` each, ``en/track/single/NAME_tracks.npy`` and ``NAME_visibility.npy``) has captions and no
prompts, being made for image-to-video: a ``prompts.csv`` at its top names clips, as they stand in those lists, and an
empty ``reference_prompt`` takes the caption. Its mask of the first frame says nothing of later ones and is not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from motionbench.data import decoding, movebench, prompts_csv
from motionbench.data.prompts_csv import MASKED, Listed
from motionbench.data.resampling import Cut
from motionbench.errors import MissingResourceError, UsageError

LIST = "prompts.csv"
_DAVIS_FRAMES, _DAVIS_MASKS, _DAVIS_RATE = "JPEGImages", "Annotations", 24.0
_RESOLUTIONS = ("480p", "Full-Resolution")
_MTBENCH_CAPTION, _MTBENCH_PROMPTS = "prompts.txt", "eval_prompts.txt"


def listed(directory: Path) -> Sequence[Listed]:
    """The videos of a folder; raises MissingResourceError or UsageError where nothing lists them."""
    if not directory.is_dir():
        raise _missing(f"no folder {directory}; make it, put videos and a {LIST} there")
    if (directory / LIST).is_file():
        captions = movebench.captions(directory)
        rows = prompts_csv.read(directory / LIST, captions)
        return [movebench.placed(directory, _of_davis(directory, one)) for one in rows]
    clips = sorted(path.parent for path in directory.glob(f"*/{_MTBENCH_PROMPTS}"))
    if clips:
        return [_of_mtbench(directory, clip) for clip in clips]
    raise _missing(f"the folder {directory} holds {_contents(directory)} and no {LIST}; write one")


def _of_davis(directory: Path, one: Listed) -> Listed:
    """A row that names a sequence, with the paths of its frames and masks."""
    for resolution in _RESOLUTIONS:
        frames = Path(_DAVIS_FRAMES, resolution, one.file)
        if not (directory / one.file).exists() and (directory / frames).is_dir():
            masks = Path(_DAVIS_MASKS, resolution, one.file)
            annotated = one.category in MASKED and (directory / masks).is_dir()
            return replace(
                one,
                file=frames.as_posix(),
                cut=replace(one.cut, fps=one.cut.fps or _DAVIS_RATE),
                masks=one.masks or (masks.as_posix() if annotated else ""),
            )
    return one


def _of_mtbench(directory: Path, clip: Path) -> Listed:
    caption, prompts = _texts(clip / _MTBENCH_CAPTION), _texts(clip / _MTBENCH_PROMPTS)
    masks = clip / "masks" / clip.name
    return Listed(
        file=(clip / "videos" / f"{clip.name}.mp4").relative_to(directory).as_posix(),
        category="single_object",
        reference_prompt=caption[0],
        prompts=tuple(prompts),
        cut=Cut(),
        masks=masks.relative_to(directory).as_posix() if masks.is_dir() else "",
    )


def _texts(path: Path) -> list[str]:
    """One text a line."""
    found = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    texts = [line for line in found if line]
    if not texts:
        raise UsageError(f"{path} is absent or empty; it holds one text a line, fetch the data set again")
    return texts


def _missing(reason: str) -> MissingResourceError:
    return MissingResourceError(f"{reason}:\n{prompts_csv.EXAMPLE}")


def _contents(directory: Path) -> str:
    sequences = [path.name for res in _RESOLUTIONS for path in sorted((directory / _DAVIS_FRAMES / res).glob("*/"))]
    if sequences:
        return f"{len(sequences)} DAVIS sequences (first: {sequences[0]})"
    captioned = sorted(movebench.captions(directory))
    if captioned:
        return f"{len(captioned)} MoveBench clips (first: {captioned[0]})"
    found = [file.name for file in sorted(directory.iterdir()) if file.suffix.lower() in decoding.VIDEOS]
    return f"{len(found)} video{'s' * (len(found) > 1)} (first: {found[0]})" if found else "no videos"
