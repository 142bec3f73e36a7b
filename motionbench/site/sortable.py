"""A leaderboard's sheet as an HTML table that a script can sort; without the script it is the same table.

Each cell carries what it sorts by: seconds of a duration, the first number of any other, the text where a column has
words. A cell without a value carries nothing and is sorted last in both directions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape

from motionbench.leaderboard.html import shown
from motionbench.leaderboard.sheets import ARROWS, Cell, Line, Sheet

_MISSING = "—"
_SECONDS = {"h": 3600.0, "min": 60.0, "s": 1.0}
_PART = r"(\d+(?:\.\d+)?) (h|min|s)"
_DURATION = re.compile(rf"{_PART}(?: {_PART})*")
_NUMBER = re.compile(r"<?([+-]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?)(?=$|[\s/%])")
Label = Callable[[str], str]
"""Markup of a row's label."""


def table(sheet: Sheet, label: Label = escape, *, small_first: bool = False) -> str:
    """Methods and controls are bodies of their own, sorted apart; ``small_first`` is for ranks and p-values."""
    kinds = [_is_number(column) for column in _columns(sheet)]
    first, *others = sheet.header
    heads = [_head(first, number=False, small_first=True)]
    heads += [_head(name, number=number, small_first=small_first) for name, number in zip(others, kinds, strict=True)]
    bodies = [[line for line in sheet.lines if line.control is control] for control in (False, True)]
    words = " words" if sheet.words else ""
    return "\n".join(
        [
            f'<div class="scroll" role="region" aria-label="{escape(sheet.title)}" tabindex="0">',
            f'<table class="sortable{words}">',
            f"<caption><span>{escape(sheet.title)}</span></caption>",
            f"<thead><tr>{''.join(heads)}</tr></thead>",
            *(
                "\n".join(["<tbody>", *(_row(one, kinds, label) for one in body), "</tbody>"])
                for body in bodies
                if body
            ),
            "</table>",
            "</div>",
        ]
    )


def sort_value(text: str) -> float | None:
    """Seconds of a duration, or the first number; None where there is none.

    >>> sort_value("3 min 05 s"), sort_value("1,024"), sort_value("19/20"), sort_value("fym")
    (185.0, 1024.0, 19.0, None)
    """
    if _DURATION.fullmatch(text):
        return sum(float(count) * _SECONDS[unit] for count, unit in re.findall(_PART, text))
    found = _NUMBER.match(text)
    return float(found[1].replace(",", "")) if found else None


def _columns(sheet: Sheet) -> list[tuple[Cell, ...]]:
    return [tuple(line.cells[place] for line in sheet.lines) for place in range(len(sheet.header) - 1)]


def _is_number(cells: Sequence[Cell]) -> bool:
    texts = [cell.text for cell in cells if not _absent(cell.text)]
    return bool(texts) and all(sort_value(text) is not None for text in texts)


def _absent(text: str) -> bool:
    return text in ("", _MISSING)


def _head(name: str, *, number: bool, small_first: bool) -> str:
    """The better end is first where the heading has an arrow; so is the greater of n/N."""
    descending = name.endswith(ARROWS["higher"]) or name == "n/N"
    first = "descending" if number and descending and not small_first else "ascending"
    kind = "number" if number else "text"
    return f'<th scope="col" data-kind="{kind}" data-first="{first}">{escape(name)}</th>'


def _row(line: Line, numbers: Sequence[bool], label: Label) -> str:
    kind = ' class="control"' if line.control else ""
    control = ' <span class="quiet">(control)</span>' if line.control else ""
    cells = "".join(
        f"<td{_value(cell.text, number=number)}>{shown(cell)}</td>"
        for cell, number in zip(line.cells, numbers, strict=True)
    )
    head = f'<th scope="row" data-value="{escape(line.label)}">{label(line.label)}{control}</th>'
    return f"<tr{kind}>{head}{cells}</tr>"


def _value(text: str, *, number: bool) -> str:
    if _absent(text):
        return ""
    return f' data-value="{escape(repr(sort_value(text)) if number else text)}"'
