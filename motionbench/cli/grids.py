"""Prints a list of things as a table on a terminal, as tab-separated lines into a pipe."""

from __future__ import annotations

import sys

import typer


class Grid:
    """A header and rows of text."""

    def __init__(self, header: tuple[str, ...]) -> None:
        self._header = header
        self._rows: list[tuple[str, ...]] = []

    def add(self, *cells: str) -> None:
        """One row."""
        self._rows.append(cells)

    def show(self) -> None:
        """Print all rows on stdout."""
        if not sys.stdout.isatty():
            for row in (self._header, *self._rows):
                typer.echo("\t".join(cell.replace("\n", " ") for cell in row))
            return
        self._draw()

    def _draw(self) -> None:
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(*self._header, box=box.SIMPLE_HEAD, pad_edge=False)
        for row in self._rows:
            table.add_row(*map(Text, row))
        Console(highlight=False).print(table)
