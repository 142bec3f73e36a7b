"""``motionbench metric``: what is installed, what it means, and whether it can be trusted."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from motionbench.cli import options, printing
from motionbench.cli.grids import Grid

if TYPE_CHECKING:
    from motionbench.contracts import Encoder
    from motionbench.metrics.selfcheck.records import SelfCheck, Verdict
    from motionbench.specs import MetricSpec
    from motionbench.types import Protocol

app = typer.Typer(help="Metrics: what they mean and whether they can be trusted.", no_args_is_help=True)

_NOT_ADMITTED = 4
_MISORDERS_SHOWN = 8


class CheckFormat(StrEnum):
    """How a self-check is printed."""

    table = "table"
    json = "json"


Name = Annotated[str, typer.Argument(help="A metric's name, or its short form such as mf.local.")]
Names = Annotated[
    list[str] | None,
    typer.Option("--metric", help="A metric, or several with commas; all unless told.", rich_help_panel=options.WHAT),
]
Clips = Annotated[int, typer.Option("--clips", min=1, help="Clips of known motion.", rich_help_panel=options.WHAT)]
Tracker = Annotated[
    str,
    typer.Option(help="Take tracks by this tracker instead of the renderer's own.", rich_help_panel=options.WHERE),
]
Form = Annotated[
    CheckFormat, typer.Option("--format", help="How the check is printed on stdout.", rich_help_panel=options.OUTPUT)
]
Plot = Annotated[
    Path | None,
    typer.Option("--plot", help="Also draw the robustness curves: .png or .pdf.", rich_help_panel=options.OUTPUT),
]


@app.command("list")
def list_metrics() -> None:
    """Print every metric with its direction, range and source."""
    from motionbench import registry
    from motionbench.specs import MetricSpec

    grid = Grid(("metric", "short", "better", "range", "needs", "status", "source", "summary"))
    for entry in registry.entries("metrics"):
        spec = entry.spec
        if not isinstance(spec, MetricSpec):
            grid.add(entry.name, entry.alias, "", "", "", "broken", entry.distribution, entry.broken or "")
            continue
        needs = ", ".join(spec.needs) or "—"
        grid.add(spec.name, entry.alias, spec.better, _range(spec), needs, spec.status, spec.source, spec.summary)
    grid.show()


@app.command("info")
def info(name: Name) -> None:
    """Print all that a metric's spec says, and its signature under the protocol of the suite mini."""
    from motionbench import registry

    spec = registry.metric(name)
    short = next(entry.alias for entry in registry.entries("metrics") if entry.name == spec.name)
    lines = [
        f"{spec.name} — {spec.summary}",
        f"short      {short}",
        f"range      {_range(spec)}, {'no direction' if spec.better == 'none' else f'{spec.better} is better'}",
        f"source     {spec.source}",
        f"version    {spec.version}, {spec.status}",
        f"needs      {', '.join(spec.needs) or 'frames only'}",
        f"computed   {'by default' if spec.by_default else f'when asked for: --metric {short}'}",
        f"code       {spec.implementation}",
        f"signature  {_signature(spec)}",
    ]
    typer.echo("\n".join(lines))


@app.command("check")
def check(
    metric: Names = None,
    clips: Clips = 24,
    tracker: Tracker = "",
    store: options.StoreFolder = options.DEFAULT_STORE,
    format: Form = CheckFormat.table,
    plot: Plot = None,
) -> None:
    """Run metrics on motion that is known exactly; exit 4 where a headline motion metric does not keep the order."""
    from motionbench.metrics.selfcheck import check as selfcheck
    from motionbench.metrics.selfcheck import plot as drawing

    if plot is not None:
        drawing.require(plot)
    specs = _chosen(options.listed(metric))
    protocol = _protocol(tracker)
    found = selfcheck.check(specs, protocol, clips, exact=not tracker, complete=not metric, progress=printing.progress)
    _keep(found, store)
    if plot is not None:
        drawing.draw(found, plot)
        typer.echo(f"Drew {plot}", err=True)
    _print(found, format)
    raise typer.Exit(_NOT_ADMITTED if any(_fails(verdict) for verdict in found.verdicts) else 0)


