"""``motionbench data``: the suites, and whether their clips are what the manifest says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli import options
from motionbench.errors import MissingResourceError, MotionBenchError

if TYPE_CHECKING:
    from motionbench.contracts import Suite

app = typer.Typer(help="Suites and their clips.", no_args_is_help=True)

Names = Annotated[list[str] | None, typer.Argument(help="Suites; all unless told.", show_default=False)]


@app.command("list")
def list_suites() -> None:
    """Print each suite with its protocol and its cases by category."""
    from motionbench import registry
    from motionbench.cli.grids import Grid
    from motionbench.specs import SuiteSpec

    grid = Grid(("suite", "cases", "references", "protocol", "categories", "summary"))
    for entry in registry.entries("suites"):
        if not isinstance(entry.spec, SuiteSpec):
            grid.add(entry.name, "broken", "", "", "", entry.broken or "")
            continue
        try:
            grid.add(*_summary(_open(entry.name), entry.spec.summary))
        except MotionBenchError as error:
            grid.add(entry.name, "broken", "", "", "", str(error))
    grid.show()


@app.command("verify")
def verify(names: Names = None, data: options.Data = None) -> None:
    """Decode every case and compare it with its digest; exit 6 where one differs."""
    suites = [] if data and not names else [_open(name) for name in names or _known()]
    if data is not None:
        suites.append(_folder(data))
    broken = sum(_verify(suite) for suite in suites)
    if broken:
        raise MissingResourceError(f"{broken} cases cannot be used; the lines above name each with its reason")


def _verify(suite: Suite) -> int:
    broken = 0
    for entry in suite.entries:
        try:
            suite.load(entry)
        except MotionBenchError as error:
            broken += 1
            typer.echo(f"{suite.name} {entry.id}: {error}", err=True)
    typer.echo(f"{suite.name}: {len(suite.entries) - broken} of {len(suite.entries)} cases verified")
    return broken


def _summary(suite: Suite, summary: str) -> tuple[str, ...]:
    from collections import Counter

    counts = Counter(entry.category for entry in suite.entries)
    references = len({entry.reference_id for entry in suite.entries})
    categories = ", ".join(f"{category} {count}" for category, count in counts.items())
    return suite.name, str(len(suite.entries)), str(references), suite.protocol.name, categories, summary


def _open(name: str) -> Suite:
    from motionbench import request

    return request.Sources().suite(name)


def _folder(directory: Path) -> Suite:
    from motionbench import registry, request

    backbone = registry.backbone("mini-wan")
    return request.Sources().folder(directory, request.folder_protocol(backbone, ""))


def _known() -> list[str]:
    from motionbench import registry

    return [entry.name for entry in registry.entries("suites") if entry.spec is not None]
