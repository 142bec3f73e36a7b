"""A board as LaTeX: one float a table, booktabs and nothing else.

``\\best`` and ``\\second`` are provided, not defined, so that a paper may set its own. Characters that pdflatex has no
glyph for are printed by their number, never dropped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from motionbench.leaderboard import stamps
from motionbench.leaderboard.aggregate import Board
from motionbench.leaderboard.pages import page
from motionbench.leaderboard.sheets import PLAIN, Cell, Line, Quotation, Sheet
from motionbench.leaderboard.views import View

_COMMANDS = r"""\providecommand{\best}[1]{\textbf{#1}}
\providecommand{\second}[1]{\underline{#1}}"""
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"\textbar{}",
    '"': r"{\char34}",
    "`": r"{\char96}",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "→": r"$\rightarrow$",
    "†": r"$\dagger$",
    "‡": r"$\ddagger$",
    "±": r"$\pm$",
    "α": r"$\alpha$",
    "τ": r"$\tau$",
    "−": r"$-$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "…": r"\ldots{}",
    "—": "---",
    "–": "--",
}


def latex(board: Board, view: View = PLAIN, quoted: Sequence[Quotation] = ()) -> str:
    """For ``\\input`` in a document that loads booktabs; notes stand below the first table."""
    made = page(board, view, quoted)
    suite = board.configuration.suite
    named = [(f"{_slug(suite)}-{name}", sheet) for name, sheet in made.sheets]
    return latex_of(stamps.fields(board, view, "latex"), named, made.notes)


def latex_of(fields: Iterable[tuple[str, str]], named: Sequence[tuple[str, Sheet]], notes: Sequence[str]) -> str:
    """Stamps as comments, then a float a table, each with the name of its label; notes stand below the first."""
    header = [f"% {stamps.PREFIX}{name}: {value}" for name, value in fields]
    floats = [_float(sheet, f"tab:{name}", notes if place == 0 else ()) for place, (name, sheet) in enumerate(named)]
    needs = "% Needs \\usepackage{booktabs}. Made by the command above; edits are lost when it is made again."
    return "\n".join([*header, needs, _COMMANDS, "", "\n\n".join(floats)]) + "\n"


def escaped(text: str) -> str:
    """Text that LaTeX prints as it is, on one line."""
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    # Braces keep hyphens from becoming a dash.
    return "-{}-".join("".join(map(_character, part)) for part in plain.split("--"))


def _character(one: str) -> str:
    if one in _SPECIAL:
        return _SPECIAL[one]
    # Basic Latin, Latin-1 and Latin Extended-A have glyphs in pdflatex's default encodings.
    if one.isprintable() and (ord(one) < 0x7F or (0xC0 <= ord(one) <= 0x17F and one.isalpha())):
        return one
    return f"[U+{ord(one):04X}]"


def _float(sheet: Sheet, label: str, notes: Sequence[str]) -> str:
    rows = [_row(line) for line in sheet.lines if not line.control]
    controls = [_row(line) for line in sheet.lines if line.control]
    body = [*rows, *(["\\midrule"] if rows and controls else []), *controls]
    lines = [
        "\\begin{table}",
        "  \\centering",
        "  \\small",
        "  \\setlength{\\tabcolsep}{4pt}",
        f"  \\caption{{{escaped(sheet.title)}}}",
        f"  \\label{{{label}}}",
        f"  \\begin{{tabular}}{{{_columns(sheet)}}}",
        "    \\toprule",
        f"    {' & '.join(map(escaped, sheet.header))} \\\\",
        "    \\midrule",
        *(f"    {row}" for row in body),
        "    \\bottomrule",
        "  \\end{tabular}",
        *_notes(notes),
        "\\end{table}",
    ]
    return "\n".join(lines)


def _columns(sheet: Sheet) -> str:
    others = len(sheet.header) - 1
    return "l" + (f"p{{{0.7 / others:.2f}\\linewidth}}" if sheet.words else "r") * others


def _notes(notes: Sequence[str]) -> Iterator[str]:
    if notes:
        yield "  \\par\\medskip"
        yield "  \\begin{minipage}{\\linewidth}\\footnotesize\\raggedright"
        yield from (f"    {escaped(note)}\\par" for note in notes)
        yield "  \\end{minipage}"


def _row(line: Line) -> str:
    # Braces keep a label that begins with a bracket or an asterisk from being read as an argument of the row above.
    label = f"\\textit{{{escaped(line.label)}}}" if line.control else f"{{{escaped(line.label)}}}"
    return f"{' & '.join([label, *map(_cell, line.cells)])} \\\\"


def _cell(cell: Cell) -> str:
    text, interval = _minus(cell.text), _minus(cell.interval)
    if cell.mark:
        text = f"\\{cell.mark}{{{text}}}"
    parts = [text, escaped(cell.missing), f"{{\\scriptsize {interval}}}" if interval else ""]
    return " ".join(part for part in parts if part)


def _minus(text: str) -> str:
    """A hyphen before a digit as a minus."""
    return escaped(re.sub(r"(?<!\w)-(?=\d)", "−", text))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "suite"
