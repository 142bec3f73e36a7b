"""Where the files of clips lie: in the data folder, or in the cache that ``motionbench data fetch`` fills.

The cache is the folder ``MOTIONBENCH_CACHE``, or the platform's: ``$XDG_CACHE_HOME/motionbench`` (``~/.cache``),
``~/Library/Caches/motionbench`` on macOS, ``%LOCALAPPDATA%/motionbench/Cache`` on Windows. A clip lies there under its
digest, so that two manifests never mean two files by one name.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from motionbench.data.manifest import FileSource

ROOT_VARIABLE = "MOTIONBENCH_CLIPS"
"""Folder of the manifest's video files, looked into before the cache; the manifest's own where it is not set."""
CACHE_VARIABLE = "MOTIONBENCH_CACHE"
_DIGITS = 16


def cache() -> Path:
    """The cache folder, whether it exists or not."""
    if given := os.environ.get(CACHE_VARIABLE):
        return Path(given).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "motionbench"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "motionbench" / "Cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "motionbench"


def data_folder(manifest: Path) -> Path:
    """The folder that a manifest's paths start from."""
    return Path(os.environ.get(ROOT_VARIABLE) or manifest.parent)


def cached(source: FileSource) -> Path:
    """Where the cache keeps a file, whether it is there or not."""
    return cache() / "clips" / source.sha256[:_DIGITS] / source.name


def dataset(name: str) -> Path:
    """Where the cache keeps a data set of others, whether it is there or not."""
    return cache() / "datasets" / name


def of(source: FileSource, root: Path) -> Path:
    """Where a file is: under ``root`` where it is there or has no address, else in the cache."""
    beside = root / source.file.path
    return beside if source.url is None or beside.exists() else cached(source)
