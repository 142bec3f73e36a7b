"""Writes ``data_manifest.yaml``: the suites' procedural clips, with captions and digests computed from the world.

Real clips stand behind the line ``REAL`` and are written by hand; they are kept as they are.

``python -m training.make_manifest`` after any change of the world or of the table below; the same table gives the same
file. Seeds lie in [900000, 999999], training's below: nothing that is scored was trained on. The look of a prompt is
the first one, counting up from the reference's, that shares neither subject nor its colours, ground or pattern with the
reference; two prompts of a clip differ in their ground.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from motionbench.data import manifest_file
from motionbench.mini.looks import Look, draw_look
from motionbench.mini.world import Recipe, digest, render
from motionbench.types import Category

FIRST_SEED = 900_000
PROMPTS = 2
HEADER = """\
# Every clip of every suite. training/make_manifest.py writes the procedural ones and all above them: change its table.
schema_version: 1

protocols:
  mini-v1: {frames: 17, fps: 8.0, height: 64, width: 64, tracker: lk, grid: 16}
  # 480x720 is what CogVideoX is made for and Wan takes; between square and 16:9, so neither loses more than a third.
  # 25 frames are 4k + 1, which Wan takes, and 8k + 1, which CogVideoX does; papers evaluate on 24 to 32.
  core-v1: {frames: 25, fps: 16.0, height: 480, width: 720, tracker: lk, grid: 24}
  # What the videos of MTBench and MoveBench are: as long, as fast and as large as CogVideoX's and Wan's own.
  mtbench-v1: {frames: 49, fps: 8.0, height: 480, width: 720, tracker: lk, grid: 24}
  movebench-v1: {frames: 81, fps: 16.0, height: 480, width: 832, tracker: lk, grid: 24}

suites:
  mini:
    summary: 8 procedural references, two a category, one prompt each; the default
    protocol: mini-v1
    notice: "Mini model: proves the mechanism and guards against regressions; no claim about large models."
    tags: [mini]
    prompts: 1
  mini-full:
    summary: 24 procedural references, six a category, two prompts each
    protocol: mini-v1
    notice: "Mini model: proves the mechanism and guards against regressions; no claim about large models."
    tags: [mini-full]
  core:
    summary: 19 real references of four categories, four prompts each; fetched, not shipped
    protocol: core-v1
    tags: [core]

# Data sets of others, suites by these names: fetched as their authors publish them, read by their layouts' loaders.
datasets:
  davis-2017:
    summary: 50 sequences with masks, four prompts each (ours); fetched
    protocol: core-v1
    homepage: https://davischallenge.org/davis2017/code.html
    licence: "none stated; offered for research, with the wish that arXiv 1704.00675 be cited"
    archive:
      url: https://data.vision.ee.ethz.ch/csergi/share/davis/DAVIS-2017-trainval-480p.zip
      sha256: e3d0b5b77c3d031b000a19e0e25e3e2cac65d183755601bc2cf066df1a2aa492
      bytes: 832766765
      folder: DAVIS
  mtbench:
    summary: videos with masks and tracks, five prompts each (Shi et al., arXiv 2503.17350); fetched
    protocol: mtbench-v1
    homepage: https://huggingface.co/datasets/QingyuShi/MTBench
    licence: "see its page; the footage is of DAVIS and YouTube-VOS, whose terms hold for it"
    hub: QingyuShi/MTBench
  movebench:
    summary: 5-second videos with tracks and captions (Chu et al., arXiv 2512.08765), prompts of your own; fetched
    protocol: movebench-v1
    homepage: https://huggingface.co/datasets/Ruihang/MoveBench
    licence: "MIT on its card; the footage is of Pexels, whose terms hold for it"
    hub: Ruihang/MoveBench

