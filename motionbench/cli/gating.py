"""Reads ``gates.yaml``: the package's, and a project's own over it; each fault is told with its file and line."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from motionbench.data import yaml_lines
from motionbench.data.yaml_lines import Document
from motionbench.errors import UsageError
from motionbench.leaderboard.gates import Gates, MetricGate
from motionbench.spelling import suggest

DEFAULTS = Path(str(resources.files("motionbench.leaderboard"))) / "gates.yaml"


def load(file: Path | None, known: Collection[str]) -> Gates:
    """The defaults, or a file over them; ``known`` are names that its metrics may have besides those of the defaults.

    Raises UsageError with one line a fault.
    """
    defaults, _ = _read(DEFAULTS)
    if file is None:
        return defaults
    if not file.is_file():
        raise UsageError(f"--gate names {file}, which is not a file; the defaults are {DEFAULTS}")
    gates, document = _read(file)
    names = sorted({*known, *defaults.metrics})
    faults = [
        document.fault(("metrics", name), f"no metric named {name!r}; {suggest(name, names)}")
        for name in gates.metrics
        if name.partition("@")[0] not in names and name not in names
    ]
    if faults:
        raise UsageError("\n".join(faults))
    return gates.over(defaults)


def _read(file: Path) -> tuple[Gates, Document]:
    document = yaml_lines.parse(file)
    try:
        return Gates.model_validate(document.data), document
    except ValidationError as error:
        raise UsageError("\n".join(_faults(document, error))) from error


def _faults(document: Document, error: ValidationError) -> Iterator[str]:
    keys = sorted({*Gates.model_fields, *MetricGate.model_fields})
    for fault in map(dict[str, Any], error.errors()):
        path = fault["loc"]
        if fault["type"] == "extra_forbidden":
            yield document.fault(path, f"unknown key; {suggest(str(path[-1]), keys)}")
        elif fault["type"] == "missing":
            yield document.fault(path, f"this key is missing; add `{path[-1]}:`")
        else:
            yield document.fault(path, f"{fault['msg'][0].lower()}{fault['msg'][1:]}, got {fault['input']!r}")
