"""Prints boards on stdout in the format asked for, and progress on stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from motionbench.cli.options import Format

if TYPE_CHECKING:
    from motionbench.leaderboard.aggregate import Board

_WIDTH_OF_A_FILE = 160
_LINES_APART = 10


def show(board: Board, format: Format, store: str) -> None:
    """``store`` is named in JSON only."""
    from motionbench.leaderboard import machine, tables

    if format is Format.json:
        typer.echo(machine.as_json(board, store), nl=False)
    elif format is Format.csv:
        typer.echo(machine.as_csv(board), nl=False)
    elif format is Format.md:
        typer.echo(tables.markdown(board), nl=False)
    else:
        _terminal(board)


def progress(stage: str, done: int, total: int) -> None:
    """A line on stderr that counts in place; where that is no terminal, a line now and then."""
    if sys.stderr.isatty():
        typer.echo(f"\r{stage} {done}/{total}", err=True, nl=done == total)
    elif done == total or done % _LINES_APART == 0:
        typer.echo(f"{stage} {done}/{total}", err=True)


def _terminal(board: Board) -> None:
    from rich.console import Console

    from motionbench.leaderboard import tables

    console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE, highlight=False)
    tables.terminal(board, console)
