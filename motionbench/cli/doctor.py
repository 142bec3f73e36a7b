"""``motionbench doctor``: what this machine has, what it lacks, and the line to type for each gap."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from motionbench.doctor.finding import Finding

EPILOG = (
    "Exit 0 where motionbench eval --method fym --quick would run here, 6 where it would not. "
    "Nothing is downloaded.\n\nExample:\n\nmotionbench doctor --store /data/store --format json"
)
_MISSING = 6
_COLOURS = {"ok": typer.colors.GREEN, "gap": typer.colors.YELLOW, "fault": typer.colors.RED}


class ReportFormat(StrEnum):
    """How a report is printed."""

    human = "human"
    json = "json"


Form = Annotated[ReportFormat, typer.Option("--format", help="How it is printed.", rich_help_panel=options.OUTPUT)]


def doctor(store: options.StoreFolder = options.DEFAULT_STORE, format: Form = ReportFormat.human) -> None:
    """Say what this machine has and lacks, with the line to type for each gap."""
    from motionbench.doctor import finding

    findings = list(_findings(store))
    ready = finding.ready(findings)
    if format is ReportFormat.json:
        _print(findings, ready)
    else:
        _show(findings, ready)
    raise typer.Exit(0 if ready else _MISSING)


def _findings(store: Path) -> Iterator[Finding]:
    """The parts in turn; one whose own imports fail is a finding too."""
    import importlib

    from motionbench.doctor.finding import Finding

    parts = {"packages": (), "accelerator": (), "folders": (store,), "resources": ()}
    for name, arguments in parts.items():
        try:
            yield from importlib.import_module(f"motionbench.doctor.{name}").findings(*arguments)
        except Exception as error:  # whatever a broken library raises, the other parts are still looked at
            reason = f"cannot be looked at: {type(error).__name__}: {error}".splitlines()[0]
            yield Finding(name, "fault", reason, "pip install --force-reinstall motionbench-transfer")


def _show(findings: Sequence[Finding], ready: bool) -> None:
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        state = typer.style(f"{finding.state:5}", fg=_COLOURS[finding.state])
        typer.echo(f"{state}  {finding.name:{width}}  {finding.found}")
        for line in finding.advice.splitlines():
            typer.echo(f"{'':{width + 9}}{line}")
    if ready:
        typer.echo("Ready: motionbench eval --method fym --quick", err=True)
    else:
        names = ", ".join(finding.name for finding in findings if finding.state == "fault")
        typer.echo(f"Not ready: mend {names}", err=True)


def _print(findings: Sequence[Finding], ready: bool) -> None:
    import dataclasses
    import json

    record = {"schema_version": 1, "ready": ready, "findings": [dataclasses.asdict(finding) for finding in findings]}
    typer.echo(json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False))
