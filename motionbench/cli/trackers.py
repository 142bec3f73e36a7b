"""``motionbench tracker``: the point trackers, and how far each is from exact tracks."""

from __future__ import annotations

import typer

from motionbench.cli import options, printing
from motionbench.cli.grids import Grid

app = typer.Typer(help="Point trackers and their own error.", no_args_is_help=True)


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
        grid.add(spec.name, spec.licence, f"{spec.noise_floor:.2%}", entry.distribution, spec.summary)
    grid.show()


@app.command("error")
def error(suite: options.Suite = None, tracker: options.Tracker = "") -> None:
    """Compare a tracker with the exact tracks of a suite's references."""
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
