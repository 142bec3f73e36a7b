"""Files to read: videos of known grey levels in any container, a small manifest, the folder of real clips."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from motionbench.mini import world
from motionbench.types import Protocol

Film = Callable[..., Path]
CLIPS = os.environ.get("MOTIONBENCH_CLIPS") or Path(__file__).parents[2].parent / "shared" / "clips"


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reads or fills the cache of whoever runs it."""
    monkeypatch.delenv("MOTIONBENCH_CLIPS", raising=False)
    monkeypatch.setenv("MOTIONBENCH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def protocol() -> Protocol:
    return Protocol("small-v1", frames=9, fps=8.0, height=32, width=32, tracker="dis-flow", grid=4)


@pytest.fixture
def film(tmp_path: Path) -> Film:
    """Write grey pictures, picture k of level ``step · k`` up to 240; ``times`` are milliseconds."""

    def write(
        name: str,
        count: int,
        *,
        rate: int = 8,
        step: int = 10,
        size: tuple[int, int] = (48, 64),
        codec: str = "libx264",
        pixels: str = "yuv420p",
        times: Sequence[int] | None = None,
        rotation: int | None = None,
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        base = Fraction(1, rate) if times is None else Fraction(1, 1000)
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=rate)
            stream.height, stream.width, stream.pix_fmt = *size, pixels
            stream.codec_context.time_base = base
            if rotation is not None:
                stream.set_display_rotation(rotation)
            for k in range(count):
                rgb = np.full((*size, 3), min(step * k, 240), np.uint8)
                rgb[: size[0] // 3, : size[1] // 3] = 255
                frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
                frame.pts, frame.time_base = (k if times is None else times[k]), base
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return write


@pytest.fixture
def real_clips() -> Path:
    """The folder of real reference clips; tests that need it are skipped where it is absent."""
    folder = Path(CLIPS)
    if not (folder / "kitchen_dolly.mp4").is_file():
        pytest.skip("no real clips: fetch them, or set MOTIONBENCH_CLIPS to their folder")
    return folder


def _clip(name: str, recipe: world.Recipe, looks: Sequence[int], tags: str) -> str:
    captions = [world.render(world.Recipe(recipe.category, recipe.motion, recipe.motion_seed, look)) for look in looks]
    prompts = "".join(
        f'      - {{id: p{k}, look_seed: {look}, text: "{clip.caption}"}}\n'
        for k, (look, clip) in enumerate(zip(looks, captions, strict=True), start=1)
    )
    source = f"{{motion: {recipe.motion}, motion_seed: {recipe.motion_seed}, look_seed: {recipe.look_seed}}}"
    return (
        f"  - id: {name}\n    category: {recipe.category}\n"
        f"    source: {{procedural: {source}, sha256: {world.digest(recipe)}}}\n"
        f'    reference_prompt: "{world.render(recipe).caption}"\n'
        f"    prompts:\n{prompts}    licence: Apache-2.0\n    tags: {tags}\n"
    )


HEADER = """\
schema_version: 1
protocols:
  mini-v1: {frames: 17, fps: 8.0, height: 64, width: 64, tracker: dis-flow, grid: 16}
suites:
  small: {summary: two clips, protocol: mini-v1, notice: only a test, tags: [small], prompts: 1}
  all: {summary: every clip, protocol: mini-v1, tags: [all]}
  alone: {summary: one clip, protocol: mini-v1, clips: [spin-1]}
clips:
"""


@pytest.fixture(scope="session")
def manifest_text() -> str:
    """Three clips: the pan and the spin are in the suite ``small``, all three in ``all``."""
    pan = world.Recipe("camera", "pan", 950000, 950001)
    spin = world.Recipe("single_object", "spin", 950100, 950101)
    chase = world.Recipe("multi_object", "chasing", 950200, 950201)
    return (
        HEADER
        + _clip("pan-1", pan, [950002, 950003], "[all, small]")
        + _clip("spin-1", spin, [950102, 950103], "[all, small]")
        + _clip("chasing-1", chase, [950202, 950203], "[all]")
    )


@pytest.fixture
def manifest(tmp_path: Path, manifest_text: str) -> Path:
    path = tmp_path / "data_manifest.yaml"
    path.write_text(manifest_text)
    return path
