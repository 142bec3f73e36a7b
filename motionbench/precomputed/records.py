"""What the user hands over, and the files that are found there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from motionbench.errors import UsageError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Given:
    """Videos made elsewhere, and how to read them; raises UsageError for a name that a label cannot carry."""

    name: str
    """Of the method that made them."""
    directory: Path
    table: Path | None = None
    """A CSV that says which video belongs to which case; None where file names say it."""
    resample: bool = False
    """Fit each video to the protocol as reference videos are fitted, instead of refusing it."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise UsageError(
                f"a method's name is letters, digits and . _ - beginning with a letter or digit, got {self.name!r}"
            )


@dataclass(frozen=True)
class Candidate:
    """One file or folder of frames that may be the video of a case."""

    path: Path
    case: str
    seed: int
    shown: str
    """How messages name it: the file, or the line of the table."""
    fps: float | None = None
    """Rate of a folder of frames; None for the protocol's."""
