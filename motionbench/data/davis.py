"""Sequences of DAVIS 2017 (Pont-Tuset et al., arXiv 1704.00675): frames, masks of every object, 24 pictures a second.

``JPEGImages/480p/NAME/00000.jpg`` and ``Annotations/480p/NAME/00000.png``. The data set has no captions.
``davis-2017.csv`` beside this module has captions and prompts for fifty sequences; a ``prompts.csv`` in the data set's
folder goes before it. In a ``single_object`` sequence all objects are taken as one, a rider and a horse as in DAVIS
2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path

from motionbench.data import prompts_csv
from motionbench.data.prompts_csv import MASKED, Listed

RATE = 24.0
_FRAMES, _MASKS, _OURS = "JPEGImages", "Annotations", "davis-2017.csv"
_RESOLUTIONS = ("480p", "Full-Resolution")


def sequences(directory: Path) -> list[str]:
    """The names of the sequences in a folder, none where it is not DAVIS."""
    return sorted({path.name for res in _RESOLUTIONS for path in (directory / _FRAMES / res).glob("*/")})


def ours() -> Sequence[Listed]:
    """The sequences that we have prompts for, whether they are on this machine or not."""
    return prompts_csv.read(Path(str(resources.files("motionbench.data") / _OURS)))


def listed(directory: Path) -> list[Listed]:
    """Those of ours whose frames are in a folder, with the paths of their files."""
    here = set(sequences(directory))
    return [placed(directory, one) for one in ours() if one.file in here]


def placed(directory: Path, one: Listed) -> Listed:
    """A row that names a sequence, with the paths of its frames and masks; any other row as it is."""
    for resolution in _RESOLUTIONS:
        frames = Path(_FRAMES, resolution, one.file)
        if not (directory / one.file).exists() and (directory / frames).is_dir():
            masks = Path(_MASKS, resolution, one.file)
            annotated = one.category in MASKED and (directory / masks).is_dir()
            return replace(
                one,
                file=frames.as_posix(),
                cut=replace(one.cut, fps=one.cut.fps or RATE),
                masks=one.masks or (masks.as_posix() if annotated else ""),
                layout="davis",
            )
    return one
