"""References that are files: checked against their digest, decoded to the protocol, without annotation."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from motionbench.data import decoding, places, video
from motionbench.data.cases import Footage
from motionbench.data.manifest import ClipEntry, FileSource
from motionbench.data.resampling import Cut
from motionbench.errors import MissingResourceError, UsageError
from motionbench.types import Protocol

_CHUNK = 1 << 20


def sha256(path: Path) -> str:
    """Over a file's bytes, or over names and bytes of a folder's images; raises MissingResourceError."""
    if not path.exists():
        raise MissingResourceError(f"{path} does not exist; put the video there or correct the path")
    hasher = hashlib.sha256()
    for file in decoding.images(path) if path.is_dir() else [path]:
        if path.is_dir():
            hasher.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                hasher.update(chunk)
    return hasher.hexdigest()


def decoded_digest(sha256_of_file: str, protocol: Protocol, cut: Cut) -> str:
    """SHA-256 of all that decides the decoded frames: the file, its cut, the protocol's frame, the decoding rules."""
    parts = {
        "file": sha256_of_file,
        "cut": [cut.start, cut.every, cut.fps],
        "frame": [protocol.frames, protocol.fps, protocol.height, protocol.width],
        "decoding": video.DECODING,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def cut_of(clip: ClipEntry) -> Cut:
    """The part of its file that a clip uses."""
    if not isinstance(clip.source, FileSource):
        raise UsageError(f"{clip.id} is procedural, it has no file")
    return Cut(clip.source.file.start, clip.source.file.every)


def footage(clip: ClipEntry, protocol: Protocol, root: Path) -> Footage:
    """Decode a clip's file; raises MissingResourceError where it is absent, short or another file, or VideoError."""
    if not isinstance(clip.source, FileSource):
        raise UsageError(f"{clip.id} is procedural, it has no file")
    path = places.of(clip.source, root)
    check(clip.id, clip.source, path)
    return Footage(video.read(path, protocol, cut_of(clip)))


def check(clip: str, source: FileSource, path: Path) -> None:
    """Compare a file with what its manifest says; raises MissingResourceError where it is absent, short or another."""
    again = f"type: motionbench data fetch {clip}" if source.url else "download the file again"
    if source.url and not path.exists():
        raise MissingResourceError(f"the clip {clip} is not on this machine ({path}); {again}")
    size = path.stat().st_size if path.is_file() else None
    if source.bytes is not None and size is not None and size < source.bytes:
        raise MissingResourceError(f"the clip {clip} is short: {path} has {size} of {source.bytes} bytes; {again}")
    got = sha256(path)
    if got != source.sha256:
        raise MissingResourceError(
            f"the clip {clip} has another digest than its manifest says: {path}: expected {source.sha256}, "
            f"got {got}; {again}"
        )
