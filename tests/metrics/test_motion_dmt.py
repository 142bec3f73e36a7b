"""The official score, to its numbers and to its faults."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from motionbench.metrics.functional import motion_fidelity_dmt

GOLDEN = Path(__file__).parent / "golden"


def load_inputs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("golden_tracks", GOLDEN / "tracks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


INPUTS = load_inputs()
EXPECTED = {
    row["case"]: row["value"] for row in json.loads((GOLDEN / "motion_fidelity_dmt.json").read_text("utf-8"))["rows"]
}


@pytest.mark.parametrize("case", INPUTS.CASES, ids=lambda case: case.name)
def test_it_equals_the_published_code(case: object) -> None:
    value = motion_fidelity_dmt(*INPUTS.seeded_tracks(case))
    expected = EXPECTED[case.name]  # type: ignore[attr-defined]
    assert value == pytest.approx(np.nan if expected is None else expected, abs=1e-6, rel=0, nan_ok=True)


def tracks(seed: int, count: int = 12, frames: int = 6) -> NDArray[np.float32]:
    return np.cumsum(np.random.default_rng(seed).normal(size=(count, frames, 2)), axis=1).astype(np.float32)


def test_it_equals_its_equation_written_as_loops() -> None:
    a, b = tracks(1).astype(float), tracks(2).astype(float)
    best = []
    for n in range(len(a)):
        row = []
        for m in range(len(b)):
            steps = [(a[n, t + 1] - a[n, t], b[m, t + 1] - b[m, t]) for t in range(a.shape[1] - 1)]
            cosines = [float(v @ w) / float(np.linalg.norm(v) * np.linalg.norm(w)) for v, w in steps]
            row.append(sum(cosines) / len(cosines) - (n == m))
        best.append(max(row))
    assert motion_fidelity_dmt(a, b) == pytest.approx(sum(best) / len(best), abs=1e-6)


def test_the_identity_makes_a_copy_of_independent_tracks_score_below_one() -> None:
    assert motion_fidelity_dmt(tracks(3), tracks(3)) < 0.9


def test_speed_is_invisible_to_it() -> None:
    a, b = tracks(4), tracks(5)
    assert motion_fidelity_dmt(0.01 * a, b) == pytest.approx(motion_fidelity_dmt(a, b), abs=1e-4)


def test_wrong_shapes_raise_and_say_so() -> None:
    with pytest.raises(ValueError, match="as many tracks on both sides, got 12 and 11"):
        motion_fidelity_dmt(tracks(6), tracks(6, 11))
    with pytest.raises(ValueError, match="same number of frames, got 6 generated and 5 reference"):
        motion_fidelity_dmt(tracks(6), tracks(6, frames=5))
    with pytest.raises(ValueError, match="a track and two frames"):
        motion_fidelity_dmt(tracks(6, frames=1), tracks(6, frames=1))
