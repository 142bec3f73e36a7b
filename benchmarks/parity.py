"""Recompute the golden values of the published scores with their own code, on seeded inputs of ours.

    python -m benchmarks.parity FOLDER

FOLDER holds checkouts as ``OWNER/NAME``; ``--repository OWNER/NAME=PATH`` names one that lies elsewhere. Functions are
taken from the file at each checkout's HEAD by their names, without importing the module, whose other imports need a
tracker or a GPU. What is written: the commits, the seeds and shapes of our inputs, and the values; no code. A
repository that is not there is left out and named. Exit 1 where none is there.
"""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

OUTPUT = Path(__file__).parents[1] / "tests" / "metrics" / "golden" / "published.json"
WIDTH, HEIGHT = 512, 320
Floats = NDArray[np.float32]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class TrackInputs:
    """Two seeded sets of tracks: random walks on top of a motion that all share."""

    seed: int
    generated: Shape
    """Tracks, frames."""
    reference: Shape
    speed: float = 0.0
    """Of the shared motion, pixels a frame."""
    still: str = ""
    """Side on which one step has length zero, or "both" for sides without any motion."""
    corner: bool = False
    """One generated track starts in the image's corner."""
    hidden: float = 0.0
    """Share of the points that is not visible; one track of each side is then never seen, one only once."""

    def tracks(self) -> tuple[Floats, Floats]:
        """Generated and reference tracks ``[N, T, 2]``, pixels of a frame of WIDTH × HEIGHT."""
        rng = np.random.default_rng(self.seed)
        generated, reference = (self._walks(rng, *shape) for shape in (self.generated, self.reference))
        for name, side in (("generated", generated), ("reference", reference)):
            if self.still == name:
                side[len(side) // 2, 3] = side[len(side) // 2, 2]
            if self.still == "both":
                side[:] = side[:, :1]
        if self.corner:
            generated[0, 0] = 0
        return generated, reference

    def visible(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """``[N, T]`` of both sides."""
        rng = np.random.default_rng((self.seed, 1))
        sides = [rng.uniform(size=shape) >= self.hidden for shape in (self.generated, self.reference)]
        for side in sides if self.hidden else ():
            side[:2] = False
            side[1, 0] = True
        return sides[0], sides[1]

    def _walks(self, rng: np.random.Generator, tracks: int, frames: int) -> Floats:
        angles = 0.3 * np.arange(frames - 1)
        shared = self.speed * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        start = rng.uniform((0, 0), (WIDTH, HEIGHT), (tracks, 1, 2))
        moves = shared + rng.normal(size=(tracks, frames - 1, 2))
        return np.concatenate([start, start + np.cumsum(moves, axis=1)], axis=1).astype(np.float32)


@dataclass(frozen=True)
class FlowInputs:
    """Two seeded flow fields: a common flow and noise."""

    seed: int
    generated: Shape
    """Pairs of frames, height, width."""
    reference: Shape
    speed: float = 0.0
    """Of the common flow, pixels a frame; its direction turns from frame to frame."""
    noise: float = 1.0
    masked: bool = False
    empty: int = -1
    """Frame on which the generation's mask is empty."""

    def flows(self) -> tuple[Floats, Floats]:
        """``[T-1, H, W, 2]`` of both sides, pixels."""
        rng = np.random.default_rng(self.seed)
        sides = []
        for turn, shape in ((0.0, self.generated), (0.4, self.reference)):
            angles = 0.3 * np.arange(shape[0]) + turn
            common = self.speed * np.stack([np.cos(angles), np.sin(angles)], axis=-1)[:, None, None]
            sides.append((common + self.noise * rng.normal(size=(*shape, 2))).astype(np.float32))
        return sides[0], sides[1]

    def masks(self) -> tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None]:
        """``[T-1, H, W]`` of both sides, or None for both."""
        if not self.masked:
            return None, None
        rng = np.random.default_rng((self.seed, 1))
        generated, reference = (rng.uniform(size=shape) < 0.4 for shape in (self.generated, self.reference))
        if self.empty >= 0:
            generated[self.empty] = False
        return generated, reference


Inputs = TrackInputs | FlowInputs
Functions = dict[str, Any]


@dataclass(frozen=True)
class Published:
    """Where a score's code lies and how it is called."""

    form: str
    repository: str
    file: str
    names: tuple[str, ...]
    run: Callable[[Functions, Any], float]
    inputs: tuple[Inputs, ...]


def _best_match(functions: Functions, inputs: TrackInputs) -> float:
    matrix = functions["get_similarity_matrix"](*_tensors(inputs.tracks()))
    return float(functions["get_score"](matrix)["average_score"])


def _det(functions: Functions, inputs: TrackInputs) -> float:
    extent = np.array([WIDTH, HEIGHT], dtype=np.float32)
    generated, reference = (tracks / extent for tracks in inputs.tracks())
    matrix = functions["get_cosine_similarity_score"](*_tensors((generated, reference)))
    return float(matrix.max(dim=1)[0].mean())


def _ivebench(functions: Functions, inputs: TrackInputs) -> float:
    evaluator = functions["MotionFidelityEvaluator"]
    # Its constructor loads a tracker, which the part that is called here does not use.
    bare = evaluator.__new__(evaluator)
    generated, reference = _tensors(side.swapaxes(0, 1)[None] for side in inputs.tracks())
    seen, reference_seen = _tensors(side.swapaxes(0, 1)[None] for side in inputs.visible())
    return float(bare._compute_similarity_from_tracks(reference, reference_seen, generated, seen))


def _flow(functions: Functions, inputs: FlowInputs) -> float:
    generated, reference = _tensors(np.moveaxis(side, -1, 1) for side in inputs.flows())
    masks, reference_masks = inputs.masks()
    values = []
    for t in range(min(len(generated), len(reference))):
        inside = (
            None if side is None else next(_tensors([side[t].astype(np.float32)])) for side in (reference_masks, masks)
        )
        pair = functions["get_flow_similarity_local_pattern"](reference[t : t + 1], generated[t : t + 1], *inside)
        values.append(pair[1].item())
    return float(np.mean(values))


def _tensors(arrays: Any) -> Iterator[Any]:
    import torch

    return (torch.from_numpy(np.ascontiguousarray(array)) for array in arrays)


EQUAL = (
    TrackInputs(1, (50, 24), (50, 24)),
    TrackInputs(2, (20, 2), (20, 2)),
    TrackInputs(3, (1, 16), (1, 16)),
    TrackInputs(4, (600, 49), (600, 49)),
    TrackInputs(5, (100, 17), (100, 17), speed=3.0),
    TrackInputs(6, (30, 16), (30, 16), speed=1.0, still="generated"),
    TrackInputs(7, (30, 16), (30, 16), speed=1.0, still="reference"),
    TrackInputs(8, (20, 16), (20, 16), still="both"),
)
UNEQUAL = (
    *EQUAL,
    TrackInputs(9, (70, 24), (40, 24), speed=1.0),
    TrackInputs(10, (40, 49), (60, 24), speed=1.0),
    TrackInputs(11, (40, 20), (60, 81), speed=1.0),
)
PLACED = (*UNEQUAL, TrackInputs(12, (30, 49), (30, 43), speed=2.0), TrackInputs(13, (30, 16), (30, 16), corner=True))
HIDDEN = (
    TrackInputs(21, (100, 24), (100, 24), speed=3.0),
    TrackInputs(22, (100, 24), (100, 24)),
    TrackInputs(23, (60, 49), (40, 24), speed=3.0, hidden=0.3),
    TrackInputs(24, (40, 16), (60, 81), speed=2.0, hidden=0.8),
    TrackInputs(25, (20, 16), (20, 16), still="both"),
    TrackInputs(26, (30, 5), (30, 5), speed=9.0),
    TrackInputs(27, (30, 4), (30, 5), speed=9.0),
    TrackInputs(28, (30, 16), (30, 16), speed=2.0, hidden=1.0),
)
FLOWS = (
    FlowInputs(31, (5, 40, 60), (5, 40, 60)),
    FlowInputs(32, (5, 40, 60), (5, 40, 60), speed=4.0),
    FlowInputs(33, (5, 40, 60), (7, 36, 48), speed=2.0, masked=True),
    FlowInputs(34, (5, 40, 60), (5, 40, 60), speed=2.0, masked=True, empty=2),
    FlowInputs(35, (4, 40, 60), (4, 40, 60), noise=0.0),
    FlowInputs(36, (4, 40, 60), (4, 40, 60), speed=2.0, noise=0.0),
    FlowInputs(37, (3, 1, 101), (3, 1, 101), speed=1.0),
)

_PAIR = ("get_similarity_matrix", "get_score")
PUBLISHED = (
    Published(
        "dmt",
        "diffusion-motion-transfer/diffusion-motion-transfer",
        "motion_fidelity_score.py",
        _PAIR,
        _best_match,
        EQUAL,
    ),
    Published("dmt", "ditflow/ditflow", "eval/motion_fidelity_score.py", _PAIR, _best_match, EQUAL),
    Published("dmt", "shiyi-zh0408/FlexiAct", "eval/motion_fidelity/motion_fidelity.py", _PAIR, _best_match, EQUAL),
    Published(
        "fleximmt",
        "jnheinrich451-eng/FlexiMMT",
        "eval/motion_fidelity/motion_fidelity_multi.py",
        (*_PAIR, "align_tracklets_frames"),
        _best_match,
        UNEQUAL,
    ),
    Published("det", "Shi-qingyu/DeT", "evaluation.py", ("get_cosine_similarity_score",), _det, PLACED),
    Published(
        "ivebench",
        "RyanChenYN/IVEBench",
        "metrics/fidelity/motion_fidelity.py",
        ("MotionFidelityEvaluator",),
        _ivebench,
        HIDDEN,
    ),
    Published(
        "flow",
        "jnheinrich451-eng/FlexiMMT",
        "eval/flow_fidelity/flow_fidelity_multi.py",
        ("get_flow_similarity_local_pattern",),
        _flow,
        FLOWS,
    ),
)


def git(checkout: Path, *arguments: str) -> str:
    """What git prints; raises CalledProcessError where the checkout does not have it."""
    return subprocess.check_output(["git", "-C", str(checkout), *arguments], text=True)


def extract(source: str, names: tuple[str, ...]) -> Functions:
    """The functions and classes of these names, compiled on their own."""
    import torch
    from scipy.interpolate import interp1d
    from scipy.optimize import linear_sum_assignment

    tree = ast.parse(source)
    tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names]
    space: Functions = {
        "torch": torch,
        "np": np,
        "interp1d": interp1d,
        "linear_sum_assignment": linear_sum_assignment,
    }
    exec(compile(tree, "published", "exec"), space)
    return {name: space[name] for name in names}