def _range(spec: MetricSpec) -> str:
    low, high = spec.bounds
    return f"{low:g} to {high:g} {spec.unit}".strip()


def _signature(spec: MetricSpec) -> str:
    """An example; where it cannot be made on this machine, the reason."""
    from motionbench import registry
    from motionbench.errors import MotionBenchError

    try:
        encoder = _encoder() if "encoder" in spec.needs else None
        return str(registry.implementation(spec)(_protocol(""), encoder).signature)
    except MotionBenchError as error:
        return f"not here: {str(error).splitlines()[0]}"


def _encoder() -> Encoder:
    from motionbench import registry

    spec = registry.encoder("mini-clip")
    return cast("Encoder", registry.implementation(spec)(spec))


def _protocol(tracker: str) -> Protocol:
    import dataclasses

    from motionbench import registry
    from motionbench.data.inspection import open_suite

    protocol = open_suite("mini").protocol
    return dataclasses.replace(protocol, tracker=registry.tracker(tracker or protocol.tracker).name)


def _chosen(names: tuple[str, ...]) -> list[MetricSpec]:
    from motionbench import registry
    from motionbench.specs import MetricSpec

    if names:
        return list({spec.name: spec for spec in map(registry.metric, names)}.values())
    return [entry.spec for entry in registry.entries("metrics") if isinstance(entry.spec, MetricSpec)]


def _keep(found: SelfCheck, folder: Path) -> None:
    """A check of some metrics must not hide what an earlier one found of the others."""
    from motionbench.store import Store

    if not found.complete:
        typer.echo("Not stored: only a check of every metric is (leave --metric out).", err=True)
        return
    path = Store.open(folder).save_self_check(found)
    typer.echo(f"Stored {path}; tables of this store mark what is not admitted.", err=True)


def _fails(verdict: Verdict) -> bool:
    return verdict.status == "headline" and verdict.admitted is False


def _print(found: SelfCheck, format: CheckFormat) -> None:
    if format is CheckFormat.json:
        import dataclasses
        import json

        typer.echo(json.dumps(dataclasses.asdict(found), indent=1, allow_nan=False, ensure_ascii=False))
        return
    _matrix(found).show()
    typer.echo()
    _verdicts(found).show()
    typer.echo(
        f"Rule: {found.rule}, strictly, on {found.share:.0%} of {len(found.clips)} clips; tracks: {found.tracks}"
    )
    for verdict in found.verdicts:
        _explain(verdict)


def _matrix(found: SelfCheck) -> Grid:
    controls = list(dict.fromkeys(cell.control for cell in found.cells))
    grid = Grid(("metric", *(name.replace("-", " ") for name in controls)))
    asked = len(found.clips)
    for verdict in found.verdicts:
        cells = [found.cell(verdict.metric, control) for control in controls]
        shown = [
            "—" if cell.mean is None else f"{cell.mean:.3f}" + _missing(cell.n, asked - cell.absent) for cell in cells
        ]
        grid.add(verdict.metric, *shown)
    return grid


def _missing(n: int, asked: int) -> str:
    return "" if n == asked else f" †{n}/{asked}"


def _verdicts(found: SelfCheck) -> Grid:
    grid = Grid(("metric", "status", "verdict", "order kept", "fooled by"))
    for verdict in found.verdicts:
        kept = "—" if verdict.ordered is None else f"{verdict.ordered}/{verdict.clips}"
        grid.add(verdict.metric, verdict.status, _word(verdict), kept, ", ".join(verdict.fooled_by) or "—")
    return grid


def _word(verdict: Verdict) -> str:
    if verdict.not_run:
        return f"not run: {verdict.not_run}"
    if verdict.admitted is None:
        return "ranks no motion"
    return "admitted" if verdict.admitted else "not admitted"


def _explain(verdict: Verdict) -> None:
    """On stderr: the clips on which a headline breaks the order."""
    if not _fails(verdict):
        return
    typer.echo(f"{verdict.metric} is a headline and is not admitted:", err=True)
    for one in verdict.misorders[:_MISORDERS_SHOWN]:
        typer.echo(f"  {one.clip}: {one.reason}", err=True)
    left = len(verdict.misorders) - _MISORDERS_SHOWN
    if left > 0:
        typer.echo(f"  and {left} more clips: --format json", err=True)
