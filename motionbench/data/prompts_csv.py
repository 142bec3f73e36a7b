"""``prompts.csv``: the list of a user's own videos, one a row.

The header is ``file,category,reference_prompt,prompt``, and any further column whose name begins with ``prompt`` holds
one more prompt. A prompt is called ``p1``, ``p2``, ... in the order of the columns, or ``scene`` where its column is
``prompt_scene``: tables by prompt go by that.

Optional columns: ``start`` (pictures to skip), ``every`` (plays this many times as fast), ``fps`` (of a folder of
images) and ``masks`` (a folder of masks, one a picture; single_object and multi_object only). A file
may have several rows, each with more prompts. Faults are reported all at once, with their lines.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast

from motionbench.data.resampling import Cut
from motionbench.errors import UsageError
from motionbench.spelling import suggest
from motionbench.types import CATEGORIES, Category

REQUIRED = ("file", "category", "reference_prompt", "prompt")
OPTIONAL = ("start", "every", "fps", "masks")
MASKED: tuple[Category, ...] = ("single_object", "multi_object")
"""Categories whose annotation is masks."""
EXAMPLE = """file,category,reference_prompt,prompt
dance.mp4,human,a woman in a blue dress in a studio,a robot in a desert"""


@dataclass(frozen=True)
class Listed:
    """One video of the list."""

    file: str
    category: Category
    reference_prompt: str
    prompts: Mapping[str, str]
    """Texts by their names."""
    cut: Cut
    masks: str = ""
    """Folder of masks, "" where there is none."""
    tracks: str = ""
    """File of tracks, or the start of the names of one of tracks and one of their visibility; "" where none are."""
    layout: Literal["", "davis", "mtbench", "movebench"] = ""
    """The data set whose way of keeping annotation this is."""


@dataclass(frozen=True)
class _Row:
    line: int
    cells: dict[str, str]

    def prompts(self) -> list[tuple[str, str]]:
        """Name, "" for a number, and text of each."""
        found = ((name, text) for name, text in self.cells.items() if name.startswith("prompt") and text)
        return [(_own_name(name), text) for name, text in found]


def _own_name(column: str) -> str:
    name = column.removeprefix("prompt").lstrip("_-")
    return name if re.fullmatch(r"(?!p\d+$)[a-z][a-z0-9_-]*", name) else ""


def numbered(texts: Sequence[str], first: int = 1) -> dict[str, str]:
    """Texts by ``p1``, ``p2``, ..."""
    return {f"p{number}": text for number, text in enumerate(texts, start=first)}


def _named(found: Sequence[tuple[str, str]], before: Mapping[str, str]) -> dict[str, str]:
    """Texts by their own names where these are free, else by their numbers."""
    named = dict(before)
    for own, text in found:
        named[own if own and own not in named else f"p{len(named) + 1}"] = text
    return named


def read(path: Path, captions: Mapping[str, str] | None = None) -> tuple[Listed, ...]:
    """The videos of a list, in its order; raises UsageError with a line for each fault.

    An empty ``reference_prompt`` is the file's caption in ``captions``, where it has one.
    """
    rows = [_captioned(row, captions or {}) for row in _rows(path)]
    faults = [f"{path.name}:{row.line}: {fault}" for row in rows for fault in _faults(row)]
    if faults:
        raise UsageError("\n".join(faults))
    videos: dict[str, Listed] = {}
    for row in rows:
        listed = _listed(row)
        first = videos.get(listed.file)
        videos[listed.file] = _joined(path, row, first, listed) if first else listed
    return tuple(videos.values())


def _captioned(row: _Row, captions: Mapping[str, str]) -> _Row:
    if row.cells["reference_prompt"]:
        return row
    return replace(row, cells={**row.cells, "reference_prompt": captions.get(row.cells["file"], "")})


def _joined(path: Path, row: _Row, first: Listed, more: Listed) -> Listed:
    if replace(more, prompts=first.prompts) != first:
        raise UsageError(
            f"{path.name}:{row.line}: {more.file} stands in an earlier row with another category, reference_prompt or "
            "cut; make them equal"
        )
    return replace(first, prompts=_named(row.prompts(), first.prompts))


def _rows(path: Path) -> list[_Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = [name.strip() for name in next(reader, [])]
            _check_header(path, header)
            return [_row(path, header, cells, reader.line_num) for cells in reader if any(map(str.strip, cells))]
    except (csv.Error, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path.name}: not a comma-separated table in UTF-8: {error}; save {path} as CSV UTF-8"
        ) from error


def _check_header(path: Path, header: list[str]) -> None:
    begun = [*header, *("prompt" for name in header if name.startswith("prompt"))]
    missing = [name for name in REQUIRED if name not in begun]
    if missing:
        raise UsageError(
            f"{path.name}:1: the header lacks {', '.join(missing)}, got {','.join(header) or 'nothing'}; for example\n"
            f"{EXAMPLE}"
        )
    known = (*REQUIRED, *OPTIONAL)
    unknown = [name for name in header if name not in known and not name.startswith("prompt")]
    if unknown:
        raise UsageError(f"{path.name}:1: unknown column {unknown[0]!r}; {suggest(unknown[0], known)}")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise UsageError(f"{path.name}:1: the column {twice[0]!r} stands there twice; name it {twice[0]}_2")


def _row(path: Path, header: list[str], cells: list[str], line: int) -> _Row:
    if len(cells) > len(header):
        raise UsageError(
            f"{path.name}:{line}: {len(cells)} cells under {len(header)} columns; put texts with commas in quotes, "
            "or add columns prompt_2, prompt_3"
        )
    padded = [cell.strip() for cell in cells] + [""] * (len(header) - len(cells))
    return _Row(line, dict(zip(header, padded, strict=True)))


def _faults(row: _Row) -> Iterator[str]:
    for name in ("file", "reference_prompt"):
        if not row.cells[name]:
            yield f"{name} is empty; fill it in"
    if row.cells["category"] not in CATEGORIES:
        yield f"no category {row.cells['category']!r}; {suggest(row.cells['category'], CATEGORIES)}"
    if not row.prompts():
        yield "the row has no prompt; write one in the column prompt"
    for name, smallest in (("start", 0), ("every", 1)):
        text = row.cells.get(name, "")
        if text and not (text.isascii() and text.isdigit() and int(text) >= smallest):
            yield f"{name} is a whole number of at least {smallest}, got {text!r}"
    if row.cells.get("fps") and not _positive(row.cells["fps"]):
        yield f"fps is a number above 0, got {row.cells['fps']!r}"
    if row.cells.get("masks") and row.cells["category"] not in MASKED:
        yield f"only {' and '.join(MASKED)} videos have masks, this one is {row.cells['category']}; empty the cell"


def _positive(text: str) -> bool:
    try:
        return 0 < float(text) < float("inf")
    except ValueError:
        return False


def _listed(row: _Row) -> Listed:
    cells = row.cells
    cut = Cut(
        start=int(cells.get("start") or 0),
        every=int(cells.get("every") or 1),
        fps=float(cells["fps"]) if cells.get("fps") else None,
    )
    return Listed(
        cells["file"],
        cast(Category, cells["category"]),
        cells["reference_prompt"],
        _named(row.prompts(), {}),
        cut,
        cells.get("masks", ""),
    )
