"""``motionbench sheet``: contact sheets for papers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli import options

if TYPE_CHECKING:
    from motionbench.footage import Scene
    from motionbench.leaderboard.contact_sheet import Block

EPILOG = (
    "Examples:\n\n"
    "motionbench sheet pan-1--p1.png --case pan-1--p1\n\n"
    "motionbench sheet figure.pdf --case pan-1--p1,dance-1--p1 --method fym,lora,oracle --frames 5"
)

File = Annotated[Path, typer.Argument(help="The picture: .png or .pdf.")]
Cases = Annotated[
    list[str] | None,
    typer.Option("--case", help="A case, or several with commas; the first unless told.", rich_help_panel=options.WHAT),
]
Methods = Annotated[
    list[str] | None,
    typer.Option(
        "--method",
        "-m",
        help="A row, by the method's label; may be given again. All but the controls unless told.",
        rich_help_panel=options.WHAT,
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", help="The lowest unless told.", rich_help_panel=options.WHAT)]
Frames = Annotated[int, typer.Option("--frames", min=2, help="Frames a video.", rich_help_panel=options.OUTPUT)]
Cell = Annotated[
    int, typer.Option("--cell", min=32, max=2048, help="Width of a frame, pixels.", rich_help_panel=options.OUTPUT)
]
Plan = Annotated[
    str, typer.Option("--plan", help="The run with this id; the latest unless told.", rich_help_panel=options.WHAT)
]


def sheet(
    file: File,
    case: Cases = None,
    method: Methods = None,
    seed: Seed = None,
    frames: Frames = 6,
    cell: Cell = 192,
    plan: Plan = "",
    store: options.StoreFolder = options.DEFAULT_STORE,
) -> None:
    """Draw frames of the reference and of each method, one row a method, a block a case."""
    from motionbench import footage, provenance
    from motionbench.leaderboard import contact_sheet
    from motionbench.store import Store

    contact_sheet.check(file)
    opened = Store.open(store, create=False)
    configuration = opened.plan(plan)
    rows = provenance.rows_of(configuration, opened.rows())
    labels = footage.methods_of(configuration, method or ())
    cases = options.listed(case) or (configuration.cases[0].id,)
    number = min(configuration.seeds) if seed is None else seed
    scenes = [footage.scene(opened, configuration, rows, labels, one, number) for one in cases]
    caption = (
        f"{contact_sheet.rule(scenes[0].reference, frames)} The reference is the first row. "
        f"Suite {configuration.suite}, protocol {configuration.protocol.name}, backbone {configuration.backbone}, "
        f"seed {number}, plan {configuration.plan_id}."
    )
    picture = contact_sheet.sheet([_block(one) for one in scenes], frames, caption, cell)
    contact_sheet.save(picture, file)
    typer.echo(str(file))
    typer.echo(f"Caption: {caption}", err=True)


def _block(scene: Scene) -> Block:
    from motionbench.leaderboard.contact_sheet import Block, Strip

    entry = scene.entry
    title = f"{entry.id}: {entry.prompt} (reference: {entry.reference_prompt})"
    strips = [Strip("reference", scene.reference)]
    strips += [Strip(take.method, take.video, take.reason) for take in scene.takes]
    return Block(title, tuple(strips))