def rows(published: Published, checkout: Path) -> Iterator[dict[str, object]]:
    """One a set of inputs; the value None stands for NaN."""
    functions = extract(git(checkout, "show", f"HEAD:{published.file}"), published.names)
    for inputs in published.inputs:
        value = published.run(functions, inputs)
        yield {
            "form": published.form,
            "repository": published.repository,
            "inputs": asdict(inputs),
            "value": None if np.isnan(value) else value,
        }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="holds checkouts as OWNER/NAME")
    parser.add_argument("--repository", action="append", default=[], metavar="OWNER/NAME=PATH")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    return parser.parse_args()


def main() -> int:
    """Run what is there, say what is not, write."""
    given = arguments()
    elsewhere = dict(pair.split("=", 1) for pair in given.repository)
    golden: dict[str, Any] = {"note": "a value of null is NaN", "repositories": {}, "rows": []}
    for published in PUBLISHED:
        checkout = Path(elsewhere.get(published.repository, given.folder / published.repository))
        if not checkout.is_dir():
            print(f"left out: {published.form} of {published.repository}, no checkout at {checkout}")
            continue
        known = golden["repositories"].setdefault(
            published.repository, {"commit": git(checkout, "rev-parse", "HEAD").strip(), "files": []}
        )
        known["files"].append(published.file)
        golden["rows"] += rows(published, checkout)
        print(f"{published.form} of {published.repository} at {known['commit'][:7]}")
    if not golden["rows"]:
        return 1
    given.output.write_text(_text(golden), encoding="utf-8")
    return 0


def _text(golden: dict[str, Any]) -> str:
    """JSON with one row a line, so that a change of one value is a change of one line."""
    lines = ",\n  ".join(json.dumps(row) for row in golden["rows"])
    head = json.dumps({key: value for key, value in golden.items() if key != "rows"}, indent=1)
    return f'{head[:-2]},\n "rows": [\n  {lines}\n ]\n}}\n'


if __name__ == "__main__":
    sys.exit(main())
