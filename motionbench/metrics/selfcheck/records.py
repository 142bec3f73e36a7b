"""What a self-check finds, as it is stored in ``selfcheck.json``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClipLine:
    """A clip of known motion: all that decides it."""

    id: str
    category: str
    motion: str
    motion_seed: int
    look_seed: int
    prompt_look_seed: int


@dataclass(frozen=True)
class Cell:
    """One metric on one control."""

    metric: str
    control: str
    mean: float | None
    """None where no clip has a value."""
    n: int
    """Clips with a value."""
    absent: int
    """Clips for which the control makes no sense."""
    values: tuple[float | None, ...]
    """One a clip, in the order of the clips; None where there is none."""
    reasons: tuple[str, ...] = ()
    """Why there is none, each reason once."""


@dataclass(frozen=True)
class Misorder:
    """A clip on which a metric does not keep the order."""

    clip: str
    motion: str
    reason: str


@dataclass(frozen=True)
class Verdict:
    """What the self-check says of a metric."""

    metric: str
    version: str
    status: str
    signature: str
    sees_motion: bool
    """Whether the rule of admission applies."""
    admitted: bool | None
    """None where the rule does not apply, or where the metric could not run."""
    ordered: int | None
    """Clips on which the order is kept; None where there is no verdict."""
    clips: int
    fooled_by: tuple[str, ...]
    misorders: tuple[Misorder, ...] = ()
    not_run: str = ""
    """Why the metric could not run, "" where it did."""


@dataclass(frozen=True)
class Curve:
    """Mean score of a perfect transfer against the amount of one kind of damage to its tracks."""

    metric: str
    damage: str
    unit: str
    amounts: tuple[float, ...]
    means: tuple[float | None, ...]
    n: tuple[int, ...]
    """Clips with a value, one an amount."""


@dataclass(frozen=True)
class SelfCheck:
    """A whole self-check."""

    package_version: str
    protocol: str
    tracks: str
    """The tracker's signature, or "exact" for the renderer's own."""
    encoder: str
    """The encoder's signature, "" where no metric needed one."""
    rule: str
    """The order that admits, in words."""
    share: float
    """Of clips on which it has to be kept."""
    clips: tuple[ClipLine, ...]
    verdicts: tuple[Verdict, ...]
    cells: tuple[Cell, ...]
    curves: tuple[Curve, ...]
    complete: bool
    """Whether every registered metric was asked for."""
    schema_version: int = 1

    def cell(self, metric: str, control: str) -> Cell:
        """One cell; raises StopIteration where there is none."""
        return next(cell for cell in self.cells if (cell.metric, cell.control) == (metric, control))
