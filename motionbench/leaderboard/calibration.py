"""Scores between the controls that bound them: (score − floor) / (ceiling − floor), 0 is the floor, 1 the ceiling.

The ceiling is the oracle, which transfers perfectly; where a suite has none, the control with the best mean. The floor
is the worst of the controls that transfer nothing: the backbone, another clip, a copy of the reference (whose content
is wrong). Frozen and reversed videos are made to fool metrics and bound none. The controls' means count as exact.
"""

from __future__ import annotations

from dataclasses import dataclass

from motionbench.leaderboard.aggregate import ALL, Board
from motionbench.store import MetricLine
from motionbench.types import Standing

FLOORS = ("backbone", "other-clip", "copy-reference")
CEILING = "oracle"
LEAST_RANGE = 0.1
"""The least distance between floor and ceiling at which a calibrated score is read."""


@dataclass(frozen=True)
class Scale:
    """Of one metric and group."""

    floor: float
    floor_control: str
    ceiling: float
    ceiling_control: str

    def of(self, value: float) -> float:
        """0 at the floor, 1 at the ceiling."""
        return (value - self.floor) / (self.ceiling - self.floor)


@dataclass(frozen=True)
class NoScale:
    """Why a metric has none."""

    reason: str


def scale(board: Board, metric: MetricLine, group: str = ALL) -> Scale | NoScale:
    """From the board's own controls."""
    if metric.better == "none":
        return NoScale("it has no better side")
    sign = 1 if metric.better == "higher" else -1
    known = {line.name: mean for line in board.methods if (mean := _control_mean(board, line.label, metric, group))}
    floors = [name for name in FLOORS if name in known]
    ceiling = CEILING if CEILING in known else max(known, key=lambda name: sign * known[name][0], default="")
    if not floors or not ceiling:
        return NoScale("the controls that bound it have no value")
    floor = min(floors, key=lambda name: sign * known[name][0])
    found = Scale(known[floor][0], floor, known[ceiling][0], ceiling)
    distance = sign * (found.ceiling - found.floor)
    if distance < LEAST_RANGE:
        return NoScale(f"{ceiling} is only {distance:.3f} better than {floor}, less than {LEAST_RANGE:g}")
    return found


def scaled(standing: Standing, on: Scale) -> tuple[float | None, float | None, float | None]:
    """Mean, low and high of a standing on a scale, low below high."""
    if standing.mean is None:
        return None, None, None
    if standing.low is None or standing.high is None:
        return on.of(standing.mean), None, None
    low, high = sorted((on.of(standing.low), on.of(standing.high)))
    return on.of(standing.mean), low, high


def _control_mean(board: Board, label: str, metric: MetricLine, group: str) -> tuple[float] | None:
    """In a tuple, since a mean of 0 is a value."""
    standing = board.standing(label, metric.name, group)
    return None if standing.mean is None or not standing.control else (standing.mean,)
