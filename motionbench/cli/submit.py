"""``motionbench submit``: a run as one file for others, and what a maintainer would say of such a file."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli import options

if TYPE_CHECKING:
    from motionbench.submission.checking import Verdict

app = typer.Typer(help="Submissions to a leaderboard.", no_args_is_help=True)
_FAULTY = 4

Output = Annotated[Path, typer.Argument(metavar="FILE", help="The submission, NAME.motionbench.")]
PlanId = Annotated[
    str, typer.Option("--plan", help="The run with this id; the latest unless told.", rich_help_panel=options.WHAT)
]
Videos = Annotated[
    bool,
    typer.Option("--videos", help="Include the videos that may be passed on.", rich_help_panel=options.WHAT),
]
Share = Annotated[
    float,
    typer.Option(
        "--rescore", min=0.0, max=1.0, help="Share of the videos to score again.", rich_help_panel=options.WHAT
    ),
]


class CheckFormat(StrEnum):
    """How a verdict is printed."""

    human = "human"
    json = "json"


Form = Annotated[CheckFormat, typer.Option("--format", help="How it is printed.", rich_help_panel=options.OUTPUT)]


@app.command("export")
def export(
    file: Output, plan: PlanId = "", videos: Videos = False, store: options.StoreFolder = options.DEFAULT_STORE
) -> None:
    """Pack a run into one file: scores, signatures, receipts and, where wanted, the videos."""
    from motionbench.errors import UsageError
    from motionbench.store import Store
    from motionbench.submission import SUFFIX, packing

    if file.suffix != SUFFIX:
        raise UsageError(f"a submission is named NAME{SUFFIX}, got {file}: {file.with_suffix(SUFFIX)}")
    opened = Store.open(store, create=False)
    packed = packing.export(opened, opened.plan(plan), file, videos=videos)
    typer.echo(str(file))
    size = file.stat().st_size / 1e6
    _say(f"{packed.scores} scores of {len(packed.receipts)} generations, {packed.videos} videos, {size:.1f} MB.")
    if packed.withheld:
        _say(f"Left out, as their clips must not be passed on: the videos of {len(packed.withheld)} cases.")
    untold = {receipt.reason for receipt in packed.receipts if receipt.reason}
    if untold:
        _say(f"Videos that cannot be told: {'; '.join(sorted(untold)[:3])}.")
    _say(f"Next: motionbench submit check {shlex.quote(str(file))}")


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A submission.")],
    rescore: Share = 0.1,
    format: Form = CheckFormat.human,
) -> None:
    """Look at a submission as a maintainer would; exit 4 with every fault where it cannot enter the leaderboard."""
    from motionbench.submission import checking

    verdict = checking.check(file, share=rescore)
    if format is CheckFormat.json:
        _print(verdict)
    else:
        _tell(file, verdict)
    raise typer.Exit(_FAULTY if verdict.faults else 0)


def _print(verdict: Verdict) -> None:
    import dataclasses
    import json

    found = {
        "schema_version": 1,
        "accepted": not verdict.faults,
        "plan_id": verdict.run.configuration.plan_id,
        "faults": [dataclasses.asdict(fault) for fault in verdict.faults],
        "unchecked": list(verdict.unchecked),
        "rescored": verdict.rescored,
    }
    typer.echo(json.dumps(found, indent=1, ensure_ascii=True))


def _tell(file: Path, verdict: Verdict) -> None:
    run = verdict.run.configuration
    methods = [line.label for line in run.methods if not line.control]
    typer.echo(
        _plain(
            f"{file.name}: plan {run.plan_id}, suite {run.suite}, backbone {run.backbone}, "
            f"{len(verdict.run.scores)} scores"
        )
    )
    typer.echo(_plain(f"methods: {', '.join(methods)}"))
    for fault in verdict.faults:
        typer.echo(_plain(f"fault   {fault.check}: {fault.what}"))
        if fault.fix:
            typer.echo(_plain(f"        {fault.fix}"))
    for what in verdict.unchecked:
        typer.echo(_plain(f"not checked: {what}"))
    if verdict.rescored:
        typer.echo(f"{verdict.rescored} generations were scored again from their videos.")
    typer.echo(f"{len(verdict.faults)} faults" if verdict.faults else "No fault was found.")


def _plain(text: str) -> str:
    """A stranger's words without what a terminal would obey."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _say(text: str) -> None:
    typer.echo(text, err=True)
