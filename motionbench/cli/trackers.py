"""``motionbench tracker``: the point trackers, and how far each is from exact tracks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli import options, printing
from motionbench.cli.grids import Grid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from motionbench.contracts import PointTracker, Suite
    from motionbench.metrics.tracker_check import Check
    from motionbench.specs import TrackerSpec

app = typer.Typer(help="Point trackers and their own error.", no_args_is_help=True)

_FLOOR_BROKEN = 4

Names = Annotated[
    list[str] | None, typer.Argument(help="Trackers; all that are installed unless told.", show_default=False)
]
Clips = Annotated[
    Path | None,
    typer.Option(
        "--clips",
        help="A folder of videos, whose first frames are held still as well.",
        rich_help_panel=options.WHAT,
        exists=True,
        file_okay=False,
    ),
]


@app.command("list")
def list_trackers() -> None:
    """Print every tracker with its licence."""
    from motionbench import registry
    from motionbench.specs import TrackerSpec

    grid = Grid(("tracker", "licence", "noise floor", "from", "summary"))
    for entry in registry.entries("trackers"):
        spec = entry.spec
        if not isinstance(spec, TrackerSpec):
            grid.add(entry.name, "broken", "", entry.distribution, entry.broken or "")
            continue
        grid.add(spec.name, spec.licence, _floor(spec), entry.distribution, spec.summary)
    grid.show()


@app.command("check")
def check(name: Names = None, suite: options.Suite = None, clips: Clips = None) -> None:
    """Measure accuracy (as TAP-Vid does) and jitter; exit 4 where a recorded noise floor does not hold."""
    from motionbench.data.inspection import open_suite
    from motionbench.metrics import tracker_check

    opened = open_suite(suite or "mini")
    trackers = list(_trackers(name or []))
    cases = tracker_check.references(opened)
    pictures = [case.reference.frames[0] for case in cases] + _pictures(clips, opened)
    grid = Grid(("tracker", "δ_avg", "OA", "AJ", "jitter", "with grain", "lost", "noise floor", "verdict"))
    broken = []
    for spec, tracker in trackers:
        found = tracker_check.check(tracker, cases, pictures, opened.protocol, printing.progress)
        holds = found.holds(spec.noise_floor)
        broken += [spec.name] if holds is False else []
        grid.add(*_cells(spec, found, holds))
    typer.echo(
        f"{len(cases)} references of {opened.name}, {len(pictures)} stills; jitter and floor: share of the diagonal "
        f"({opened.protocol.diagonal:.1f} px); grain: {tracker_check.GRAIN:g} grey levels",
        err=True,
    )
    grid.show()
    for each in broken:
        typer.echo(
            f"{each} jitters by more than its recorded noise floor: still points would count as moving", err=True
        )
    raise typer.Exit(_FLOOR_BROKEN if broken else 0)


def _trackers(names: list[str]) -> Iterator[tuple[TrackerSpec, PointTracker]]:
    """Those named, or all that can be built here; raises MissingResourceError for a named one that cannot."""
    from motionbench import registry
    from motionbench.errors import MissingResourceError
    from motionbench.specs import TrackerSpec

    for name in names:
        spec = registry.tracker(name)
        yield spec, registry.implementation(spec)()
    for entry in registry.entries("trackers") if not names else ():
        if not isinstance(entry.spec, TrackerSpec):
            continue
        try:
            yield entry.spec, registry.implementation(entry.spec)()
        except MissingResourceError as error:
            typer.echo(f"{entry.name} is left out: {str(error).splitlines()[0]}", err=True)


def _pictures(folder: Path | None, suite: Suite) -> list[NDArray[np.uint8]]:
    """First frames of a folder's videos, in the suite's size; raises VideoError, UsageError where there is none."""
    import dataclasses

    from motionbench.data.decoding import VIDEOS
    from motionbench.data.video import read
    from motionbench.errors import UsageError

    if folder is None:
        return []
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in VIDEOS)
    if not files:
        raise UsageError(f"the folder {folder} holds no videos; expected {', '.join(VIDEOS)}")
    short = dataclasses.replace(suite.protocol, frames=2)
    return [read(file, short).frames[0] for file in files]


def _cells(spec: TrackerSpec, found: Check, holds: bool | None) -> tuple[str, ...]:
    accuracy, jitter = found.accuracy, found.jitter
    shares = (accuracy.delta_avg, accuracy.occlusion_accuracy, accuracy.average_jaccard)
    steps = (jitter.plain, jitter.grain)
    verdict = {True: "holds", False: "does not hold", None: "—"}[holds]
    return (
        spec.name,
        *(_number(share, ".1%") for share in shares),
        *(_number(step, ".3%") for step in steps),
        _number(jitter.lost, ".1%"),
        _floor(spec),
        verdict,
    )


def _floor(spec: TrackerSpec) -> str:
    return f"{spec.noise_floor:.3%}" + ("" if spec.floor_measured else " (assumed)")


@app.command("error")
def error(suite: options.Suite = None, tracker: options.Tracker = "") -> None:
    """Compare a tracker with the exact tracks of a suite's references, by category and in pixels."""
    from motionbench import registry
    from motionbench.data.inspection import open_suite
    from motionbench.metrics.functional.tracking import THRESHOLDS
    from motionbench.metrics.tracker_accuracy import accuracy

    cases = open_suite(suite or "mini")
    spec = registry.tracker(tracker or cases.protocol.tracker)
    shares = tuple(f"within {limit:g} px" for limit in THRESHOLDS)
    grid = Grid(("category", "references", "median px", "of moving points", *shares, "visibility right"))
    for line in accuracy(cases, registry.implementation(spec)(), printing.progress):
        found = line.error
        pixels = (_number(found.median, ".2f"), _number(found.moving_median, ".2f"))
        within = [_number(share, ".1%") for share in found.within or [None] * len(THRESHOLDS)]
        grid.add(line.category, str(line.references), *pixels, *within, _number(found.occlusion_accuracy, ".1%"))
    typer.echo(f"{spec.name} on the references of {cases.name}, {cases.protocol.width} px wide", err=True)
    grid.show()


def _number(value: float | None, form: str) -> str:
    return "—" if value is None else format(value, form)
