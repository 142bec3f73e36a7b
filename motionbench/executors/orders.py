"""What workers are told: the question and how to work on it, as JSON in the store. Data only, no pickles."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from motionbench.errors import UsageError
from motionbench.failures import Failure
from motionbench.placement import Placement
from motionbench.precomputed.records import Given
from motionbench.request import Question
from motionbench.sharding import Shard

_TUPLES = ("methods", "metrics", "encoders", "assignments", "seeds")


@dataclass(frozen=True)
class Order:
    """One run of a crew."""

    question: Question
    plan_id: str
    """What the worker's own plan must be: another one means another MotionBench or other files."""
    placed: Placement = field(default_factory=Placement)
    shard: Shard | None = None
    retried: tuple[Failure, ...] | None = None
    """Classes of failures of earlier runs that are tried again; None for all."""
    timeouts: Mapping[str, float] = field(default_factory=dict)
    """Seconds by stage; no limit where there is none."""
    heartbeat: float = 10.0
    """Seconds between two signs of life of a worker; three and no sign mean that it is gone."""
    folder: str = field(default_factory=os.getcwd)
    """Where relative paths start."""


def to_json(order: Order) -> dict[str, Any]:
    """Plain values; paths as text."""
    data = dataclasses.asdict(order)
    data["question"] = {name: _plain(value) for name, value in data["question"].items()}
    return data


def from_json(data: Mapping[str, Any], source: str) -> Order:
    """Raises UsageError for what is no order."""
    try:
        question: dict[str, Any] = {
            name: tuple(value) if name in _TUPLES else value for name, value in data["question"].items()
        }
        question["data"] = Path(question["data"]) if question["data"] else None
        question["given"] = _given(question["given"]) if question["given"] else None
        changed = {
            "question": Question(**question),
            "placed": Placement(**data["placed"]),
            "shard": Shard(**data["shard"]) if data["shard"] else None,
            "retried": tuple(data["retried"]) if data["retried"] is not None else None,
        }
        return Order(**{**data, **changed})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{source} is no order of MotionBench: {error}\nRemove its folder and run again.") from error


def _given(data: Mapping[str, Any]) -> Given:
    table = Path(data["table"]) if data["table"] else None
    return Given(**{**data, "directory": Path(data["directory"]), "table": table})


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return {name: _plain(part) for name, part in value.items()} if isinstance(value, dict) else value
