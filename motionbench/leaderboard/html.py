"""A board as one HTML file: no script, nothing loaded from elsewhere, every text escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from motionbench.leaderboard import stamps
from motionbench.leaderboard.aggregate import Board
from motionbench.leaderboard.pages import page
from motionbench.leaderboard.sheets import PLAIN, Cell, Line, Quotation, Sheet, title
from motionbench.leaderboard.views import View

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #777; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; padding: 0 1rem; max-width: 90rem; }
h1 { font-size: 1.25rem; }
section { overflow-x: auto; margin: 0 0 2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .25rem 0 .5rem; }
thead th { border-bottom: 1px solid; }
th, td { padding: .25rem .75rem; text-align: right; white-space: nowrap; vertical-align: baseline; }
th:first-child { text-align: left; font-weight: normal; padding-left: 0; }
tbody + tbody { border-top: 1px solid var(--line); }
tbody tr:hover { background: #8881; }
.control { color: var(--quiet); }
.control th { font-style: italic; }
.interval { font-size: .8em; color: var(--quiet); }
.missing { font-size: .8em; }
.best { font-weight: 700; }
.second { text-decoration: underline; }
.words { border: 1px dashed var(--line); padding: .5rem 1rem; }
.words th, .words td { text-align: left; white-space: normal; }
ul.notes { padding-left: 1.2rem; max-width: 60rem; }
"""


def html(board: Board, view: View = PLAIN, quoted: Sequence[Quotation] = ()) -> str:
    """Methods and controls are bodies of their own; the meta elements say how to make the file again."""
    made = page(board, view, quoted)
    meta = [
        f'<meta name="{stamps.PREFIX}{name}" content="{escape(value)}">'
        for name, value in stamps.fields(board, view, "html")
    ]
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        *meta,
        f"<title>{escape(title(board))}</title>",
        f"<style>{_STYLE}</style>",
        "<h1>MotionBench</h1>",
        *(_section(name, sheet) for name, sheet in made.sheets),
        '<ul class="notes">',
        *(f"<li>{escape(note)}</li>" for note in made.notes),
        "</ul>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


def _section(name: str, sheet: Sheet) -> str:
    first, *others = (escape(heading) for heading in sheet.header)
    bodies = [[line for line in sheet.lines if line.control is control] for control in (False, True)]
    kind = ' class="words"' if sheet.words else ""
    return "\n".join(
        [
            f'<section id="{escape(name)}"{kind}>',
            "<table>",
            f"<caption>{escape(sheet.title)}</caption>",
            f'<thead><tr><th scope="col">{first}</th>'
            + "".join(f'<th scope="col">{heading}</th>' for heading in others)
            + "</tr></thead>",
            *("\n".join(["<tbody>", *map(_row, body), "</tbody>"]) for body in bodies if body),
            "</table>",
            "</section>",
        ]
    )


def _row(line: Line) -> str:
    kind = ' class="control" title="control"' if line.control else ""
    cells = "".join(f"<td>{shown(cell)}</td>" for cell in line.cells)
    return f'<tr{kind}><th scope="row">{escape(line.label)}</th>{cells}</tr>'


def shown(cell: Cell) -> str:
    """A cell's text, what is missing of it and its interval, as spans."""
    text = escape(cell.text)
    parts = [
        f'<span class="{cell.mark}">{text}</span>' if cell.mark else text,
        f'<span class="missing">{escape(cell.missing)}</span>' if cell.missing else "",
        f'<span class="interval">{escape(cell.interval)}</span>' if cell.interval else "",
    ]
    return " ".join(part for part in parts if part)
