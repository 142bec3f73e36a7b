"""``motionbench leaderboard``: a folder of run records as a site that opens from disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli import options
from motionbench.errors import UsageError

if TYPE_CHECKING:
    from motionbench.site.groups import Group
    from motionbench.site.inputs import Broken

app = typer.Typer(help="The leaderboard as a site that opens from disk.", no_args_is_help=True)
EPILOG = (
    "Examples:\n\n"
    "motionbench leaderboard build results/\n\n"
    "motionbench leaderboard build results/ --output public --strict\n\n"
    "Then open site/index.html."
)

Results = Annotated[
    Path,
    typer.Argument(
        help="A folder of run records (table --record FILE), submissions (.motionbench) and NAME.gallery folders."
    ),
]
Output = Annotated[
    Path,
    typer.Option("--output", help="Where it goes: a new folder, or a site to replace.", rich_help_panel=options.OUTPUT),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Build nothing where a file cannot be read.", rich_help_panel=options.OUTPUT)
]


@app.command("build", epilog=EPILOG)
def build(results: Results, output: Output = Path("site"), strict: Strict = False) -> None:
    """Build the site; files that cannot be read are listed together and exit 2 after the others are built."""
    from motionbench.site import folder, inputs
    from motionbench.site.building import files
    from motionbench.site.catalogue import Catalogue
    from motionbench.site.groups import groups
    from motionbench.site.names import printable

    found = inputs.find(results)
    folder.check(output, results)
    made, unfit = groups(found.sources)
    if found.passed_over:
        typer.echo(f"Passed over, no records: {printable(', '.join(found.passed_over))}", err=True)
    broken = (*found.broken, *unfit)
    if broken and (strict or not made):
        raise inputs.failure(broken)
    if not made:
        raise UsageError(f"{results} holds no run record; write one: motionbench table --record {results}/NAME.json")
    folder.replace(output, files(Catalogue(made, found.reports)))
    typer.echo(str(output / "index.html"))
    _tell(made, broken)


def _tell(made: Sequence[Group], broken: tuple[Broken, ...]) -> None:
    """What became of the records; raises the error of those that could not be read."""
    from motionbench.site import inputs
    from motionbench.site.names import printable

    for group in made:
        names = printable(", ".join(source.name for source in group.sources))
        typer.echo(f"One table: {names}", err=True)
    if broken:
        raise inputs.failure(broken)
