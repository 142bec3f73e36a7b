"""What an examination finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["pass", "fail", "not applicable"]


class Broken(Exception):
    """Raised by a rule that the method breaks; the text is the reason."""


class Inapplicable(Exception):
    """Raised by a rule that has nothing to say of the method; the text is the reason."""


@dataclass(frozen=True)
class Check:
    """One rule and what became of it."""

    rule: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True)
class Report:
    """A whole examination."""

    method: str
    """With the options that were set, as in tables."""
    version: str
    backbone: str
    """"" where the method runs on none."""
    suite: str
    package_version: str
    """Of MotionBench."""
    date: str
    """``YYYY-MM-DD``, universal time."""
    checks: tuple[Check, ...]
    schema_version: int = 1

    @property
    def failures(self) -> tuple[Check, ...]:
        """The rules that are broken."""
        return tuple(check for check in self.checks if check.outcome == "fail")

    @property
    def passed(self) -> bool:
        """Whether no rule is broken."""
        return not self.failures

    def __str__(self) -> str:
        return "\n".join(f"{check.outcome:<14} {check.rule}: {check.reason}" for check in self.checks)
