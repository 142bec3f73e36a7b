"""What trackers and encoders cost at their real size, with random weights, on one clip of ``core``.

    python -m benchmarks.real_size [vit-b-32 vit-l-14 cotracker3 cotracker3-online tapnext] [--clip dance]

Random weights of the real architecture go through the package's own loading, as weights in a folder. The models of
open_clip are built from its own configurations. The trackers need their public code, which is not shipped: the folders
that ``MOTIONBENCH_COTRACKER_DIR`` and ``MOTIONBENCH_TAPNET_DIR`` name; without one its trackers are left out. Weights
that may lie there are not used.

Each is measured in a process of its own, on one thread: seconds to load, seconds for the whole clip, and the process's
peak of memory beyond what was resident with the model loaded. Exit 1 where an output has another shape or range than it
must have.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from safetensors.torch import save_file

from benchmarks.classification_memory import resident_bytes
from motionbench import memory, registry
from motionbench.data.suites import ManifestSuite
from motionbench.encoders.catalog import from_address
from motionbench.encoders.open_clip_encoder import OpenClipEncoder
from motionbench.trackers import cotracker, tapnext
from motionbench.trackers.grid import grid_queries
from motionbench.types import Protocol, Tracks, Video

ENCODERS = ("vit-b-32", "vit-l-14")
CODE = {"cotracker3": cotracker.VARIABLE, "cotracker3-online": cotracker.VARIABLE, "tapnext": tapnext.VARIABLE}
"""Trackers, and the variable that names the folder of their code."""
HUB = {
    "cotracker3": ("cotracker3_offline", cotracker.WEIGHTS),
    "cotracker3-online": ("cotracker3_online", cotracker.ONLINE_WEIGHTS),
}
WIDTHS = {"vit-b-32": 512, "vit-l-14": 768}
SEED = 0


@dataclass(frozen=True)
class Cost:
    """Of one model on one clip."""

    name: str
    parameters: int
    output: str
    loading: float
    seconds: float
    model_bytes: int
    peak_bytes: int
    """Beyond ``model_bytes``."""
    faults: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Clip:
    """One reference of ``core`` under its protocol."""

    video: Video
    caption: str
    protocol: Protocol


def clip(name: str) -> Clip:
    """A reference by its name; raises MissingResourceError where it is not on this machine."""
    suite = ManifestSuite("core")
    entry = next(entry for entry in suite.entries if entry.reference_id == name)
    case = suite.load(entry)
    return Clip(case.reference, case.reference_prompt, suite.protocol)


def random_encoder(name: str, folder: Path) -> None:
    """A folder as open_clip's ``local-dir:`` reads it: its own configuration, random weights."""
    spec = registry.encoder(name)
    model = open_clip.create_model(spec.model)
    settings = {key: model.visual.preprocess_cfg[key] for key in ("mean", "std", "interpolation", "resize_mode")}
    config = {"model_cfg": open_clip.get_model_config(spec.model), "preprocess_cfg": settings}
    (folder / "open_clip_config.json").write_text(json.dumps(config), encoding="utf-8")
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")


def random_tracker(name: str, folder: Path) -> None:
    """A copy of the public code as its tracker reads it, with random weights."""
    code = Path(os.environ[CODE[name]]).expanduser().resolve()
    if name in HUB:
        entry, weights = HUB[name]
        for part in ("hubconf.py", "cotracker"):
            (folder / part).symlink_to(code / part)
        loader: Any = torch.hub
        model = loader.load(str(folder), entry, source="local", pretrained=False).model
    else:
        weights = tapnext.WEIGHTS
        shutil.copytree(code / "tapnet", folder / "tapnet")  # its module must lie in the folder that is named
        model = tapnext._code(folder).TAPNext(image_size=(tapnext.SIZE, tapnext.SIZE))
        for value in model.state_dict().values():  # its class leaves some of them as they lie in memory
            value.normal_(std=0.02)
    torch.save(model.state_dict(), folder / weights)
    os.environ[CODE[name]] = str(folder)


