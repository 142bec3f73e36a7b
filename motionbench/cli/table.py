"""``motionbench table``: the leaderboard from a store, or from a run record, for reading, for papers, for checking."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli import options
from motionbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from motionbench.leaderboard.aggregate import Board
    from motionbench.leaderboard.sheets import Quotation
    from motionbench.leaderboard.views import View
    from motionbench.provenance import RunRecord
    from motionbench.store import Configuration, Store

EPILOG = (
    "Examples:\n\n"
    "motionbench table --format md\n\n"
    "motionbench table --format latex --half-width --part overall > tab1.tex, and later: "
    "motionbench table --check tab1.tex\n\n"
    "motionbench table --plan 3f2a --plan 9c1b --format csv > both.csv\n\n"
    "motionbench table --record results/mini.json, and later: motionbench table --from results/mini.json"
)
SHOWN = "What is shown"

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
By = Annotated[options.By, typer.Option("--by", help="What the smaller tables are by.", rich_help_panel=SHOWN)]
Metrics = Annotated[
    list[str] | None,
    typer.Option("--metric", help="Only this column, or several with commas.", rich_help_panel=SHOWN),
]
Parts = Annotated[
    list[options.Part] | None,
    typer.Option("--part", help="Only this table; may be given again.", rich_help_panel=SHOWN),
]
HalfWidth = Annotated[
    bool, typer.Option("--half-width", help="± half the interval's width in place of brackets.", rich_help_panel=SHOWN)
]
Calibrated = Annotated[
    bool,
    typer.Option(
        "--calibrated", help="0 is the control at the floor, 1 the one at the ceiling.", rich_help_panel=SHOWN
    ),
]
Common = Annotated[
    bool,
    typer.Option("--common", help="Means over what every method and control has a value for.", rich_help_panel=SHOWN),
]
Quoted = Annotated[
    bool, typer.Option("--quoted", help="Also what the methods' papers report, apart.", rich_help_panel=SHOWN)
]
Check = Annotated[
    Path | None,
    typer.Option(
        "--check",
        help="Print nothing; exit 4 where this .tex, .html, .md, .csv or .json is no longer the store's table.",
        rich_help_panel=options.OUTPUT,
    ),
]


def table(
    plan: Plans = None,
    all_plans: All = False,
    suite: options.Suite = None,
    by: By = options.By.category,
    metric: Metrics = None,
    part: Parts = None,
    half_width: HalfWidth = False,
    calibrated: Calibrated = False,
    common: Common = False,
    quoted: Quoted = False,
    store: options.StoreFolder = options.DEFAULT_STORE,
    source: Source = None,
    record: Record = None,
    check: Check = None,
    format: options.TableFormat = options.Format.human,
) -> None:
    """Print the leaderboard of the latest run, of runs or of a record."""
    from motionbench import provenance
    from motionbench.cli import checking, printing
    from motionbench.leaderboard.views import View

    if source is not None and (plan or all_plans):
        raise UsageError("--from reads a record of its own: leave --plan and --all out")
    view = View(by.value, half_width, calibrated, common, quoted, options.listed(metric))
    view = replace(view, parts=tuple(one.value for one in part or []))
    if format in (options.Format.json, options.Format.csv) and (half_width or calibrated or quoted or part):
        raise UsageError(
            "--half-width, --calibrated, --quoted and --part shape tables for reading; json and csv hold all"
        )
    stamped = checking.read(check) if check else None
    if stamped is not None:
        plan = plan or ([] if all_plans or source else list(stamped.plans))
        view = view if view != View() else stamped.view
    run = provenance.read_record(source) if source else _from_store(store, plan or [], all_plans, suite)
    shown, quotations = _board(run, view), _quotations(run, view)
    if check is not None:
        checking.compare(check, shown, view, quotations, source or store)
        return
    if record is not None:
        provenance.write_record(record, run)
        typer.echo(f"Wrote {record}; render it with: motionbench table --from {record}", err=True)
    printing.show(shown, format, str(source or store), view, quotations)


def _from_store(folder: Path, ids: list[str], all_plans: bool, suite: str | None) -> RunRecord:
    from motionbench import provenance
    from motionbench.leaderboard import comparable
    from motionbench.store import Store

    store = Store.open(folder, create=False)
    chosen = _chosen(store, ids, all_plans, suite)
    return provenance.record(store, comparable.merge(chosen))


def _board(run: RunRecord, view: View) -> Board:
    from motionbench.leaderboard.aggregate import board

    configuration, rows = run.configuration, run.scores
    if view.metrics:
        known = [metric.name for metric in configuration.metrics]
        unknown = [name for name in view.metrics if name not in known]
        if unknown:
            raise UsageError(f"the table has no column {unknown[0]!r}; it has {', '.join(known)}")
        chosen = tuple(metric for metric in configuration.metrics if metric.name in view.metrics)
        configuration = replace(configuration, metrics=chosen)
        rows = tuple(row for row in rows if row.metric in view.metrics)
    return board(configuration, rows, run.rejections, by=view.by, common=view.on_common)


def _quotations(run: RunRecord, view: View) -> Sequence[Quotation]:
    """What the papers of the table's methods report; nothing of a method that is not installed."""
    from motionbench import registry
    from motionbench.leaderboard.sheets import Quotation
    from motionbench.specs import MethodSpec

    if not view.quoted:
        return ()
    used = {line.name for line in run.configuration.methods}
    specs = [entry.spec for entry in registry.entries("methods")]
    return [
        Quotation(spec.name, result.metric, result.value, result.protocol, result.source)
        for spec in specs
        if isinstance(spec, MethodSpec) and spec.name in used
        for result in spec.paper_results
    ]


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
