"""Prints a board on stdout in the format asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from motionbench.cli.options import Format

if TYPE_CHECKING:
    from motionbench.leaderboard.aggregate import Board

_WIDTH_OF_A_FILE = 160


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


def _terminal(board: Board) -> None:
    from rich.console import Console

    from motionbench.leaderboard import tables

    console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE, highlight=False)
    for part in tables.terminal(board):
        console.print(part)