def encoder_faults(features: Any, text: Any, width: int, frames: int) -> Iterator[str]:
    """What features must be and are not."""
    if (features.shape, text.shape) != ((frames, width), (width,)):
        yield f"shapes {features.shape} and {text.shape}, expected {(frames, width)} and {(width,)}"
    if features.dtype != np.float32 or not np.isfinite(features).all() or not np.isfinite(text).all():
        yield "not finite float32"
    if abs(np.linalg.norm(features, axis=1) - 1).max() > 1e-5 or abs(np.linalg.norm(text) - 1) > 1e-5:
        yield "not of unit length"


def tracker_faults(tracks: Tracks, queries: Any, frames: int, starts_there: bool) -> Iterator[str]:
    """What tracks must be and are not."""
    if (tracks.xy.shape, tracks.visible.shape) != ((len(queries), frames, 2), (len(queries), frames)):
        yield f"shapes {tracks.xy.shape} and {tracks.visible.shape} for {len(queries)} points, {frames} frames"
    if tracks.xy.dtype != np.float32 or tracks.visible.dtype != np.bool_ or not np.isfinite(tracks.xy).all():
        yield "not finite float32 with truth values"
    if starts_there and abs(tracks.xy[:, 0] - queries).max() > 1e-3:
        yield "frame 0 does not hold the queries"


def measured(name: str, reference: str) -> Cost:
    """Build random weights, load them as the package does, run one clip."""
    torch.manual_seed(SEED)
    asked = clip(reference)
    with tempfile.TemporaryDirectory() as folder:
        (random_encoder if name in ENCODERS else random_tracker)(name, Path(folder).resolve())
        return (_encoder_cost if name in ENCODERS else _tracker_cost)(name, Path(folder).resolve(), asked)


def _encoder_cost(name: str, folder: Path, asked: Clip) -> Cost:
    started = time.perf_counter()
    encoder = OpenClipEncoder(from_address(f"local-dir:{folder}"), device="cpu")
    loading, frames = time.perf_counter() - started, asked.video.frames
    text = encoder.text(asked.caption)
    seconds, resident, peak, features = _timed(lambda: encoder.images(frames))
    faults = tuple(encoder_faults(features, text, WIDTHS[name], len(frames)))
    shown = f"{features.shape[0]} × {features.shape[1]}"
    return Cost(name, _parameters(encoder._model), shown, loading, seconds, resident, peak, faults)


def _tracker_cost(name: str, folder: Path, asked: Clip) -> Cost:
    started = time.perf_counter()
    tracker = registry.implementation(registry.tracker(name))(device="cpu")
    loading, queries = time.perf_counter() - started, grid_queries(asked.protocol)
    model = tracker._model if name == tapnext.SPEC.name else tracker._predictor.model
    seconds, resident, peak, tracks = _timed(lambda: tracker(asked.video, queries))
    faults = tuple(tracker_faults(tracks, queries, len(asked.video.frames), name == cotracker.SPEC.name))
    shown = f"{len(queries)} points, {tracks.visible.mean():.0%} visible"
    return Cost(name, _parameters(model), shown, loading, seconds, resident, peak, faults)


def _timed(call: Callable[[], Any]) -> tuple[float, int, int, Any]:
    """Seconds, what was resident, the peak beyond it, the result."""
    resident = resident_bytes()
    memory.reset_peak()
    started = time.perf_counter()
    result = call()
    return time.perf_counter() - started, resident, memory.peak_bytes() - resident, result


def _parameters(model: Any) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def _line(cost: Cost) -> str:
    model, beyond = (f"{size / 2**30:.2f} GiB" for size in (cost.model_bytes, cost.peak_bytes))
    return (
        f"{cost.name:18} {cost.parameters / 1e6:5.0f} M  {cost.output:26} load {cost.loading:4.1f} s  "
        f"clip {cost.seconds:6.1f} s  resident {model}  beyond it {beyond}  {'; '.join(cost.faults) or 'as it must be'}"
    )


def main() -> int:
    """Print a line for each model; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join([*ENCODERS, *CODE]))
    parser.add_argument("--clip", default="dance", help="a reference of core")
    asked = parser.parse_args()
    failed = 0
    for name in asked.names or [*ENCODERS, *CODE]:
        if name in CODE and CODE[name] not in os.environ:
            print(f"{name:18} left out: {CODE[name]} names no folder")
            continue
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            cost = pool.apply(measured, (name, asked.clip))
        print(_line(cost), flush=True)
        failed += bool(cost.faults)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
