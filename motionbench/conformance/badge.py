"""A badge for a README: JSON as shields.io's endpoint badge reads it (https://shields.io/badges/endpoint-badge).

shields.io refuses keys that it does not know, so that method, version, date and the verdict are in the message; the
whole report is what ``method test --format json`` prints.
"""

from __future__ import annotations

import json
from pathlib import Path

from motionbench.conformance.records import Report
from motionbench.errors import MissingResourceError


def as_json(report: Report) -> str:
    """The badge's content."""
    tried = [check for check in report.checks if check.outcome != "not applicable"]
    kept = len(tried) - len(report.failures)
    version = f" {report.version}" if report.version else ""
    badge = {
        "schemaVersion": 1,
        "label": "MotionBench contract",
        "message": f"{report.method}{version}: {kept}/{len(tried)} checks, {report.date}",
        "color": "brightgreen" if report.passed else "red",
        **({} if report.passed else {"isError": True}),
    }
    return json.dumps(badge, indent=1, ensure_ascii=False) + "\n"


def write(report: Report, path: Path) -> None:
    """Write the badge; raises MissingResourceError where the file cannot be written."""
    try:
        path.write_text(as_json(report), encoding="utf-8")
    except OSError as error:
        raise MissingResourceError(f"cannot write {path}: {error.strerror or error}") from error
