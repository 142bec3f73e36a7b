"""``motionbench table``: the leaderboard from a store, or from a run record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli import options
from motionbench.errors import UsageError

if TYPE_CHECKING:
    from motionbench.provenance import RunRecord
    from motionbench.store import Configuration, Store

EPILOG = (
    "Examples:\n\n"
    "motionbench table --format md\n\n"
    "motionbench table --plan 3f2a --plan 9c1b --format csv > both.csv\n\n"
    "motionbench table --record results/mini.json, and later: motionbench table --from results/mini.json"
)

Plans = Annotated[
    list[str] | None,
    typer.Option(
        "--plan", help="The run with this id, or the start of it; several share a table.", rich_help_panel=options.WHAT
    ),
]
All = Annotated[bool, typer.Option("--all", help="All runs of the store in one table.", rich_help_panel=options.WHAT)]
Record = Annotated[
    Path | None,
    typer.Option(
        "--record",
        help="Also write a run record: everything behind the table, to commit.",
        rich_help_panel=options.OUTPUT,
    ),
]
Source = Annotated[
    Path | None, typer.Option("--from", help="Read a run record instead of the store.", rich_help_panel=options.WHERE)
]


def table(
    plan: Plans = None,
    all_plans: All = False,
    suite: options.Suite = None,
    store: options.StoreFolder = options.DEFAULT_STORE,
    source: Source = None,
    record: Record = None,
    format: options.TableFormat = options.Format.human,
) -> None:
    """Print the leaderboard of the latest run, of runs or of a record."""
    from motionbench import provenance
    from motionbench.cli import printing
    from motionbench.leaderboard.aggregate import board

    if source is not None and (plan or all_plans):
        raise UsageError("--from reads a record of its own: leave --plan and --all out")
    run = provenance.read_record(source) if source else _from_store(store, plan or [], all_plans, suite)
    shown = board(run.configuration, run.scores, run.rejections)
    if record is not None:
        provenance.write_record(record, run)
        typer.echo(f"Wrote {record}; render it with: motionbench table --from {record}", err=True)
    printing.show(shown, format, str(source or store))


def _from_store(folder: Path, ids: list[str], all_plans: bool, suite: str | None) -> RunRecord:
    from motionbench import provenance
    from motionbench.leaderboard import comparable
    from motionbench.store import Store

    store = Store.open(folder, create=False)
    chosen = _chosen(store, ids, all_plans, suite)
    return provenance.record(store, comparable.merge(chosen))


def _chosen(store: Store, ids: list[str], all_plans: bool, suite: str | None) -> list[Configuration]:
    if ids:
        return [store.plan(identity) for identity in ids]
    known = [plan for plan in store.plans() if suite in (None, plan.suite)]
    if suite is not None and not known:
        suites = sorted({plan.suite for plan in store.plans()})
        raise UsageError(f"{store.root} holds no run of the suite {suite!r}; it holds {', '.join(suites) or 'none'}")
    if not known:
        return [store.plan()]
    return known if all_plans else known[:1]
