"""Shows downloads on stderr: a bar where it is a terminal, else a line for each file that is whole."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from motionbench.data.fetching import Report, State


@contextmanager
def shown() -> Iterator[Report]:
    """The callback that shows how far all files are."""
    if sys.stderr.isatty():
        with _bar() as report:
            yield report
    else:
        yield _Lines()


@contextmanager
def _bar() -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("fetch", total=None)

        def report(state: State) -> None:
            done = f"fetch {state.files}/{state.total_files}"
            progress.update(task, description=done, completed=state.bytes, total=state.total_bytes)

        yield report


class _Lines:
    """One line for every file more that is whole."""

    def __init__(self) -> None:
        self._files = 0

    def __call__(self, state: State) -> None:
        if state.files > self._files:
            self._files = state.files
            size, total = megabytes(state.bytes), megabytes(state.total_bytes)
            typer.echo(f"fetch {state.files}/{state.total_files} {state.name} ({size} of {total})", err=True)


def megabytes(count: int) -> str:
    """``2.8 MB``."""
    return f"{count / 1e6:.1f} MB"
