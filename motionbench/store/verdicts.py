"""What tables need of the last self-check (``selfcheck.json``): the metrics that it did not admit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from motionbench.errors import UsageError
from motionbench.store import records
from motionbench.store.records import Checked

FILE = "selfcheck.json"


@dataclass(frozen=True)
class Rejection(Checked):
    """A metric that must not rank methods, and why."""

    metric: str
    version: str
    reason: str


def rejections_from(data: Mapping[str, Any], source: str) -> tuple[Rejection, ...]:
    """Those of a self-check; raises NotComparableError for a newer schema, UsageError where it is none."""
    records.check_schema(data, source)
    try:
        return tuple(
            Rejection(verdict["metric"], verdict["version"], _reason(verdict, data))
            for verdict in data["verdicts"]
            if verdict["admitted"] is False
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"{source} is not a self-check of MotionBench: {error}\nMake it again: motionbench metric check"
        ) from error


def rejections_listed(lines: Sequence[Mapping[str, Any]], source: str) -> tuple[Rejection, ...]:
    """Those that a run record carries; raises UsageError where they are not lists of fields that one has."""
    return tuple(records.checked(list[Rejection], lines, lambda place: source))


def _reason(verdict: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    return (
        f"the self-check does not admit it as a headline: {data['rule']} on {verdict['ordered']} of "
        f"{verdict['clips']} clips of known motion, {data['share']:.0%} are asked for (tracks: {data['tracks']})"
    )
