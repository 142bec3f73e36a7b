"""A small configuration and rows for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from motionbench.store import CaseLine, Configuration, MethodLine, MetricLine, Row
from motionbench.types import Protocol

PROTOCOL = Protocol("mini-v1", 17, 8.0, 64, 64, "dis-flow", 16)


def method(label: str, *, control: bool = False, tuned: bool = False) -> MethodLine:
    return MethodLine(label, label, "1", control, tuned, "", {})


@pytest.fixture
def configuration() -> Configuration:
    """Two methods, two controls, two metrics, four references in two categories."""
    cases = (
        CaseLine("pan-0", "camera", "pan", "d1"),
        CaseLine("zoom-0", "camera", "zoom", "d2"),
        CaseLine("ball-0", "single_object", "ball", "d3"),
        CaseLine("car-0", "single_object", "car", "d4"),
    )
    return Configuration(
        plan_id="p1",
        suite="mini",
        notice="No claim about large models.",
        protocol=PROTOCOL,
        backbone="mini-wan",
        backbone_digest="w",
        encoder="mini-clip",
        encoder_digest="e",
        seeds=(0,),
        tune_seed=0,
        methods=(
            method("backbone", control=True),
            method("oracle", control=True),
            method("aaa"),
            method("fym", tuned=True),
        ),
        metrics=(
            MetricLine("mf", "1", "", "higher", "headline", 3),
            MetricLine("error", "1", "px", "lower", "comparability", 2),
        ),
        cases=cases,
        score_keys=(),
        manifest_digest="m",
    )


@pytest.fixture
def row() -> Callable[..., Row]:
    """Makes a row of the configuration; the value None makes a failure."""

    def make(method: str, case: str, value: float | None, metric: str = "mf", **fields: Any) -> Row:
        reference = case.split("-")[0]
        category = "camera" if reference in ("pan", "zoom") else "single_object"
        shared: dict[str, Any] = {
            "key": f"{method}{case}{metric}{fields.get('seed', 0)}",
            "suite": "mini",
            "seed": 0,
            "status": "ok" if value is not None else "failed",
            "signature": f"{metric}|v:1",
            "method_version": "1",
            "metric_version": "1",
            "backbone": "mini-wan",
            "protocol": "mini-v1",
            "frames": 17,
            "fps": 8.0,
        }
        return Row(
            case=case,
            category=category,
            reference=reference,
            method=method,
            metric=metric,
            value=value,
            **{**shared, **fields},
        )

    return make


@pytest.fixture
def rows(row: Callable[..., Row]) -> list[Row]:
    """Every method on every case, fym above aaa above the backbone."""
    values = {"backbone": 0.1, "oracle": 0.9, "aaa": 0.3, "fym": 0.6}
    steps = {"pan-0": 0.0, "zoom-0": 0.02, "ball-0": 0.04, "car-0": 0.1}
    motion = [row(name, case, value + step) for name, value in values.items() for case, step in steps.items()]
    errors = [row(name, case, 1 - value, "error") for name, value in values.items() for case in steps]
    return [*motion, *errors]
