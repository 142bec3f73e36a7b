"""``motionbench score``: score videos that were made elsewhere, beside the controls."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli import options, settings
from motionbench.cli.asking import check_source
from motionbench.cli.evaluate import answer, resumable, tolerance

if TYPE_CHECKING:
    from motionbench.plan import Plan
    from motionbench.store import Store

EPILOG = (
    "Name videos after cases: pan-1--p1.mp4, or pan-1--p1--seed1.mp4. Folders of frames count as videos.\n\n"
    "Examples:\n\n"
    "motionbench score --videos out --method theirs --suite mini\n\n"
    "motionbench score --videos out --method theirs --map cases.csv --resample\n\n"
    "The table shows how many cases have no video. Exit 2 where a video is of no case or not of the protocol, "
    "3 where more videos are missing than --fail-on-error accepts."
)

Videos = Annotated[
    Path, typer.Option("--videos", help="The folder of the videos.", file_okay=False, rich_help_panel=options.WHAT)
]
Name = Annotated[
    str, typer.Option("--method", "-m", help="How the table names what made them.", rich_help_panel=options.WHAT)
]
Map = Annotated[
    Path | None,
    typer.Option(
        "--map",
        help="A CSV of video,case,seed, where file names do not say it.",
        dir_okay=False,
        rich_help_panel=options.WHAT,
    ),
]
Resample = Annotated[
    bool,
    typer.Option(
        "--resample",
        help="Fit videos of another length, rate or size as reference videos are fitted.",
        rich_help_panel=options.WHAT,
    ),
]


def score(
    context: typer.Context,
    videos: Videos,
    method: Name,
    config: options.Config = None,
    suite: options.Suite = None,
    data: options.Data = None,
    table: Map = None,
    resample: Resample = False,
    metric: options.Metrics = None,
    quick: options.Quick = False,
    no_controls: options.NoControls = False,
    backbone: options.Backbone = "mini-wan",
    encoder: options.Encoders = None,
    tracker: options.Tracker = "",
    store: options.StoreFolder = options.DEFAULT_STORE,
    force: options.Force = None,
    only_cache: options.OnlyCache = False,
    fail_on_error: options.FailOnError = "0",
    format: options.TableFormat = options.Format.human,
    show_config: options.ShowConfig = False,
) -> None:
    """Score videos that were made elsewhere and end with the leaderboard."""
    if show_config:
        return settings.show(context)
    from motionbench.precomputed.records import Given
    from motionbench.request import Question

    check_source(suite, data)
    question = Question(
        methods=(),
        suite=suite or "mini",
        data=data,
        metrics=options.listed(metric),
        backbone=backbone,
        encoders=options.listed(encoder),
        tracker=tracker,
        quick=quick,
        controls=not no_controls,
        given=Given(method, videos, table, resample),
    )
    allowed = tolerance(fail_on_error)
    with resumable():
        from motionbench import plan, request
        from motionbench.store import Store

        made = plan.make(request.resolve(question))
        opened = Store.open(store)
        _check(made, opened)
        code = answer(made, opened, force, only_cache, allowed, format)
    raise typer.Exit(code)


def _check(made: Plan, store: Store) -> None:
    """Refuse what cannot be scored, and say what is scored, kept and missing."""
    from motionbench import precomputed
    from motionbench.cli import printing

    asked = made.request
    [choice] = [choice for choice in asked.methods if isinstance(choice, precomputed.Precomputed)]
    precomputed.verify(
        choice, asked.entries, asked.protocol, lambda key: store.objects.done("generate", key), printing.progress
    )
    total, matches = len(asked.entries) * len(choice.seeds), choice.matches
    typer.echo(
        f"{choice.label}: {len(choice.digests)} of {total} videos found; {store.root} keeps a lossless copy of each.",
        err=True,
    )
    if matches.missing:
        typer.echo(f"{len(matches.missing)} without a video: {precomputed.missing(choice)}", err=True)
    if matches.outside:
        typer.echo(f"{len(matches.outside)} videos are of cases outside this run and are left out.", err=True)
