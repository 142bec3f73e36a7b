"""``motionbench gallery``: a run's videos side by side, in one folder that opens from disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from motionbench.cli import options
from motionbench.errors import UsageError

EPILOG = (
    "Examples:\n\n"
    "motionbench gallery gallery\n\n"
    "motionbench gallery gallery --method fym,lora,oracle --plan 35fd297ed46c\n\n"
    "Then open gallery/index.html. Keys: space plays, arrows step, t shows tracks, / finds."
)

Folder = Annotated[Path, typer.Argument(help="Where it goes: a new folder, or a gallery to replace.")]
Methods = Annotated[
    list[str] | None,
    typer.Option(
        "--method", "-m", help="Methods by label; all, with the controls, unless told.", rich_help_panel=options.WHAT
    ),
]
Plan = Annotated[
    str, typer.Option("--plan", help="The run with this id; the latest unless told.", rich_help_panel=options.WHAT)
]
Size = Annotated[
    int,
    typer.Option(
        "--size", min=32, max=1024, help="Longer side of a frame at most, pixels.", rich_help_panel=options.OUTPUT
    ),
]
Private = Annotated[
    bool,
    typer.Option(
        "--private", help="Also clips that must not be passed on: for your eyes alone.", rich_help_panel=options.OUTPUT
    ),
]


def gallery(
    folder: Folder,
    method: Methods = None,
    plan: Plan = "",
    size: Size = 320,
    private: Private = False,
    store: options.StoreFolder = options.DEFAULT_STORE,
) -> None:
    """Show the reference and every method's video of each case on one clock, with scores, tracks and receipts."""
    from motionbench import footage, provenance
    from motionbench.gallery import page, pictures
    from motionbench.gallery.collection import collect
    from motionbench.gallery.exhibits import exhibition
    from motionbench.gallery.shelf import INDEX, Shelf
    from motionbench.store import Store

    opened = Store.open(store, create=False)
    configuration = opened.plan(plan)
    # Controls last: they are what the others are seen against.
    known = [line.label for line in sorted(configuration.methods, key=lambda line: line.control)]
    shown_methods = footage.methods_of(configuration, method or known)
    grid = pictures.grid(configuration.protocol, size)
    collection = collect(configuration, provenance.rows_of(configuration, opened.rows()), shown_methods)
    shelf = Shelf(folder, grid)
    shown = exhibition(collection, opened, shelf, private)
    if not shown.exhibits:
        raise UsageError(f"nothing may be shown: {_listed(shown.withheld)}\nFor your eyes alone: --private")
    named = "" if store == options.DEFAULT_STORE else str(store)
    for name, text in page.files(configuration, shown, grid, named).items():
        shelf.text(name, text)
    shelf.sweep()
    typer.echo(str(folder / INDEX))
    _advise(shown.withheld, shown.private)


def _advise(withheld: Mapping[str, str], private: Mapping[str, str]) -> None:
    if withheld:
        typer.echo(f"Left out, as they must not be passed on: {_listed(withheld)}. --private shows them.", err=True)
    if private:
        typer.echo(f"Keep this folder to yourself: it shows {_listed(private)}.", err=True)


def _listed(clips: Mapping[str, str]) -> str:
    return "; ".join(f"{clip} ({reason})" for clip, reason in clips.items())
