"""The command line. Modules below import what a command needs when it runs, so that ``--help`` stays instant.

stdout carries results only; progress, paths and advice go to stderr. Exit codes: 0 all asked for is there, 1 internal
error, 2 usage, 3 finished with failures above ``--fail-on-error``, 4 a metric fails its self-check, a tracker its noise
floor, a table its ``--check`` or a run its gate, 5 not comparable, 6 environment, weights or data missing, 7 a method
breaks the contract, 8 inconclusive, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

import motionbench
from motionbench.cli import (
    compare,
    data,
    doctor,
    evaluate,
    gallery,
    leaderboard,
    methods,
    metrics,
    mini,
    options,
    plan,
    plot,
    score,
    sheet,
    storage,
    study,
    submit,
    table,
    trackers,
    why,
)
from motionbench.errors import MotionBenchError


class _Root(TyperGroup):
    """The overview is plain text, since drawing it takes rich as long as all else; a command's own help is drawn."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "rich_markup_mode": None})


app = typer.Typer(
    name="motionbench",
    cls=_Root,
    help="The benchmark for video motion transfer: methods, controls, metrics and a leaderboard in one harness.",
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    epilog=(
        "Start with: motionbench eval --method fym --quick\n\n"
        "Exit codes: 0 done, 1 internal error, 2 usage, 3 failures above --fail-on-error, "
        "4 a metric, a tracker, a table or a run fails its check, 5 not comparable, 6 something is missing, "
        "7 a method breaks the contract, 8 inconclusive, 130 interrupted."
    ),
)


@app.callback()
def _root(version: options.Version = False) -> None:
    if version:
        typer.echo(motionbench.__version__)
        raise typer.Exit


app.command("eval", epilog=evaluate.EPILOG)(evaluate.evaluate)
app.command("plan", epilog=plan.EPILOG)(plan.plan)
app.command("score", epilog=score.EPILOG)(score.score)
app.command("table", epilog=table.EPILOG)(table.table)
app.command("compare", epilog=compare.EPILOG)(compare.compare)
app.command("why", epilog=why.EPILOG)(why.why)
app.command("plot", epilog=plot.EPILOG)(plot.plot)
app.command("sheet", epilog=sheet.EPILOG)(sheet.sheet)
app.command("gallery", epilog=gallery.EPILOG)(gallery.gallery)
app.command("doctor", epilog=doctor.EPILOG)(doctor.doctor)
app.add_typer(data.app, name="data")
app.add_typer(mini.app, name="mini")
app.add_typer(methods.app, name="method")
app.add_typer(metrics.app, name="metric")
app.add_typer(trackers.app, name="tracker")
app.add_typer(storage.app, name="store")
app.add_typer(submit.app, name="submit")
app.add_typer(study.app, name="study")
app.add_typer(leaderboard.app, name="leaderboard")

_FRAMES_SHOWN = -3


def main() -> None:
    """The console script."""
    try:
        app()
    except MotionBenchError as error:
        _say("error: ", str(error))
        sys.exit(error.exit_code)
    except Exception as error:
        import traceback

        limit = None if os.environ.get("MOTIONBENCH_TRACEBACK") else _FRAMES_SHOWN
        _say("", "".join(traceback.format_exception(error, limit=limit)).rstrip())
        _say("internal error: ", "this is a defect of MotionBench or of a plug-in; the store is safe to use again.")
        _say("", "Set MOTIONBENCH_TRACEBACK=1 for the whole traceback, and report it with the command that you typed.")
        sys.exit(1)


def _say(prefix: str, text: str) -> None:
    typer.echo(typer.style(prefix, fg=typer.colors.RED, bold=True) + text, err=True)
