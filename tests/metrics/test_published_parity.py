"""Our functions against the numbers that the published code gives on the same seeded inputs.

``benchmarks/parity.py`` makes the inputs here and recomputes the numbers from checkouts of the repositories.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from motionbench.metrics import functional

ROOT = Path(__file__).parents[2]
GOLDEN = json.loads((ROOT / "tests" / "metrics" / "golden" / "published.json").read_text("utf-8"))


def load_parity() -> ModuleType:
    spec = importlib.util.spec_from_file_location("parity", ROOT / "benchmarks" / "parity.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


PARITY = load_parity()


def dmt(inputs: Any) -> float:
    return functional.motion_fidelity_dmt(*inputs.tracks())


def fleximmt(inputs: Any) -> float:
    return functional.motion_fidelity_fleximmt(*inputs.tracks())


def det(inputs: Any) -> float:
    return functional.motion_fidelity_det(*inputs.tracks(), width=PARITY.WIDTH, height=PARITY.HEIGHT)


def ivebench(inputs: Any) -> float:
    seen, reference_seen = inputs.visible()
    return functional.motion_fidelity_ivebench(
        *inputs.tracks(), visible_generated=seen, visible_reference=reference_seen
    )


def flow(inputs: Any) -> float:
    masks, reference_masks = inputs.masks()
    return functional.fleximmt_flow_fidelity(*inputs.flows(), generated_masks=masks, reference_masks=reference_masks)


OURS: dict[str, Callable[[Any], float]] = {
    "dmt": dmt,
    "fleximmt": fleximmt,
    "det": det,
    "ivebench": ivebench,
    "flow": flow,
}


def inputs_of(row: dict[str, Any]) -> Any:
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in row["inputs"].items()}
    return (PARITY.FlowInputs if row["form"] == "flow" else PARITY.TrackInputs)(**fields)


def name_of(row: dict[str, Any]) -> str:
    return f"{row['repository']}-{row['form']}-{row['inputs']['seed']}"


@pytest.mark.parametrize("row", GOLDEN["rows"], ids=name_of)
def test_a_published_score_is_reproduced(row: dict[str, Any]) -> None:
    expected = np.nan if row["value"] is None else row["value"]
    assert OURS[row["form"]](inputs_of(row)) == pytest.approx(expected, abs=1e-6, rel=0, nan_ok=True)


def test_the_golden_values_are_of_the_inputs_that_the_script_makes() -> None:
    wanted = {
        (published.repository, published.form, inputs) for published in PARITY.PUBLISHED for inputs in published.inputs
    }
    assert {(row["repository"], row["form"], inputs_of(row)) for row in GOLDEN["rows"]} == wanted


def test_every_value_names_a_commit() -> None:
    for row in GOLDEN["rows"]:
        assert len(GOLDEN["repositories"][row["repository"]]["commit"]) == 40


def test_the_golden_values_hold_what_makes_the_forms_differ() -> None:
    undefined = {
        (row["form"], row["inputs"]["still"])
        for row in GOLDEN["rows"]
        if row["value"] is None and "still" in row["inputs"]
    }
    assert {("dmt", "generated"), ("dmt", "reference"), ("det", "both"), ("det", "")} <= undefined
    assert not {form for form, _ in undefined} & {"fleximmt", "ivebench"}
