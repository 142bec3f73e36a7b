"""Candidates by the names of files: ``CASE.mp4``, ``CASE--seed1.mp4``, or a folder of images of such a name.

A name without a seed is seed 0. Only the folder itself is searched; hidden files and files that are no videos are
passed over.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from motionbench.data import decoding
from motionbench.errors import MissingResourceError
from motionbench.precomputed.records import Candidate

CONTAINERS = (*decoding.VIDEOS, ".mpg", ".mpeg", ".ts", ".m2ts", ".wmv", ".flv", ".ogv", ".y4m", ".3gp", ".apng")
_SEEDED = re.compile(r"(?P<case>.+)--seed(?P<seed>\d+)", re.ASCII)


def candidates(directory: Path, cases: Collection[str]) -> tuple[Candidate, ...]:
    """All videos of a folder, in natural order; raises MissingResourceError where it holds none."""
    if not directory.is_dir():
        raise MissingResourceError(f"no folder {directory}; name the one that holds the videos: --videos DIR")
    found = [_candidate(path, cases) for path in sorted(directory.iterdir(), key=decoding.natural_order) if _is(path)]
    if not found:
        example = next(iter(cases), "CASE")
        raise MissingResourceError(
            f"the folder {directory} holds no videos; expected files such as {example}.mp4 or {example}--seed1.mp4"
        )
    return tuple(found)


def _is(path: Path) -> bool:
    if path.name.startswith("."):
        return False
    return bool(decoding.images(path)) if path.is_dir() else path.suffix.lower() in CONTAINERS


def _candidate(path: Path, cases: Collection[str]) -> Candidate:
    name = path.name if path.is_dir() else path.stem
    seeded = None if name in cases else _SEEDED.fullmatch(name)
    if seeded is None:
        return Candidate(path, name, 0, path.name)
    return Candidate(path, seeded["case"], int(seeded["seed"]), path.name)
