"""The store and the cache: whether they can be written, and how much room they have."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from motionbench.data import places
from motionbench.disk import existing, free_bytes
from motionbench.doctor.finding import Finding, tried
from motionbench.errors import MissingResourceError

ROOM = 200_000_000
"""Bytes that the default command is sure to get by with."""


def findings(store: Path) -> Iterator[Finding]:
    """The store, the cache and the room below each."""
    cache = places.cache()
    yield tried("store", "fault", lambda: _writable(store, "--store DIR or MOTIONBENCH_STORE=DIR"))
    yield _room("room of the store", store, needed=True)
    yield tried("cache", "gap", lambda: _writable(cache, f"{places.CACHE_VARIABLE}=DIR"))
    yield _room("room of the cache", cache, needed=False)


def _writable(folder: Path, choice: str) -> str:
    """A sentence; raises MissingResourceError. Only a file shows it: permission bits say nothing to the superuser."""
    place = existing(folder)
    try:
        with tempfile.NamedTemporaryFile(dir=place, prefix=".motionbench-"):
            pass
    except OSError as error:
        reason = f"{folder} cannot be written: {error.strerror or error} ({place})"
        raise MissingResourceError(f"{reason}\nChoose another folder: {choice}") from error
    return f"{folder.absolute()}" + ("" if place == folder.absolute() else ", made when it is needed")


def _room(name: str, folder: Path, *, needed: bool) -> Finding:
    free = free_bytes(folder)
    if free < ROOM:
        advice = "Free some, or choose another folder: " + ("--store DIR" if needed else f"{places.CACHE_VARIABLE}=DIR")
        return Finding(
            name, "fault" if needed else "gap", f"{_gigabytes(free)} free, {_gigabytes(ROOM)} wanted", advice
        )
    return Finding(name, "ok", f"{_gigabytes(free)} free")


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
