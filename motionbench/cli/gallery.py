"""``motionbench gallery``: a run's videos side by side, in one folder that opens from disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli import options
from motionbench.errors import UsageError

if TYPE_CHECKING:
    from motionbench.gallery.pictures import Grid
    from motionbench.gallery.shelf import Forms, Shelf
    from motionbench.types import Protocol

EPILOG = (
    "Examples:\n\n"
    "motionbench gallery gallery\n\n"
    "motionbench gallery gallery --method fym,lora,oracle --plan 35fd297ed46c\n\n"
    "motionbench gallery gallery.html --one-file\n\n"
    "Then open gallery/index.html. Keys: space plays, arrows step, t shows tracks, / finds."
)

Folder = Annotated[
    Path, typer.Argument(help="Where it goes: a new folder (a new file with --one-file), or a gallery to replace.")
]
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
VideoForms = Annotated[
    str,
    typer.Option(
        "--video",
        help="sprite (one picture a video), h264, webm, or h264,webm: the first that a browser plays. "
        "Unless told, sprite where it is lossless (frames up to 128 pixels) and h264,webm elsewhere.",
        rich_help_panel=options.OUTPUT,
    ),
]
OneFile = Annotated[
    bool,
    typer.Option(
        "--one-file", help="All in one HTML file, of 250 MB at most, not a folder.", rich_help_panel=options.OUTPUT
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
    video: VideoForms = "",
    one_file: OneFile = False,
    private: Private = False,
    store: options.StoreFolder = options.DEFAULT_STORE,
) -> None:
    """Show the reference and every method's video of each case on one clock, with scores, tracks and receipts."""
    from motionbench import footage, provenance
    from motionbench.gallery import page, pictures
    from motionbench.gallery.collection import collect
    from motionbench.gallery.exhibits import exhibition
    from motionbench.store import Store

    opened = Store.open(store, create=False)
    configuration = opened.plan(plan)
    # Controls last: they are what the others are seen against.
    known = [line.label for line in sorted(configuration.methods, key=lambda line: line.control)]
    shown_methods = footage.methods_of(configuration, method or known)
    grid = pictures.grid(configuration.protocol, size)
    forms = _forms(video, configuration.protocol, grid)
    collection = collect(configuration, provenance.rows_of(configuration, opened.rows()), shown_methods)
    with _place(folder, grid, forms, one_file) as shelf:
        shown = exhibition(collection, opened, shelf, private)
        if not shown.exhibits:
            raise UsageError(f"nothing may be shown: {_listed(shown.withheld)}\nFor your eyes alone: --private")
        named = "" if store == options.DEFAULT_STORE else str(store)
        _finish(folder, shelf, page.files(configuration, shown, grid, named, forms), one_file)
    _advise(shown.withheld, shown.private)


def _forms(given: str, protocol: Protocol, grid: Grid) -> Forms:
    from motionbench.gallery import pictures
    from motionbench.gallery.films import CODECS
    from motionbench.gallery.shelf import SPRITE, Forms

    names = tuple(dict.fromkeys(options.listed([given]))) if given else ()
    if not names:
        names = (SPRITE,) if pictures.exact(protocol, grid) else tuple(CODECS)
    if names != (SPRITE,) and not set(names) <= set(CODECS):
        raise UsageError(f"--video is sprite, h264, webm or h264,webm, not {given!r}")
    return Forms(names, protocol.fps)


@contextmanager
def _place(target: Path, grid: Grid, forms: Forms, one_file: bool) -> Iterator[Shelf]:
    """A folder of the user's, or one that is gone when its file is written."""
    from motionbench.gallery import onefile
    from motionbench.gallery.shelf import Shelf

    if not one_file:
        yield Shelf(target, grid, forms=forms)
        return
    onefile.check(target)
    with tempfile.TemporaryDirectory(prefix="motionbench-gallery-") as folder:
        yield Shelf(Path(folder), grid, forms=forms)


def _finish(target: Path, shelf: Shelf, texts: Mapping[str, str], one_file: bool) -> None:
    from motionbench.gallery import onefile
    from motionbench.gallery.shelf import INDEX

    if not one_file:
        for name, text in texts.items():
            shelf.text(name, text)
        shelf.sweep()
        typer.echo(str(target / INDEX))
        return
    size = onefile.write(target, shelf.folder, texts)
    typer.echo(str(target))
    if size > onefile.LARGE:
        typer.echo(
            f"{size / 1e6:.0f} MB: slow to open, too large for most mail; --size, --method, --video h264 make it less",
            err=True,
        )


def _advise(withheld: Mapping[str, str], private: Mapping[str, str]) -> None:
    if withheld:
        typer.echo(f"Left out, as they must not be passed on: {_listed(withheld)}. --private shows them.", err=True)
    if private:
        typer.echo(f"Keep this folder to yourself: it shows {_listed(private)}.", err=True)


def _listed(clips: Mapping[str, str]) -> str:
    return "; ".join(f"{clip} ({reason})" for clip, reason in clips.items())
