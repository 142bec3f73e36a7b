"""``motionbench method``: what is installed, whether it keeps the contract, and how to begin another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli import isolation, listing, options, printing
from motionbench.cli.listing import ListFormat

if TYPE_CHECKING:
    from motionbench.conformance import Report

app = typer.Typer(help="Methods and controls.", no_args_is_help=True)
app.command("list")(listing.list_methods)
app.command("info")(listing.info)
app.command("install")(isolation.install)

Badge = Annotated[
    Path | None,
    typer.Option("--badge", help="Also write a badge's JSON for shields.io.", rich_help_panel=options.OUTPUT),
]
Steps = Annotated[
    int | None,
    typer.Option(
        "--steps", min=1, help="Sampling steps of the backbone; fewer are faster.", rich_help_panel=options.WHERE
    ),
]
NewName = Annotated[str, typer.Argument(help="The method's name, such as my-method.")]
Folder = Annotated[
    Path | None, typer.Option("--folder", help="Where to write it; the name unless told.", show_default=False)
]


@app.command("test")
def try_out(
    name: listing.Name,
    suite: options.Suite = None,
    backbone: options.Backbone = "mini-wan",
    preset: options.Preset = None,
    assignments: options.Assignments = None,
    steps: Steps = None,
    badge: Badge = None,
    format: listing.Form = ListFormat.human,
) -> None:
    """Try a method on a case of a suite, rule by rule; exit 7 where it breaks the contract."""
    from motionbench.conformance import badge as badges
    from motionbench.conformance import examine

    report = examine(
        name,
        suite=suite or "mini",
        backbone=backbone,
        preset=preset,
        assignments=assignments or (),
        steps=steps,
        progress=printing.progress,
    )
    if badge is not None:
        badges.write(report, badge)
        typer.echo(f"Wrote {badge}", err=True)
    _show(report, format)
    _judge(report)


@app.command("new")
def new(name: NewName, folder: Folder = None) -> None:
    """Write a plug-in that works, to be made yours: package, method, test, entry point."""
    from motionbench.scaffold.naming import named
    from motionbench.scaffold.writing import write

    naming = named(name)
    target = folder or Path(naming.method)
    for path in write(naming, target):
        typer.echo(str(path))
    typer.echo(
        f"Next:\n  pip install -e '{target}[test]'\n  motionbench method test {naming.method}\n"
        f"Then put your method into {target / naming.package / 'method.py'}",
        err=True,
    )


def _show(report: Report, format: ListFormat) -> None:
    if format is ListFormat.json:
        import dataclasses
        import json

        record = {**dataclasses.asdict(report), "passed": report.passed}
        typer.echo(json.dumps(record, indent=1, ensure_ascii=False))
        return
    from motionbench.cli.grids import Grid

    grid = Grid(("rule", "verdict", "reason"))
    for check in report.checks:
        grid.add(check.rule, check.outcome, check.reason)
    grid.show()


def _judge(report: Report) -> None:
    """Say the verdict on stderr; raises ConformanceError where a rule is broken."""
    from motionbench.errors import ConformanceError

    if report.passed:
        where = f" on {report.backbone}" if report.backbone else ""
        typer.echo(f"{report.method} {report.version} keeps the contract{where}.", err=True)
        return
    rules = ", ".join(check.rule for check in report.failures)
    raise ConformanceError(
        f"{report.method} breaks {len(report.failures)} of {len(report.checks)} rules: {rules}\n"
        "What each rule means: docs/adding-a-method.md"
    )
