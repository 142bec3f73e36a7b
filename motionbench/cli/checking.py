"""``motionbench table --check``: whether a table in a file is still what the store gives."""

from __future__ import annotations

import shlex
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from motionbench.cli import options, printing
from motionbench.cli.options import Format
from motionbench.errors import StaleError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from motionbench.leaderboard.aggregate import Board
    from motionbench.leaderboard.sheets import Quotation
    from motionbench.leaderboard.stamps import Stamp
    from motionbench.leaderboard.views import View

_FORMATS = {
    ".tex": Format.latex,
    ".html": Format.html,
    ".md": Format.md,
    ".csv": Format.csv,
    ".json": Format.json,
}


def read(file: Path) -> Stamp | None:
    """The plans and options that a file's own header names, where it has one."""
    from motionbench.leaderboard import stamps

    _format(file)
    return stamps.read(_text(file))


def compare(file: Path, board: Board, view: View, quoted: Sequence[Quotation], place: Path) -> None:
    """Raises StaleError with the first line that differs and the command that renews the file."""
    kept = _text(file)
    made = printing.rendered(board, _format(file), str(place), view, quoted)
    if made == kept:
        typer.echo(f"{file} is the table of {place}", err=True)
        return
    pairs = zip_longest(kept.splitlines(), made.splitlines(), fillvalue="(no line)")
    number, (old, new) = next(
        ((n, pair) for n, pair in enumerate(pairs, start=1) if pair[0] != pair[1]), (0, ("(line ends)", "(line ends)"))
    )
    raise StaleError(
        f"{file} is no longer the table of {place}; line {number} differs\n"
        f"  in the file: {_short(old)}\n  in the store: {_short(new)}\n"
        f"Renew it: {_renewal(file, board, view, place)}"
    )


def _renewal(file: Path, board: Board, view: View, place: Path) -> str:
    if place.is_dir():
        plans = [word for plan in board.configuration.plan_id.split("+") for word in ("--plan", plan)]
        where = plans if place == options.DEFAULT_STORE else ["--store", str(place), *plans]
    else:
        where = ["--from", str(place)]
    words = ["motionbench", "table", *where, "--format", _format(file).value, *view.words()]
    return f"{shlex.join(words)} > {shlex.quote(str(file))}"


def _format(file: Path) -> Format:
    if file.suffix not in _FORMATS:
        raise UsageError(f"--check reads {', '.join(_FORMATS)}, got {file}")
    return _FORMATS[file.suffix]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {file}: {error}") from error


def _short(line: str, most: int = 160) -> str:
    return line if len(line) <= most else f"{line[:most]}…"
