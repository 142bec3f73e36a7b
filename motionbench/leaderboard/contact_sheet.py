"""Contact sheets: frames of videos side by side, one row a method, with the rule by which frames were chosen.

The reference stands in the first row of each block. Frames are evenly spaced, first and last included. Small frames are
enlarged by whole factors without smoothing, so that what is seen is what was scored; large ones are averaged.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from motionbench.errors import MissingResourceError, UsageError
from motionbench.types import Video

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

SUFFIXES = (".png", ".pdf")
DPI = 300
_PAD, _LABEL, _FONT, _LINE = 8, 280, 26, 34
_INK, _PALE, _PAPER = (20, 20, 20), (235, 235, 235), (255, 255, 255)


@dataclass(frozen=True, eq=False)
class Strip:
    """One row: a video, or the reason why there is none."""

    label: str
    video: Video | None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Block:
    """One case; the reference is the first strip."""

    title: str
    strips: tuple[Strip, ...]


def chosen_frames(count: int, shown: int) -> tuple[int, ...]:
    """Indices k(T − 1)/(n − 1), rounded half up, k = 0…n − 1: evenly spaced, first and last included.

    A video of fewer frames gives all of them; raises ValueError below two.
    """
    if shown < 2:
        raise ValueError(f"a contact sheet shows at least two frames, the first and the last, got {shown}")
    shown = min(shown, count)
    return tuple((2 * k * (count - 1) + shown - 1) // (2 * (shown - 1)) for k in range(shown)) if count > 1 else (0,)


def rule(video: Video, shown: int) -> str:
    """What a caption says of the choice."""
    frames = chosen_frames(len(video.frames), shown)
    listed = ", ".join(str(index) for index in frames)
    return f"Frames {listed} of {len(video.frames)} at {video.fps:g} a second: evenly spaced, first and last included."


def sheet(blocks: Sequence[Block], shown: int, caption: str, cell: int = 192) -> Image:
    """Draw blocks below each other; ``cell`` is the least width of a small frame, the width of a large one, pixels."""
    from PIL import Image, ImageDraw

    reference = blocks[0].strips[0].video
    if reference is None:
        raise ValueError("the first strip of a block is the reference and has a video")
    columns = len(chosen_frames(len(reference.frames), shown))
    width, height = _cell(reference, cell)
    total = _LABEL + columns * (width + _PAD) + _PAD
    titles = [_wrapped(block.title, total - 2 * _PAD) for block in blocks]
    below = _wrapped(caption, total - 2 * _PAD)
    rows = sum(len(block.strips) for block in blocks)
    text = sum(map(len, titles)) + len(below) + 1
    picture = Image.new("RGB", (total, rows * (height + _PAD) + text * _LINE + (len(blocks) + 2) * 2 * _PAD), _PAPER)
    draw = ImageDraw.Draw(picture)
    top = _times(draw, reference, shown, width)
    for block, title in zip(blocks, titles, strict=True):
        top = _write(draw, title, _PAD, top + _PAD)
        for strip in block.strips:
            _strip(picture, draw, strip, shown, (width, height), top)
            top += height + _PAD
        top += _PAD
    _write(draw, below, _PAD, top)
    return picture


def save(picture: Image, path: Path) -> None:
    """Write .png, or .pdf at 300 pixels an inch; raises UsageError for another name."""
    check(path)
    try:
        if path.suffix.lower() == ".pdf":
            picture.save(path, resolution=DPI, quality=95, subsampling=0)
        else:
            picture.save(path, dpi=(DPI, DPI), optimize=True)
    except OSError as error:
        raise MissingResourceError(f"cannot write {path}: {error.strerror or error}") from error


def check(path: Path) -> None:
    """Raises UsageError for a name that is no sheet's."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"a sheet is written to a file that ends in {' or '.join(SUFFIXES)}, got {path}")


def _cell(video: Video, cell: int) -> tuple[int, int]:
    _, height, width = video.size
    if width >= cell:
        return cell, round(height * cell / width)
    factor = -(-cell // width)
    return width * factor, height * factor


def _times(draw: ImageDraw, video: Video, shown: int, width: int) -> int:
    """Times above the columns, where they fit; the caption tells frames and rate in any case."""
    times = [f"{index / video.fps:.2f} s" for index in chosen_frames(len(video.frames), shown)]
    if max(map(_font().getlength, times)) > width:
        return _PAD
    for column, time in enumerate(times):
        _write(draw, [time], _LABEL + column * (width + _PAD), _PAD)
    return _PAD + _LINE


def _strip(picture: Image, draw: ImageDraw, strip: Strip, shown: int, cell: tuple[int, int], top: int) -> None:
    label = strip.label.replace("[", " [").replace(",", ", ")
    _write(draw, _wrapped(label, _LABEL - 2 * _PAD), _PAD, top)
    if strip.video is None:
        draw.rectangle((_LABEL, top, picture.width - _PAD, top + cell[1]), fill=_PALE)
        lines = _wrapped(strip.reason, picture.width - _LABEL - 3 * _PAD)
        _write(draw, lines[: (cell[1] - _PAD) // _LINE], _LABEL + _PAD, top + _PAD)
        return
    for column, index in enumerate(chosen_frames(len(strip.video.frames), shown)):
        picture.paste(_resized(strip.video.frames[index], cell), (_LABEL + column * (cell[0] + _PAD), top))


def _resized(frame: np.ndarray, cell: tuple[int, int]) -> Image:
    from PIL import Image

    whole = cell[0] % frame.shape[1] == 0
    return Image.fromarray(frame).resize(cell, Image.Resampling.NEAREST if whole else Image.Resampling.BOX)


def _wrapped(text: str, width: int) -> list[str]:
    """Lines that are no wider than ``width`` pixels; a word that is, is broken."""
    font = _font()
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if font.getlength(longer) <= width:
            line = longer
            continue
        lines += [line] if line else []
        line = word
        while font.getlength(line) > width:
            fitting = next(n for n in range(len(line) - 1, 0, -1) if n == 1 or font.getlength(line[:n]) <= width)
            lines.append(line[:fitting])
            line = line[fitting:]
    return [*lines, line]


def _write(draw: ImageDraw, lines: Sequence[str], left: int, top: int) -> int:
    """Write lines of text; the place below them."""
    for line in lines:
        draw.text((left, top), line, fill=_INK, font=_font())
        top += _LINE
    return top


@functools.cache
def _font() -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(_FONT)
