"""``motionbench compare``: two runs, and a gate for continuous integration."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli import options
from motionbench.errors import UsageError

if TYPE_CHECKING:
    from motionbench.leaderboard.alike import Side
    from motionbench.leaderboard.compare import Comparison

EPILOG = (
    "A run is a store (its latest run), STORE@PLAN for another of its runs, or a run record such as results/mini.json."
    "\n\n"
    "Examples:\n\n"
    "motionbench compare results/mini.json motionbench-store\n\n"
    "motionbench compare main.json head.json --gate gates.yaml --format md > comment.md\n\n"
    "motionbench compare motionbench-store@4e5b motionbench-store@e233 --pair 'fym=fym\\[motion_loss=none]'\n\n"
    "Exit 0 no regression, 4 a regression, 5 not comparable, 8 inconclusive: scores are missing."
)
_EXIT: dict[str, int] = {"regression": 4, "inconclusive": 8}


class CompareFormat(StrEnum):
    """How a comparison is printed."""

    human = "human"
    json = "json"
    md = "md"


Base = Annotated[str, typer.Argument(help="The run that is compared with.")]
Head = Annotated[str, typer.Argument(help="The run that may be worse.")]
GateFile = Annotated[
    Path | None,
    typer.Option("--gate", help="Thresholds of your own, over the defaults.", rich_help_panel=options.FAILING),
]
Common = Annotated[
    bool,
    typer.Option(
        "--common",
        help="Compare only the methods, metrics and cases that both runs asked for.",
        rich_help_panel=options.FAILING,
    ),
]
Pairs = Annotated[
    list[str] | None,
    typer.Option("--pair", help="Compare two labels: BASE=HEAD; may be given again.", rich_help_panel=options.WHAT),
]
Form = Annotated[
    CompareFormat, typer.Option("--format", help="How it is printed on stdout.", rich_help_panel=options.OUTPUT)
]


def compare(
    base: Base,
    head: Head,
    gate: GateFile = None,
    common: Common = False,
    pair: Pairs = None,
    format: Form = CompareFormat.human,
) -> None:
    """Compare two runs, paired; exit 4 where one is worse beyond chance and beyond a practical threshold."""
    from motionbench.cli import gating
    from motionbench.leaderboard import compare as comparing

    first, second = _side(base), _side(head)
    if pair:
        second = comparing.renamed(second, _names(pair, first, second))
    metrics = {line.name for side in (first, second) for line in side.configuration.metrics}
    found = comparing.compare(first, second, gating.load(gate, metrics | _installed()), common=common)
    code = _EXIT.get(found.verdict, 0)
    _print(found, format, code)
    raise typer.Exit(code)


def _side(text: str) -> Side:
    """A run record, or a run of a store."""
    from motionbench import provenance
    from motionbench.leaderboard.alike import Side
    from motionbench.store import Store

    path, at, plan = text.rpartition("@") if not Path(text).exists() else (text, "", "")
    folder = Path(path if at else text)
    if folder.is_file():
        run = provenance.read_record(folder)
    else:
        store = Store.open(folder, create=False)
        run = provenance.record(store, store.plan(plan))
    return Side(text, run.configuration, run.scores, tuple(run.environments.values()))


def _names(pairs: list[str], base: Side, head: Side) -> dict[str, str]:
    """Labels of the head, and what they are called in the base."""
    names = {}
    for text in pairs:
        ours, theirs = _split(text, {line.label for line in base.configuration.methods})
        names[_label(theirs, head, text)] = _label(ours, base, text)
    return names


def _label(asked: str, side: Side, pair: str) -> str:
    """Of the method that a pair names as ``eval`` would, ``sdedit:low``, or by its label."""
    from motionbench.options import parse_variant
    from motionbench.spelling import suggest

    labels = [line.label for line in side.configuration.methods]
    label = asked if asked in labels else parse_variant(asked).label
    if label not in labels:
        raise UsageError(f"--pair {pair}: {side.name} has no method {asked!r}; {suggest(label, labels)}")
    return label


def _split(text: str, labels: set[str]) -> tuple[str, str]:
    """Labels hold ``=`` themselves: the longest known one that the text begins with, else up to the first."""
    begun = [label for label in labels if text.startswith(f"{label}=")]
    if "=" not in text:
        raise UsageError(f"--pair {text!r} is not BASE=HEAD, for example --pair 'fym=fym[rank=8]'")
    ours = max(begun, key=len, default=text.partition("=")[0])
    return ours, text[len(ours) + 1 :]


def _installed() -> set[str]:
    from motionbench import registry

    return {entry.spec.name for entry in registry.entries("metrics") if entry.spec is not None}


def _print(found: Comparison, format: CompareFormat, code: int) -> None:
    from motionbench.cli.grids import Grid
    from motionbench.leaderboard import comparisons

    if format is CompareFormat.json:
        typer.echo(comparisons.as_json(found, code), nl=False)
        return
    if format is CompareFormat.md:
        typer.echo(comparisons.as_markdown(found), nl=False)
        return
    grid = Grid(comparisons.HEADER)
    for change in found.changes:
        grid.add(*comparisons.cells(change))
    grid.show()
    for note in comparisons.notes(found):
        typer.echo(f"- {note}", err=True)
    typer.echo(comparisons.headline(found), err=True)
