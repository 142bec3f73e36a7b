"""How much room there is for a folder that need not be there yet."""

from __future__ import annotations

import shutil
from pathlib import Path


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    absolute = folder.expanduser().absolute()
    return next(place for place in (absolute, *absolute.parents) if place.exists())


def free_bytes(folder: Path) -> int:
    """Room on the file system that a folder is, or would be, on."""
    return shutil.disk_usage(existing(folder)).free