clips:
"""
REAL = "  # Real clips, by address and digest: written by hand."
"""The line between the procedural clips and the real ones."""


@dataclass(frozen=True)
class Row:
    """A clip before it is rendered."""

    id: str
    category: Category
    motion: str
    mini: bool = False


# The first two of a category make the mini suite; the order of a category is the order of both suites.
TABLE = (
    Row("pan-1", "camera", "pan", mini=True),
    Row("zoom-1", "camera", "zoom", mini=True),
    Row("roll-1", "camera", "roll"),
    Row("pan-zoom-1", "camera", "pan_zoom"),
    Row("roll-zoom-1", "camera", "roll_zoom"),
    Row("pan-2", "camera", "pan"),
    Row("linear-1", "single_object", "linear", mini=True),
    Row("circular-1", "single_object", "circular", mini=True),
    Row("bounce-1", "single_object", "bounce"),
    Row("figure-eight-1", "single_object", "figure_eight"),
    Row("spin-1", "single_object", "spin"),
    Row("grow-1", "single_object", "grow"),
    Row("crossing-1", "multi_object", "crossing", mini=True),
    Row("orbiting-1", "multi_object", "orbiting", mini=True),
    Row("chasing-1", "multi_object", "chasing"),
    Row("diverging-1", "multi_object", "diverging"),
    Row("crossing-2", "multi_object", "crossing"),
    Row("orbiting-2", "multi_object", "orbiting"),
    Row("walk-1", "human", "walk", mini=True),
    Row("dance-1", "human", "dance", mini=True),
    Row("wave-1", "human", "wave"),
    Row("jump-1", "human", "jump"),
    Row("squat-1", "human", "squat"),
    Row("walk-2", "human", "walk"),
)


def recipe(index: int, row: Row) -> Recipe:
    """A hundred seeds belong to each clip: its motion, its look, and the looks of its prompts."""
    seed = FIRST_SEED + 100 * index
    return Recipe(row.category, row.motion, motion_seed=seed, look_seed=seed + 1)


def prompt_seeds(reference: Recipe) -> list[int]:
    """The looks of the prompts."""
    own, grounds, seeds = _look(reference.look_seed), set[str](), []
    for candidate in range(reference.look_seed + 1, reference.motion_seed + 100):
        look = _look(candidate)
        if _differs(look, own, reference.category) and look.ground not in grounds:
            grounds.add(look.ground)
            seeds.append(candidate)
        if len(seeds) == PROMPTS:
            return seeds
    raise RuntimeError(f"no {PROMPTS} looks among the seeds of {reference}; shift its row in the table")


def _look(seed: int) -> Look:
    return draw_look(np.random.default_rng([seed, 1]))


def _differs(look: Look, other: Look, category: Category) -> bool:
    subject = look.figure != other.figure if category == "human" else look.shapes[0] != other.shapes[0]
    colours = not set(look.colours[:2]) & set(other.colours[:2])
    return subject and colours and look.ground != other.ground and look.pattern != other.pattern


def lines(index: int, row: Row) -> list[str]:
    """A clip as it stands in the file."""
    reference = recipe(index, row)
    source = f"{{motion: {row.motion}, motion_seed: {reference.motion_seed}, look_seed: {reference.look_seed}}}"
    tags = "[mini-full, mini]" if row.mini else "[mini-full]"
    prompts = [
        f'      - {{id: p{number}, look_seed: {seed}, text: "{render(replace(reference, look_seed=seed)).caption}"}}'
        for number, seed in enumerate(prompt_seeds(reference), start=1)
    ]
    return [
        f"  - id: {row.id}",
        f"    category: {row.category}",
        f"    source: {{procedural: {source}, sha256: {digest(reference)}}}",
        f'    reference_prompt: "{render(reference).caption}"',
        "    prompts:",
        *prompts,
        f"    licence: Apache-2.0\n    tags: {tags}",
    ]


def real_clips(file: Path) -> str:
    """The part of a manifest that this script leaves alone, its first line included; "" where there is none."""
    found = file.read_text(encoding="utf-8") if file.is_file() else ""
    return found[found.index(REAL) :] if REAL in found else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, default=Path(manifest_file.FILE_NAME))
    file: Path = parser.parse_args().file
    text, real = HEADER, real_clips(file)
    for index, row in enumerate(TABLE):
        text += "\n".join(lines(index, row)) + "\n"
        print(f"{index + 1}/{len(TABLE)} {row.id}", flush=True)
    file.write_text(text + real, encoding="utf-8")
    manifest_file.load(file)


if __name__ == "__main__":
    main()
