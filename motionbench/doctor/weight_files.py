"""Whether files of weights are whole, by their headers: a file that git-lfs or a broken download left is not."""

from __future__ import annotations

import json
import struct
from pathlib import Path

from motionbench.errors import MissingResourceError

_LENGTH = 8
"""Bytes at the start of a safetensors file that hold the length of its header."""


def check_folder(folder: Path) -> int:
    """Bytes of all weights below a folder; raises MissingResourceError where there are none or one is not whole."""
    files = sorted(folder.rglob("*.safetensors"))
    if not files:
        raise MissingResourceError(f"there is no *.safetensors in {folder}")
    for file in files:
        size, said = file.stat().st_size, stated_size(file)
        if not said or size != said:
            raise MissingResourceError(f"{file} has {size} bytes, its header says {said or 'nothing'}")
    return sum(file.stat().st_size for file in files)


def stated_size(file: Path) -> int:
    """Bytes that a safetensors file says it has; 0 where it has no such header."""
    with file.open("rb") as handle:
        start = handle.read(_LENGTH)
        length = struct.unpack("<Q", start)[0] if len(start) == _LENGTH else 0
        if not 0 < length <= file.stat().st_size:
            return 0
        header = handle.read(length)
    try:
        tensors = [entry for name, entry in json.loads(header).items() if name != "__metadata__"]
        ends = [int(entry["data_offsets"][1]) for entry in tensors]
    except (ValueError, KeyError, TypeError, AttributeError):
        return 0
    return int(_LENGTH + length + max(ends, default=0))
