"""``motionbench store``: what a store holds, whether it is whole, joining stores and making them smaller."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from motionbench.cli import options
from motionbench.errors import MissingResourceError

app = typer.Typer(help="The store that runs leave behind.", no_args_is_help=True)


@app.command("runs")
def runs(store: options.StoreFolder = options.DEFAULT_STORE) -> None:
    """Print every run with its id, the latest first."""
    import datetime

    from motionbench.cli.grids import Grid
    from motionbench.store import Store

    grid = Grid(("plan", "written", "suite", "backbone", "scores", "command"))
    for plan in Store.open(store, create=False).plans():
        written = datetime.datetime.fromtimestamp(plan.written_at).isoformat(" ", "minutes")
        grid.add(plan.plan_id, written, plan.suite, plan.backbone, str(len(plan.score_keys)), plan.command)
    grid.show()


@app.command("compact")
def compact(store: options.StoreFolder = options.DEFAULT_STORE) -> None:
    """Join the rows of finished runs into one Parquet file."""
    from motionbench.store import Store

    written = Store.open(store).compact()
    typer.echo(str(written) if written else "There are no rows yet.")


@app.command("merge")
def merge(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The store that gets everything; made where it is not.")],
    stores: Annotated[list[Path], typer.Argument(metavar="IN...", help="Stores of shards or other machines.")],
) -> None:
    """Join stores into one; exit 6 where an object differs from its digest, after all others are in."""
    from motionbench.store import Store, merging

    sources = [Store.open(folder, create=False) for folder in stores]
    merged = merging.merge(Store.open(out), sources)
    typer.echo(f"{merged.objects} objects, {merged.rows} rows and {merged.plans} plans came into {out}.", err=True)
    typer.echo(f"Next: motionbench table --store {shlex.quote(str(out))}", err=True)
    if merged.broken:
        listing = "\n".join(f"  {folder}" for folder in merged.broken)
        raise MissingResourceError(
            f"{len(merged.broken)} objects differ from their digests and were left out:\n{listing}\n"
            "Remove their folders and run the same command again where they were made; or let eval make them in OUT."
        )


@app.command("migrate")
def migrate(store: options.StoreFolder = options.DEFAULT_STORE) -> None:
    """Write an older store's records down again under the present schema; objects stay as they are."""
    from motionbench.store import Store, migrating, records

    done = migrating.migrate(Store.open(store))
    if done.earlier == records.SCHEMA_VERSION:
        typer.echo(f"{store} has schema {done.earlier}, the present one: there is nothing to do.")
    else:
        typer.echo(f"{store}: schema {done.earlier} → {records.SCHEMA_VERSION}, {done.rows} rows, {done.plans} plans.")


@app.command("verify")
def verify(store: options.StoreFolder = options.DEFAULT_STORE) -> None:
    """Read every object and compare it with its digest; exit 6 where one differs."""
    from motionbench.store import Store

    broken = Store.open(store, create=False).objects.verify()
    for folder in broken:
        typer.echo(str(folder))
    if broken:
        raise MissingResourceError(
            f"{len(broken)} objects differ from their digests\nRemove their folders; the same command makes them again."
        )
