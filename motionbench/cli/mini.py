"""``motionbench mini``: the embedded world and its models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from motionbench.cli import printing
from motionbench.cli.grids import Grid

app = typer.Typer(help="The embedded world and the models trained on it.", no_args_is_help=True)

Count = Annotated[int, typer.Option("--clips", min=4, help="Held-out clips to measure on.")]
Folder = Annotated[Path, typer.Argument(help="A folder for the clips.", file_okay=False)]


@app.command("evaluate")
def evaluate(clips: Count = 32) -> None:
    """Measure the mini models on held-out seeds: what their model cards report."""
    from motionbench.mini.evaluation import evaluate as measure

    grid = Grid(("quality", "value", "unit", "wanted", "n"))
    for line in measure(clips, printing.progress):
        grid.add(line.name, f"{line.value:.1f}", line.unit, line.wanted, str(line.n))
    grid.show()


@app.command("render")
def render_clips(folder: Folder) -> None:
    """Write one clip of every motion as MP4, to see what the embedded world looks like."""
    from motionbench.data.video import write_mp4
    from motionbench.mini.world import MOTIONS, Recipe, render

    folder.mkdir(parents=True, exist_ok=True)
    for category, motions in MOTIONS.items():
        for seed, motion in enumerate(motions):
            write_mp4(folder / f"{category}-{motion}.mp4", render(Recipe(category, motion, seed, seed)).video)
    typer.echo(f"{folder}: {sum(map(len, MOTIONS.values()))} clips")
