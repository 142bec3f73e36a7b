"""A board for people: Markdown text, and rich tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from motionbench.leaderboard.aggregate import Board
from motionbench.leaderboard.pages import page
from motionbench.leaderboard.sheets import PLAIN, Cell, Line, Quotation, Sheet
from motionbench.leaderboard.views import View

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_ANY_WIDTH = 1000
_STYLES = {"best": "bold", "second": "underline", "": ""}


def markdown(board: Board, view: View = PLAIN, quoted: Sequence[Quotation] = ()) -> str:
    """The overall table, differences from the backbone, a table by group for each metric, costs, notes."""
    made = page(board, view, quoted)
    return markdown_of([sheet for _, sheet in made.sheets], made.notes)


def markdown_of(sheets: Sequence[Sheet], notes: Sequence[str]) -> str:
    """Tables, then notes as a list."""
    parts = [_markdown_sheet(sheet) for sheet in sheets]
    listed = "\n".join(f"- {_escaped(note)}" for note in notes)
    return "\n\n".join([*parts, listed]) + "\n"


def terminal(board: Board, console: Console, view: View = PLAIN, quoted: Sequence[Quotation] = ()) -> None:
    """Print the same on a rich console; intervals go below their means where the console is narrow."""
    made = page(board, view, quoted)
    terminal_of([sheet for _, sheet in made.sheets], made.notes, console)


def terminal_of(sheets: Sequence[Sheet], notes: Sequence[str], console: Console) -> None:
    """Print tables, then notes."""
    from rich.text import Text

    for sheet in sheets:
        wide = _table(sheet, narrow=False)
        fits = console.measure(wide, options=console.options.update(max_width=_ANY_WIDTH)).maximum <= console.width
        console.print(wide if fits else _table(sheet, narrow=True))
    for note in notes:
        console.print(Text(note, style="yellow" if note.startswith("†") else "dim"))


def _markdown_sheet(sheet: Sheet) -> str:
    rows = [
        f"| {' | '.join(map(_escaped, sheet.header))} |",
        "|---" + ("|---" if sheet.words else "|---:") * (len(sheet.header) - 1) + "|",
    ]
    rows += [_markdown_line(line) for line in sheet.lines]
    return f"**{_escaped(sheet.title)}**\n\n" + "\n".join(rows)


def _markdown_line(line: Line) -> str:
    label = f"*{_escaped(line.label)}* (control)" if line.control else _escaped(line.label)
    return f"| {' | '.join([label, *map(_markdown_cell, line.cells)])} |"


def _markdown_cell(cell: Cell) -> str:
    # GitHub shows <ins> underlined and drops <u>.
    text = _escaped(cell.text)
    marks = {"best": f"**{text}**", "second": f"<ins>{text}</ins>", "": text}
    return " ".join(part for part in (marks[cell.mark], cell.missing, cell.interval) if part)


def _escaped(text: str) -> str:
    for character in "\\|*_<`":
        text = text.replace(character, "\\" + character)
    return text.replace("\n", " ")


def _table(sheet: Sheet, *, narrow: bool) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(sheet.title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    first, *others = sheet.header
    table.add_column(Text(first), no_wrap=narrow)
    for heading in others:
        table.add_column(Text(_broken(heading, "_") if narrow else heading), justify="right", overflow="fold")
    for line, following in zip(sheet.lines, [*sheet.lines[1:], None], strict=True):
        last_method = following is not None and following.control and not line.control
        label = Text(_broken(line.label, ",") if narrow else line.label)
        cells = [_text(cell, narrow=narrow) for cell in line.cells]
        table.add_row(label, *cells, style="dim" if line.control else "", end_section=last_method)
    return table


def _broken(name: str, after: str) -> str:
    """A name in several lines: "motion_", "fidelity", "[local] ↑"."""
    return name.replace(after, f"{after}\n").replace("[", "\n[")


def _text(cell: Cell, *, narrow: bool) -> Text:
    from rich.text import Text

    text = Text(cell.text, style=_STYLES[cell.mark])
    plain = "not bold not underline"
    if cell.missing:
        text.append(f" {cell.missing}", style=plain)
    if cell.interval:
        text.append(("\n" if narrow else " ") + cell.interval, style=f"{plain} dim")
    return text
