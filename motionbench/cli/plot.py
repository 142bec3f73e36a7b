"""``motionbench plot``: figures of a table, as vectors."""

from __future__ import annotations

import dataclasses
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from motionbench.cli import options
from motionbench.errors import UsageError

if TYPE_CHECKING:
    from motionbench.leaderboard.aggregate import Board

EPILOG = (
    "Examples:\n\n"
    "motionbench plot pareto motion.pdf --no-controls\n\n"
    "motionbench plot scatter --metric mf.local,mf.dmt variants.svg\n\n"
    "motionbench plot categories --metric mf.local bars.pdf --from results/mini-full.json\n\n"
    "Robustness curves of metrics: motionbench metric check --plot curves.pdf"
)
SUFFIXES = (".pdf", ".svg", ".png")


class Kind(StrEnum):
    """What is drawn."""

    scatter = "scatter"
    pareto = "pareto"
    categories = "categories"


KindOf = Annotated[Kind, typer.Argument(help="One metric against another, their Pareto front, or bars by category.")]
File = Annotated[Path, typer.Argument(help="The figure: .pdf, .svg or .png.")]
Metrics = Annotated[
    list[str] | None,
    typer.Option(
        "--metric",
        help="Up first, then across; the headline metrics unless told.",
        rich_help_panel=options.WHAT,
    ),
]
Plan = Annotated[
    str, typer.Option("--plan", help="The run with this id; the latest unless told.", rich_help_panel=options.WHAT)
]
Source = Annotated[
    Path | None, typer.Option("--from", help="Read a run record instead of the store.", rich_help_panel=options.WHERE)
]


def plot(
    kind: KindOf,
    file: File,
    metric: Metrics = None,
    no_controls: options.NoControls = False,
    plan: Plan = "",
    store: options.StoreFolder = options.DEFAULT_STORE,
    source: Source = None,
) -> None:
    """Draw a table: motion against text and against leakage, or any metrics of it."""
    from motionbench import drawing

    drawing.require("motionbench plot", file, SUFFIXES)
    board = _board(store, plan, source)
    if no_controls:
        board = dataclasses.replace(board, methods=tuple(line for line in board.methods if not line.control))
    drawing.save(_drawn(kind, board, options.listed(metric)), file)
    typer.echo(str(file))


def _board(store: Path, plan: str, source: Path | None) -> Board:
    from motionbench import provenance
    from motionbench.leaderboard.aggregate import board
    from motionbench.store import Store

    if source is not None:
        run = provenance.read_record(source)
    else:
        opened = Store.open(store, create=False)
        run = provenance.record(opened, opened.plan(plan))
    return board(run.configuration, run.scores, run.rejections)


def _drawn(kind: Kind, board: Board, names: tuple[str, ...]) -> Any:
    from motionbench import registry
    from motionbench.leaderboard import plots

    full = {entry.alias: entry.name for entry in registry.entries("metrics")}
    metrics = [plots.metric_of(board, full.get(name, name)) for name in names] or list(plots.headlines(board))
    if kind is Kind.categories:
        return plots.categories(board, metrics[0])
    if len(metrics) < 2:
        raise UsageError(f"a {kind.value} plot takes two metrics or more: --metric mf.local,clip_text")
    up, *across = metrics
    if kind is Kind.scatter:
        return plots.scatter(board, across[0], up)
    return plots.pareto(board, up, across)
