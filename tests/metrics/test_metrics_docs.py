"""The page of metrics knows every metric and every public function."""

from __future__ import annotations

from pathlib import Path

import pytest

from motionbench import registry
from motionbench.metrics import functional
from motionbench.specs import MetricSpec

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
METRICS = [entry.spec for entry in registry.entries("metrics") if isinstance(entry.spec, MetricSpec)]
OWN = [spec for spec in METRICS if spec.implementation.startswith("motionbench.")]


@pytest.mark.parametrize("spec", OWN, ids=lambda spec: spec.name)
def test_every_metric_has_a_row_with_its_status(spec: MetricSpec) -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{spec.name}`")]
    assert len(rows) == 1
    assert f" {spec.status} |" in rows[0]
    assert ("* " in rows[0].split("|")[1]) == spec.by_default


def test_functions_without_a_metric_are_named_too() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name in ("pck", "oks", "tap_vid", "dtw", "discrete_frechet", "fit_camera", "subject_residual"):
        assert name in functional.__all__
        assert f"`{name}`" in page
