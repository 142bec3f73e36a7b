"""A board for people: Markdown text, and rich tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from motionbench.leaderboard import sheets
from motionbench.leaderboard.aggregate import Board
from motionbench.leaderboard.sheets import Cell, Line, Sheet

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

_STYLES = {"best": "bold", "second": "underline", "": ""}


def markdown(board: Board) -> str:
    """The overall table, one by category for each metric, and the notes; ends with a newline."""
    parts = [_markdown_sheet(sheet) for sheet in _sheets(board)]
    notes = "\n".join(f"- {_escaped(note)}" for note in sheets.notes(board))
    return "\n\n".join([*parts, notes]) + "\n"


def terminal(board: Board) -> Iterator[Table | Text]:
    """Renderables for a rich console: the tables, then the notes."""
    from rich.text import Text

    for sheet in _sheets(board):
        yield _table(sheet)
    for note in sheets.notes(board):
        yield Text(note, style="yellow" if note.startswith("†") else "dim")


def _sheets(board: Board) -> list[Sheet]:
    metrics = board.configuration.metrics
    by_category = [sheets.by_category(board, metric) for metric in metrics] if len(board.categories) > 1 else []
    return [sheets.overall(board), *by_category]


def _markdown_sheet(sheet: Sheet) -> str:
    rows = [f"| {' | '.join(map(_escaped, sheet.header))} |", "|---" + "|---:" * (len(sheet.header) - 1) + "|"]
    rows += [_markdown_line(line) for line in sheet.lines]
    return f"**{_escaped(sheet.title)}**\n\n" + "\n".join(rows)


def _markdown_line(line: Line) -> str:
    label = f"*{_escaped(line.label)}* (control)" if line.control else _escaped(line.label)
    return f"| {' | '.join([label, *map(_markdown_cell, line.cells)])} |"


def _markdown_cell(cell: Cell) -> str:
    marks = {"best": f"**{cell.text}**", "second": f"<u>{cell.text}</u>", "": cell.text}
    return f"{marks[cell.mark]} {cell.interval}".strip()


def _escaped(text: str) -> str:
    for character in "\\|*_<`":
        text = text.replace(character, "\\" + character)
    return text.replace("\n", " ")


def _table(sheet: Sheet) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(sheet.title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for number, heading in enumerate(sheet.header):
        table.add_column(Text(heading), justify="right" if number else "left", overflow="fold")
    for line, following in zip(sheet.lines, [*sheet.lines[1:], None], strict=True):
        last_method = following is not None and following.control and not line.control
        cells = [_text(cell) for cell in line.cells]
        table.add_row(Text(line.label), *cells, style="dim" if line.control else "", end_section=last_method)
    return table


def _text(cell: Cell) -> Text:
    from rich.text import Text

    text = Text(cell.text, style=_STYLES[cell.mark])
    return text.append(f"\n{cell.interval}", style="not bold not underline dim") if cell.interval else text
