"""``motionbench why``: the receipt of a number."""

from __future__ import annotations

import contextlib
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli import options
from motionbench.errors import UsageError

if TYPE_CHECKING:
    from motionbench.receipt import Receipt
    from motionbench.store import Configuration, Environment, Row, Store

EPILOG = (
    "Examples:\n\n"
    "motionbench why fym mf.local pan-1--p1\n\n"
    "motionbench why 'fym\\[stride=2]' clip_text pan-1--p1 --seed 3 --format json"
)


class ReceiptFormat(StrEnum):
    """How a receipt is printed."""

    human = "human"
    json = "json"


Method = Annotated[str, typer.Argument(help="A method as the table names it.")]
Metric = Annotated[str, typer.Argument(help="A metric as the table names it, or its short form such as mf.local.")]
Case = Annotated[str, typer.Argument(help="A case, such as pan-1--p1.")]
Seed = Annotated[int | None, typer.Option("--seed", help="The lowest unless told.", rich_help_panel=options.WHAT)]
Plan = Annotated[
    str, typer.Option("--plan", help="The run with this id; the latest that has it.", rich_help_panel=options.WHAT)
]
Source = Annotated[
    Path | None, typer.Option("--from", help="Read a run record instead of the store.", rich_help_panel=options.WHERE)
]
Form = Annotated[
    ReceiptFormat, typer.Option("--format", help="How it is printed on stdout.", rich_help_panel=options.OUTPUT)
]


def why(
    method: Method,
    metric: Metric,
    case: Case,
    seed: Seed = None,
    plan: Plan = "",
    store: options.StoreFolder = options.DEFAULT_STORE,
    source: Source = None,
    format: Form = ReceiptFormat.human,
) -> None:
    """Print the receipt of a score: clip, code, weights, seeds, packages, timings, files, and how to make it again."""
    from motionbench import provenance, receipt
    from motionbench.store import Store

    if source is not None:
        run = provenance.read_record(source)
        row = receipt.choose(run.scores, method, metric, case, seed)
        _print(receipt.receipt(run.configuration, row, run.environments.get(row.environment)), format)
        return
    opened = Store.open(store, create=False)
    configuration, row = _latest(opened, plan, (method, metric, case, seed))
    _print(receipt.receipt(configuration, row, _environment(opened, row), opened), format)


def _latest(store: Store, plan: str, asked: tuple[str, str, str, int | None]) -> tuple[Configuration, Row]:
    """The latest run that has the score, or the one named."""
    from motionbench import provenance, receipt

    every = store.rows()
    plans = [store.plan(plan)] if plan else store.plans() or [store.plan()]
    found = [(configuration, provenance.rows_of(configuration, every)) for configuration in plans]
    for configuration, rows in found:
        with contextlib.suppress(UsageError):
            return configuration, receipt.choose(rows, *asked)
    # No run has it: say which of its names is in none of them.
    row = receipt.choose([row for _, rows in found for row in rows], *asked)
    raise UsageError(f"no single run has that score; the row is of the plan {row.plan_id}")


def _environment(store: Store, row: Row) -> Environment | None:
    return store.environments([row.environment]).get(row.environment)


def _print(found: Receipt, format: ReceiptFormat) -> None:
    import dataclasses
    import json

    from motionbench import receipt

    if format is ReceiptFormat.json:
        typer.echo(json.dumps(dataclasses.asdict(found), indent=1, allow_nan=False, ensure_ascii=False))
        return
    listed = list(receipt.lines(found))
    width = max(len(name) for name, _ in listed)
    for name, value in listed:
        typer.echo(f"{name:<{width}}  {value}")
