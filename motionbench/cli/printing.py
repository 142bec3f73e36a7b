"""Prints boards on stdout in the format asked for, and progress on stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from motionbench.cli.options import Format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from motionbench.leaderboard.aggregate import Board
    from motionbench.leaderboard.sheets import Quotation
    from motionbench.leaderboard.views import View

_WIDTH_OF_A_FILE = 160
_LINES_APART = 10


def show(board: Board, format: Format, store: str, view: View | None = None, quoted: Sequence[Quotation] = ()) -> None:
    """``store`` is named in JSON only."""
    from motionbench.leaderboard.views import View

    if format is Format.human:
        _terminal(board, view or View(), quoted)
    else:
        typer.echo(rendered(board, format, store, view or View(), quoted), nl=False)


def rendered(board: Board, format: Format, store: str, view: View, quoted: Sequence[Quotation] = ()) -> str:
    """A board in one of the formats that are text wherever they go."""
    from motionbench.leaderboard import html, latex, machine, tables

    if format is Format.json:
        return machine.as_json(board, store)
    if format is Format.csv:
        return machine.as_csv(board)
    writers = {Format.md: tables.markdown, Format.latex: latex.latex, Format.html: html.html}
    return writers[format](board, view, quoted)


def progress(stage: str, done: int, total: int) -> None:
    """A line on stderr that counts in place; where that is no terminal, a line now and then."""
    if sys.stderr.isatty():
        typer.echo(f"\r{stage} {done}/{total}", err=True, nl=done == total)
    elif done == total or done % _LINES_APART == 0:
        typer.echo(f"{stage} {done}/{total}", err=True)


def _terminal(board: Board, view: View, quoted: Sequence[Quotation]) -> None:
    from rich.console import Console

    from motionbench.leaderboard import tables

    console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE, highlight=False)
    tables.terminal(board, console, view, quoted)
