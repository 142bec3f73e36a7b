"""The records that the store holds as JSON: rows of scores, configurations of runs, environments.

``SCHEMA_VERSION`` is raised whenever a field changes its meaning. A newer one is refused (exit 5); unknown fields of
the same version are an error too, so that nothing is dropped silently.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar, cast, get_args

from motionbench.errors import NotComparableError, UsageError
from motionbench.specs import OptionValue
from motionbench.types import Protocol

SCHEMA_VERSION = 1
Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
UPGRADES: dict[int, dict[str, Upgrade]] = {}
"""What makes data of a schema those of the next, by ``Row`` or ``Configuration``; a kind without a change is left out.

Data are upgraded as they are read, so old stores, records and submissions load everywhere; ``store migrate`` writes
them down again.
"""
RowStatus = Literal["ok", "failed", "declined", "invalid_output", "undefined"]
T = TypeVar("T")
_HALF_PAIR = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
"""How JSON writes a surrogate: two make a letter beyond U+FFFF, and one alone makes text that no file can hold."""


class Checked:
    """How pydantic reads a record: no field more than it has, no NaN."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "allow_inf_nan": False}


@dataclass(frozen=True)
class Row(Checked):
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
class MethodLine(Checked):
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
class MetricLine(Checked):
    """A metric as it was used: all that a table needs to print it."""

    name: str
    version: str
    unit: str
    better: Literal["higher", "lower", "none"]
    status: str
    decimals: int


@dataclass(frozen=True)
class CaseLine(Checked):
    """A case as it was used."""

    id: str
    category: str
    reference: str
    digest: str


@dataclass(frozen=True)
class Configuration(Checked):
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
class Environment(Checked):
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
    memory: str = ""
    """Where the backbone's weights waited (``specs.MemoryMode``), or "" for the device; it changes no score."""


def to_json(record: Any) -> dict[str, Any]:
    """A record as plain JSON values."""
    return dataclasses.asdict(record)


def environment_to_json(environment: Environment) -> dict[str, Any]:
    """As ``to_json``, without what was not asked for: environments of earlier releases keep their ids."""
    unasked = [name for name in ("used_device", "deterministic", "memory") if not getattr(environment, name)]
    return {name: value for name, value in to_json(environment).items() if name not in unasked}


def rows_from(data: Sequence[Any], source: Callable[[int], str]) -> list[Row]:
    """Rows; ``source`` names one by its place. Raises NotComparableError for a newer schema, UsageError for no row."""
    # Naming each of a hundred thousand rows would take longer than checking them.
    present = [
        one
        if isinstance(one, dict) and one.get("schema_version") == SCHEMA_VERSION
        else _upgraded("Row", one, source(place))
        for place, one in enumerate(data)
    ]
    return checked(list[Row], present, lambda place: source(int(place[0])) if place else source(0))


def configuration_from(data: object, source: str) -> Configuration:
    """Raises NotComparableError for a newer schema, UsageError where a field is missing, unknown or of another type."""
    return checked(Configuration, _upgraded("Configuration", data, source), lambda place: source)


def environment_from(data: object, source: str) -> Environment:
    """Raises UsageError where a field is missing, unknown or of another type."""
    return checked(Environment, data, lambda place: source)


def check_schema(data: object, source: str) -> None:
    """Raises NotComparableError where the data were written by a newer MotionBench."""
    version = data.get("schema_version") if isinstance(data, Mapping) else None
    if not isinstance(version, int):
        raise UsageError(f"{source} is not a record of MotionBench: it has no schema_version that is a whole number")
    if version > SCHEMA_VERSION:
        raise NotComparableError(
            f"{source} has schema_version {version}, this MotionBench reads up to {SCHEMA_VERSION}\n"
            "Update it: pip install -U motionbench-transfer"
        )


def _upgraded(kind: str, data: object, source: str) -> dict[str, Any]:
    """The data under the present schema; raises as ``check_schema``, and UsageError for a schema nobody can read."""
    check_schema(data, source)
    found = dict(cast(Mapping[str, Any], data))
    while (version := found["schema_version"]) < SCHEMA_VERSION:
        if version not in UPGRADES:
            raise UsageError(f"{source} has schema_version {version}, which no release has written")
        found = UPGRADES[version].get(kind, dict)(found) | {"schema_version": version + 1}
    return found


def loads(text: str | bytes, source: str) -> dict[str, Any]:
    """A JSON object, or a UsageError that names the file."""
    try:
        data = json.loads(text, parse_constant=_no_number)
        if _HALF_PAIR.search(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")):
            json.dumps(data, ensure_ascii=False).encode()  # fails where half of a pair stands alone
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{source} is not JSON: {error}\nRestore the file, or remove it if it can be made again."
        ) from error
    if not isinstance(data, dict):
        raise UsageError(f"{source} holds a {type(data).__name__}, expected a JSON object")
    return data


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is not a number; what has no value is null, with its reason")


def checked(kind: type[T], data: object, source: Callable[[tuple[int | str, ...]], str]) -> T:
    """The record that JSON data stand for; ``source`` names the file that a place in them is of."""
    from pydantic import ValidationError

    try:
        return cast(T, _adapter(cast(Any, kind)).validate_python(data))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        listed = get_args(kind)
        where = ".".join(map(str, fault["loc"][bool(listed) :]))
        name = (listed[0] if listed else kind).__name__
        raise UsageError(f"{source(fault['loc'])} is not a {name} of MotionBench: {where}: {fault['msg']}") from error


@functools.lru_cache
def _adapter(kind: Any) -> Any:
    # pydantic checks a hundred thousand rows faster than their own constructor makes them.
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
