"""The records that the store holds as JSON: rows of scores, configurations of runs, environments.

``SCHEMA_VERSION`` is raised whenever a field changes its meaning. A newer one is refused (exit 5); unknown fields of
the same version are an error too, so that nothing is dropped silently.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from motionbench.errors import NotComparableError, UsageError
from motionbench.specs import OptionValue
from motionbench.types import Protocol

SCHEMA_VERSION = 1
RowStatus = Literal["ok", "failed", "declined", "invalid_output", "undefined"]
T = TypeVar("T")


@dataclass(frozen=True)
class Row:
    """One score, or the reason why there is none."""

    key: str
    """Of the score's object."""
    suite: str
    case: str
    category: str
    reference: str
    method: str
    """The method's label: its name, and in brackets the options that were set by hand."""
    seed: int
    metric: str
    status: RowStatus
    value: float | None = None
    reason: str = ""
    error_class: str = ""
    failure: str = ""
    """Its class (``failures.Failure``)."""
    signature: str = ""
    truncated_tokens: int = 0
    """At the end of a prompt that the metric's encoder did not read."""
    method_version: str = ""
    metric_version: str = ""
    backbone: str = ""
    protocol: str = ""
    frames: int = 0
    fps: float = 0.0
    height: int = 0
    width: int = 0
    tracker: str = ""
    grid: int = 0
    tune_seconds: float = 0.0
    generate_seconds: float = 0.0
    peak_memory_bytes: int = 0
    trainable_parameters: int = 0
    shared: bool = False
    """Whether other workers used the same device while it was tuned or generated: its times are then not its own."""
    plan_id: str = ""
    environment: str = ""
    written_at: float = 0.0
    """Seconds since 1970."""
    schema_version: int = SCHEMA_VERSION

    @property
    def identity(self) -> tuple[str, str, str, str, int, str]:
        """What makes two rows the same score."""
        return self.key, self.suite, self.case, self.method, self.seed, self.metric


@dataclass(frozen=True)
class MethodLine:
    """A method as it was run."""

    label: str
    name: str
    version: str
    control: bool
    tuned: bool
    preset: str
    options: Mapping[str, OptionValue]
    summary: str = ""
    status: str = ""


@dataclass(frozen=True)
class MetricLine:
    """A metric as it was used: all that a table needs to print it."""

    name: str
    version: str
    unit: str
    better: Literal["higher", "lower", "none"]
    status: str
    decimals: int


@dataclass(frozen=True)
class CaseLine:
    """A case as it was used."""

    id: str
    category: str
    reference: str
    digest: str


@dataclass(frozen=True)
class Configuration:
    """A resolved request: what a table is a table of."""

    plan_id: str
    suite: str
    notice: str
    protocol: Protocol
    backbone: str
    backbone_digest: str
    encoder: str
    encoder_digest: str
    seeds: tuple[int, ...]
    tune_seed: int
    methods: tuple[MethodLine, ...]
    metrics: tuple[MetricLine, ...]
    cases: tuple[CaseLine, ...]
    score_keys: tuple[str, ...]
    manifest_digest: str
    """Of all entries of the suite."""
    command: str = ""
    """What the user typed."""
    written_at: float = 0.0
    schema_version: int = SCHEMA_VERSION


@dataclass(frozen=True)
class Environment:
    """Where scores were made."""

    python: str
    platform: str
    device: str
    commit: str
    """Of the checkout, or "" where the package is installed without one."""
    dirty: bool
    packages: Mapping[str, str]
    used_device: str = ""
    """As torch names it, where the user chose it; "" for the first accelerator, or else the processor."""
    deterministic: bool = False
    """Whether torch was held to algorithms that repeat to the bit."""


def to_json(record: Any) -> dict[str, Any]:
    """A record as plain JSON values."""
    return dataclasses.asdict(record)


def environment_to_json(environment: Environment) -> dict[str, Any]:
    """As ``to_json``, without what was not asked for: environments of earlier releases keep their ids."""
    unasked = [name for name in ("used_device", "deterministic") if not getattr(environment, name)]
    return {name: value for name, value in to_json(environment).items() if name not in unasked}


def row_from(data: Mapping[str, Any], source: str) -> Row:
    """Raises NotComparableError for a newer schema."""
    check_schema(data, source)
    return _build(Row, data, source)


def configuration_from(data: Mapping[str, Any], source: str) -> Configuration:
    """Raises NotComparableError for a newer schema, UsageError where a field is missing or unknown."""
    check_schema(data, source)
    try:
        nested = {
            "protocol": Protocol(**data["protocol"]),
            "seeds": tuple(data["seeds"]),
            "methods": tuple(MethodLine(**line) for line in data["methods"]),
            "metrics": tuple(MetricLine(**line) for line in data["metrics"]),
            "cases": tuple(CaseLine(**line) for line in data["cases"]),
            "score_keys": tuple(data["score_keys"]),
        }
    except (KeyError, TypeError) as error:
        raise UsageError(f"{source} is not a configuration of MotionBench: {error}") from error
    return _build(Configuration, {**data, **nested}, source)


def environment_from(data: Mapping[str, Any], source: str) -> Environment:
    """Raises UsageError where a field is missing or unknown."""
    return _build(Environment, data, source)


def check_schema(data: Mapping[str, Any], source: str) -> None:
    """Raises NotComparableError where the data were written by a newer MotionBench."""
    version = data.get("schema_version")
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise NotComparableError(
            f"{source} has schema_version {version}, this MotionBench reads up to {SCHEMA_VERSION}\n"
            "Update it: pip install -U motionbench-transfer"
        )


def loads(text: str | bytes, source: str) -> dict[str, Any]:
    """A JSON object, or a UsageError that names the file."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise UsageError(
            f"{source} is not JSON: {error}\nRestore the file, or remove it if it can be made again."
        ) from error
    if not isinstance(data, dict):
        raise UsageError(f"{source} holds a {type(data).__name__}, expected a JSON object")
    return data


def _build(kind: type[T], data: Mapping[str, Any], source: str) -> T:
    try:
        return kind(**data)
    except TypeError as error:
        raise UsageError(f"{source} is not a {kind.__name__} of MotionBench: {error}") from error
