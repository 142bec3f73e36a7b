"""The badge is what shields.io's endpoint reads, and no more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from motionbench.conformance import Check, Report, badge
from motionbench.errors import MissingResourceError

ENDPOINT = {"schemaVersion", "label", "message", "color", "labelColor", "isError", "namedLogo", "style", "cacheSeconds"}
"""Keys of the endpoint's schema; any other makes shields.io refuse the file."""


def report(*outcomes: str) -> Report:
    checks = tuple(Check(f"rule {place}", outcome, "because") for place, outcome in enumerate(outcomes))  # type: ignore[arg-type]
    return Report("my-method", "3", "mini-wan", "mini", "0.1.0", "2026-01-02", checks)


def test_a_method_that_passes_has_a_green_badge() -> None:
    data = json.loads(badge.as_json(report("pass", "not applicable", "pass")))
    assert data == {
        "schemaVersion": 1,
        "label": "MotionBench contract",
        "message": "my-method 3: 2/2 checks, 2026-01-02",
        "color": "brightgreen",
    }


def test_a_method_that_fails_has_a_red_one_within_the_schema() -> None:
    data = json.loads(badge.as_json(report("pass", "fail", "not applicable")))
    assert (data["message"], data["color"], data["isError"]) == ("my-method 3: 1/2 checks, 2026-01-02", "red", True)
    assert set(data) <= ENDPOINT


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match=r"cannot write .*none/badge\.json: No such file"):
        badge.write(report("pass"), tmp_path / "none" / "badge.json")
