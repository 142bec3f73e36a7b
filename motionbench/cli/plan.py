"""``motionbench plan``: what ``eval`` with the same options would do, take and need; nothing is run."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli import options
from motionbench.cli.asking import Asked, asks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from motionbench.forecast import Forecast, MethodWork

EPILOG = (
    "Times and memory are those of earlier work in the store on the same device, with the same backbone, dtype and "
    "frame; run --quick first to have some. Exit 6 where something is missing.\n\n"
    "Examples:\n\n"
    "motionbench plan --suite core --method fym,sdedit --seeds 0,1,2\n\n"
    "motionbench plan --config run.yaml --format json"
)
_MISSING = 6


class PlanFormat(StrEnum):
    """How a plan is printed."""

    human = "human"
    json = "json"


Form = Annotated[PlanFormat, typer.Option("--format", help="How it is printed.", rich_help_panel=options.OUTPUT)]


@asks
def plan(asked: Asked, format: Form = PlanFormat.human) -> None:
    """Say what eval with the same options would do, take and need; run nothing."""
    from motionbench.forecast import forecast
    from motionbench.run import forced_by

    made = forecast(
        asked.question(),
        asked.store,
        asked.placement(),
        forced=forced_by(asked.force.value if asked.force else None),
    )
    if format is PlanFormat.json:
        _print(made)
    else:
        typer.echo("\n".join(_lines(made)))
    raise typer.Exit(_MISSING if made.gaps else 0)


def _print(made: Forecast) -> None:
    import dataclasses
    import json

    totals = {"seconds": made.seconds, "unknown": made.unknown, "memory_bytes": made.memory_bytes}
    record = {"schema_version": 1, **dataclasses.asdict(made), "total": totals}
    typer.echo(json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False))


def _lines(made: Forecast) -> Iterator[str]:
    on = f" · backbone {made.backbone}" if made.backbone else ""
    yield f"suite {made.suite} · protocol {made.protocol}{on} · {made.device}"
    yield ""
    yield from _table(("stage", "cached", "to do", "time"), _stages(made))
    if made.methods:
        yield ""
        memory = "GPU memory" if made.on_accelerator else "host memory"
        header = ("method", "tunings", "one takes", "generations", "one takes", memory)
        yield from _table(header, [_method(work) for work in made.methods])
    yield ""
    yield from _needs(made)


def _stages(made: Forecast) -> list[tuple[str, ...]]:
    rows = [
        (work.stage, str(work.cached), str(work.to_do), _time(work.seconds, bool(work.unknown)) if work.to_do else "")
        for work in made.stages
    ]
    cached, to_do = (sum(getattr(work, name) for work in made.stages) for name in ("cached", "to_do"))
    return [*rows, ("all", str(cached), str(to_do), _time(made.seconds, bool(made.unknown)) if to_do else "")]


def _method(work: MethodWork) -> tuple[str, ...]:
    note = {"declared": " (declared)", "weights": " and more (weights)"}.get(work.memory_source, "")
    return (
        work.label,
        str(work.tunings) if work.tunings else "",
        _one(work.tune_seconds) if work.tunings else "",
        str(work.generations) if work.generations else "",
        _one(work.generate_seconds) if work.generations else "",
        "unknown" if work.memory_bytes is None else f"{work.memory_bytes / 2**30:.1f} GiB{note}",
    )


def _needs(made: Forecast) -> Iterator[str]:
    if made.unknown:
        yield f"Never timed here: {', '.join(made.unknown)}. Loading of models is not counted."
    yield (
        f"disk      the store may grow by {_bytes(made.disk.store_grows)}, {_bytes(made.disk.store_free)} are free"
        + (
            f"; not counted: what tuning leaves of {', '.join(made.disk.store_unknown)}"
            if made.disk.store_unknown
            else ""
        )
    )
    for download in made.downloads:
        size = _bytes(download.bytes) if download.bytes is not None else "size unknown"
        yield f"download  {download.what}, {size}: {download.command}"
    for licence in made.licences:
        yield f"licence   {licence.of}: {licence.terms}"
    for gap in made.gaps:
        yield f"missing   {gap.what}"
        yield from (f"          {line}" for line in gap.advice.splitlines())


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Columns under each other, the first to the left, the others to the right."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    for first, *others in (header, *rows):
        cells = (f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True))
        yield "  ".join((f"{first:{widths[0]}}", *cells)).rstrip()


def _time(seconds: float, more: bool) -> str:
    """A span, "more than" it where a part is unknown."""
    if not seconds:
        return "unknown" if more else "0 s"
    return ("more than " if more else "about ") + _span(seconds)


def _one(seconds: float | None) -> str:
    return "unknown" if seconds is None else _span(seconds)


def _span(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes / 60:.1f} h"


def _bytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
