"""Where scores come from: the environment of a run, and run records that can be committed and rendered again."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from motionbench.errors import UsageError
from motionbench.store import SCHEMA_VERSION, Configuration, Environment, Rejection, Row, Store, records, verdicts

_KIND = "motionbench run record"
_PACKAGES = (
    "motionbench-transfer",
    "accelerate",
    "av",
    "diffusers",
    "numpy",
    "open_clip_torch",
    "opencv-python-headless",
    "peft",
    "scipy",
    "torch",
    "transformers",
)


@dataclass(frozen=True)
class RunRecord:
    """Everything behind a table, in one file."""

    configuration: Configuration
    environments: Mapping[str, Environment]
    """By the id that rows carry."""
    scores: tuple[Row, ...]
    rejections: tuple[Rejection, ...] = ()
    """Metrics of the run that the store's self-check did not admit."""


def record(store: Store, configuration: Configuration) -> RunRecord:
    """The scores of a plan that a store holds."""
    scores = tuple(sorted(rows_of(configuration, store.rows()), key=lambda row: row.identity[1:]))
    environments = store.environments(row.environment for row in scores)
    used = {(metric.name, metric.version) for metric in configuration.metrics}
    rejections = tuple(one for one in store.rejections() if (one.metric, one.version) in used)
    return RunRecord(configuration, environments, scores, rejections)


def rows_of(configuration: Configuration, rows: Iterable[Row]) -> list[Row]:
    """Those of these rows that belong to a plan."""
    keys = set(configuration.score_keys)
    methods = {line.label for line in configuration.methods}
    cases = {line.id for line in configuration.cases}
    return [
        row
        for row in rows
        if row.key in keys and row.suite == configuration.suite and row.method in methods and row.case in cases
    ]


def write_record(path: Path, run: RunRecord) -> None:
    """Write a record as JSON, sorted so that two records of one run differ in nothing."""
    data: dict[str, Any] = {
        "kind": _KIND,
        "schema_version": SCHEMA_VERSION,
        "configuration": records.to_json(run.configuration),
        "environments": {
            name: records.environment_to_json(run.environments[name]) for name in sorted(run.environments)
        },
        "scores": [records.to_json(row) for row in run.scores],
    }
    if run.rejections:
        data["rejections"] = [records.to_json(one) for one in run.rejections]
    try:
        path.write_text(json.dumps(data, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def read_record(path: Path) -> RunRecord:
    """Raises UsageError where the file is not a run record, NotComparableError for a newer schema."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    data = records.loads(text, str(path))
    if data.get("kind") != _KIND:
        raise UsageError(f"{path} is not a run record; write one with motionbench table --record {path}")
    records.check_schema(data, str(path))
    environments, scores, rejections = data.get("environments"), data.get("scores"), data.get("rejections", [])
    if not isinstance(environments, dict) or not isinstance(scores, list) or not isinstance(rejections, list):
        raise UsageError(f"{path} is not a run record: expected environments by name, scores and rejections in lists")
    return RunRecord(
        records.configuration_from(data.get("configuration"), str(path)),
        {name: records.environment_from(part, str(path)) for name, part in environments.items()},
        tuple(records.rows_from(scores, lambda place: f"score {place + 1} of {path}")),
        verdicts.rejections_listed(rejections, str(path)),
    )


def environment(used_device: str = "", *, deterministic: bool = False, memory: str = "") -> Environment:
    """Where this process runs, and what was asked for; loads none of the packages that it names."""
    commit, dirty = _checkout(Path(__file__).resolve().parent)
    return Environment(
        python=platform.python_version(),
        platform=platform.platform(terse=True),
        device=device(),
        commit=commit,
        dirty=dirty,
        packages={name: version for name in _PACKAGES if (version := _version(name))},
        used_device=used_device,
        deterministic=deterministic,
        memory=memory,
    )


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _checkout(folder: Path) -> tuple[str, bool]:
    """Commit and dirtiness of the checkout that the package is in, ("", False) where it is in none."""
    if not (folder.parent / ".git").exists():
        return "", False
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    return commit, bool(_git(folder, "status", "--porcelain"))


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def device() -> str:
    """The accelerators that the driver shows, or else the processor and its cores."""
    names = accelerators()
    if names:
        return ", ".join(names)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_field(Path('/proc/cpuinfo'), 'model name') or platform.machine()}, {cores} cores"


def accelerators() -> list[str]:
    """The cards that NVIDIA's driver shows."""
    cards = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    return [_field(card, "Model") for card in cards]


def _field(path: Path, name: str) -> str:
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
