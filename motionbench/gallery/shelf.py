"""The folder of a gallery: pictures and points by name, made once, and nothing left of an earlier gallery.

Names stand for the content's key and the size of frames, so that the same gallery again makes nothing again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from motionbench.errors import MissingResourceError, UsageError
from motionbench.gallery import films, pictures, points
from motionbench.gallery.pictures import Grid
from motionbench.store.keys import digest_of
from motionbench.types import Tracks, Video

INDEX = "index.html"
MARK = '<meta name="generator" content="motionbench gallery">'
"""In the index of every gallery: what may be replaced."""
FORM = "1"
"""Of pictures and points; raised when their bytes change for the same video."""


@dataclass(frozen=True)
class Kind:
    """What a folder is for."""

    name: str
    index: str
    mark: str
    parts: tuple[str, ...]


GALLERY = Kind("gallery", INDEX, MARK, ("pictures", "points"))
SPRITE = "sprite"
"""A video as one picture."""


@dataclass(frozen=True)
class Forms:
    """What is kept of a video."""

    names: tuple[str, ...] = (SPRITE,)
    """``sprite`` alone, or names of ``films.CODECS``, the one that browsers try first at the front."""
    fps: float = 0.0
    """Of files for players."""

    @property
    def codecs(self) -> tuple[str, ...]:
        """Of the files for players; none where a video is one picture."""
        return tuple(name for name in self.names if name != SPRITE)


class Shelf:
    """Of one folder; raises UsageError where it holds anything but a folder of its kind."""

    def __init__(self, folder: Path, grid: Grid, kind: Kind = GALLERY, forms: Forms | None = None) -> None:
        _check(folder, kind)
        self.folder, self.grid, self.forms = folder, grid, forms or Forms()
        self._kept: set[Path] = set()
        try:
            for part in kind.parts:
                (folder / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MissingResourceError(f"cannot write {folder}: {error.strerror}") from error
        # Marked from the start, so that a gallery that was interrupted can be made again in its folder.
        if not (folder / kind.index).exists():
            unfinished = f"<!doctype html>{kind.mark}<p>This {kind.name} is not finished: make it again.</p>\n"
            self.text(kind.index, unfinished)

    def name(self, content: str) -> str:
        """Of a picture and its points; letters and digits alone."""
        return digest_of([FORM, content, self.grid])[:24]

    def video(self, name: str, load: Callable[[], Video]) -> None:
        """Keep a video in the forms of this shelf; loads it only where one is not there."""
        if not self.forms.codecs:
            self.picture(name, load)
            return
        codecs = [films.CODECS[form] for form in self.forms.codecs]
        paths = {self.folder / "films" / f"{name}.{codec.ending}": codec for codec in codecs}
        lacking = {path: codec for path, codec in paths.items() if not path.is_file()}
        video = load() if lacking else None
        for path, codec in lacking.items():
            path.parent.mkdir(exist_ok=True)
            self._write(path, films.encoded(cast(Video, video), self.grid, self.forms.fps, codec))
        self._kept.update(paths)

    def picture(self, name: str, load: Callable[[], Video]) -> None:
        """Keep a video; loads it only where its picture is not there."""
        path = self.folder / "pictures" / f"{name}.webp"
        if not path.is_file():
            self._write(path, pictures.encoded(load(), self.grid))
        self._kept.add(path)

    def points(self, name: str, tracks: Tracks, size: tuple[int, int]) -> None:
        """Keep points of the video of this name."""
        path = self.folder / "points" / f"{name}.js"
        self._write(path, points.script(name, tracks, size).encode())
        self._kept.add(path)

    def text(self, name: str, text: str) -> None:
        """Keep a file beside the pictures."""
        self._write(self.folder / name, text.encode())

    def sweep(self) -> None:
        """Delete videos and points that this gallery does not show: an earlier one may have been private."""
        patterns = ("pictures/*.webp", "points/*.js", *(f"films/*.{codec.ending}" for codec in films.CODECS.values()))
        for path in (path for pattern in patterns for path in list(self.folder.glob(pattern))):
            if path not in self._kept:
                path.unlink()

    def _write(self, path: Path, data: bytes) -> None:
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            part.write_bytes(data)
            part.replace(path)
        except OSError as error:
            raise MissingResourceError(f"cannot write {path}: {error.strerror}") from error


def _check(folder: Path, kind: Kind) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder for the {kind.name}")
    if not folder.exists() or not any(folder.iterdir()):
        return
    index = folder / kind.index
    if not index.is_file() or kind.mark not in index.read_text(encoding="utf-8", errors="replace"):
        raise UsageError(f"{folder} holds something else than a {kind.name}; name a new folder, it is made")
