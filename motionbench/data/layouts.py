"""What a folder lists: its own ``prompts.csv``, or what its layout says of itself.

A ``prompts.csv`` at the top names files of the folder, sequences of DAVIS or clips of MoveBench, and comes first.
Without one MTBench has captions and prompts of its own, and of DAVIS the sequences are taken that we have prompts for.
MoveBench, made for image-to-video, has captions and no prompts: it needs a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from motionbench.data import davis, decoding, movebench, mtbench, prompts_csv
from motionbench.data.prompts_csv import Listed
from motionbench.errors import MissingResourceError

LIST = "prompts.csv"


def listed(directory: Path) -> Sequence[Listed]:
    """The videos of a folder; raises MissingResourceError or UsageError where nothing lists them."""
    if not directory.is_dir():
        raise _missing(f"no folder {directory}; make it, put videos and a {LIST} there")
    if (directory / LIST).is_file():
        captions = movebench.captions(directory)
        rows = prompts_csv.read(directory / LIST, captions)
        return [movebench.placed(directory, davis.placed(directory, one)) for one in rows]
    if clips := mtbench.clips(directory):
        return [mtbench.listed(directory, clip) for clip in clips]
    if found := davis.listed(directory):
        return found
    what, example = _contents(directory)
    raise _missing(f"the folder {directory} holds {what} and no {LIST}; write one", example)


def is_known(directory: Path) -> bool:
    """Whether a folder has a list, or the layout of one of the data sets."""
    found = mtbench.clips(directory) or davis.sequences(directory) or movebench.captions(directory)
    return bool(found) or (directory / LIST).is_file()


def _missing(reason: str, example: str = prompts_csv.EXAMPLE) -> MissingResourceError:
    return MissingResourceError(f"{reason}:\n{example}")


def _contents(directory: Path) -> tuple[str, str]:
    """What is in a folder, and the beginning of a list of it."""
    header = prompts_csv.EXAMPLE.splitlines()[0]
    if sequences := davis.sequences(directory):
        row = f"{sequences[0]},single_object,what is seen and how it moves,another subject that moves so"
        return f"{len(sequences)} DAVIS sequences (first: {sequences[0]})", f"{header}\n{row}"
    if captioned := sorted(movebench.captions(directory)):
        row = f"{captioned[0]},single_object,,another subject that moves so"
        return f"{len(captioned)} MoveBench clips (first: {captioned[0]})", f"{header}\n{row}"
    found = [file.name for file in sorted(directory.iterdir()) if file.suffix.lower() in decoding.VIDEOS]
    told = f"{len(found)} video{'s' * (len(found) > 1)} (first: {found[0]})" if found else "no videos"
    return told, prompts_csv.EXAMPLE
