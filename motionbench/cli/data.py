"""``motionbench data``: the suites, and whether their clips are what the manifest says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli import options, printing
from motionbench.errors import MissingResourceError

if TYPE_CHECKING:
    from motionbench.contracts import Suite

app = typer.Typer(help="Suites and their clips.", no_args_is_help=True)

Names = Annotated[list[str] | None, typer.Argument(help="Suites; all unless told.", show_default=False)]


@app.command("list")
def list_suites() -> None:
    """Print each suite with its protocol and its references by category."""
    from motionbench.cli.grids import Grid
    from motionbench.data.inspection import summaries

    grid = Grid(("suite", "cases", "references", "protocol", "references by category", "summary"))
    for suite in summaries():
        if suite.broken:
            grid.add(suite.name, "broken", "", "", "", suite.broken)
            continue
        categories = ", ".join(f"{category} {count}" for category, count in suite.categories)
        grid.add(suite.name, str(suite.cases), str(suite.references), suite.protocol, categories, suite.summary)
    grid.show()


@app.command("verify")
def verify(names: Names = None, data: options.Data = None) -> None:
    """Decode every case and compare it with its digest; exit 6 where one differs."""
    broken = [suite.name for suite in _suites(names, data) if _faults(suite)]
    if broken:
        raise MissingResourceError(f"not every reference of {', '.join(broken)} can be used; the lines above say why")


def _suites(names: list[str] | None, data: options.Data) -> list[Suite]:
    from motionbench import registry, sources
    from motionbench.data.inspection import open_suite

    known = [entry.name for entry in registry.entries("suites") if entry.spec is not None]
    suites = [open_suite(name) for name in names or ([] if data else known)]
    if data is not None:
        protocol = sources.folder_protocol(registry.backbone("mini-wan"), "")
        suites.append(sources.open_folder(data, protocol))
    return suites


def _faults(suite: Suite) -> int:
    """How many references of a suite cannot be used, each printed with its reasons."""
    from motionbench.data.inspection import verify as inspect

    faults = inspect(suite, printing.progress)
    for fault in faults:
        typer.echo(f"{suite.name} {fault.reference_id}: {fault.message}", err=True)
    broken = len({fault.reference_id for fault in faults})
    total = len({entry.reference_id for entry in suite.entries})
    typer.echo(f"{suite.name}: {total - broken} of {total} references verified")
    return broken
