"""A gallery in a single HTML file: styles and scripts in their places, videos and points as data addresses.

Each address is the text of an element whose id is the file's path in the folder, so that the page's scripts find a file
in the page where they would find it beside it, and a video is decoded only when it comes into view, as in a folder.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from motionbench.errors import MissingResourceError, UsageError
from motionbench.gallery.films import CODECS
from motionbench.gallery.shelf import INDEX, MARK

LARGEST = 250_000_000
"""Bytes; browsers hold the whole file in memory."""
LARGE = 25_000_000
"""Bytes above which most mail servers refuse it."""
_MEDIA = {"webp": "image/webp", "js": "text/javascript", "mp4": "video/mp4", "webm": "video/webm"}
_DATA = '<script type="application/json" id="data">'


def write(path: Path, folder: Path, texts: Mapping[str, str]) -> int:
    """Write a gallery, whose videos and points lie in ``folder``, to a file; returns its bytes.

    Raises UsageError above 250 MB, before anything is written.
    """
    kept = [kept for part in ("pictures", "films", "points") for kept in sorted(folder.glob(f"{part}/*.*"))]
    _bounded(sum(one.stat().st_size for one in kept) * 4 // 3 + sum(len(text) for text in texts.values()))
    before, after = inlined(texts).split(_DATA, 1)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as file:
            file.write(before)
            file.writelines(_elements(kept, folder))
            file.write(_DATA + after)
        part.replace(path)
    except OSError as error:
        raise MissingResourceError(f"cannot write {path}: {error.strerror}") from error
    return path.stat().st_size


def check(path: Path) -> None:
    """Raise UsageError where something else than a gallery would be overwritten."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file for --one-file, such as {path / 'gallery.html'}")
    if path.exists() and MARK not in path.read_text(encoding="utf-8", errors="replace")[:4096]:
        raise UsageError(f"{path} is something else than a gallery; name a new file, it is made")


def inlined(texts: Mapping[str, str]) -> str:
    """The page with its style sheet and scripts in place of the links to them."""

    def put(found: re.Match[str]) -> str:
        name = found["script"] or found["style"]
        return f"<script>\n{texts[name]}</script>" if found["script"] else f"<style>\n{texts[name]}</style>"

    links = r'<script src="(?P<script>[^"]+)"></script>|<link rel="stylesheet" href="(?P<style>[^"]+)">'
    return re.sub(links, put, texts[INDEX])


def _elements(kept: list[Path], folder: Path) -> Iterator[str]:
    for path in kept:
        coded = base64.b64encode(path.read_bytes()).decode("ascii")
        name = path.relative_to(folder).as_posix()
        yield f'<script type="text/plain" id="{name}">data:{_MEDIA[path.suffix[1:]]};base64,{coded}</script>\n'


def _bounded(size: int) -> None:
    if size > LARGEST:
        raise UsageError(
            f"one file would have {size / 1e6:.0f} MB, more than {LARGEST / 1e6:.0f} MB, which browsers hold in memory "
            f"at once.\nMake a folder (without --one-file), or choose fewer --method, a smaller --size, "
            f"or --video {next(iter(CODECS))}"
        )
