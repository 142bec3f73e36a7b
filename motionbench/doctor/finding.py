"""What a check finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from motionbench.errors import MotionBenchError

State = Literal["ok", "gap", "fault"]
"""``fault``: the default command would not run; ``gap``: something that is not needed by it is not there."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    name: str
    state: State
    found: str
    """What is there, or what is wrong with it."""
    advice: str = ""
    """Lines to type; "" where nothing is to be done."""


def ready(findings: Iterable[Finding]) -> bool:
    """Whether the default command, ``motionbench eval --method fym --quick``, would run."""
    return all(finding.state != "fault" for finding in findings)


def tried(name: str, state: State, check: Callable[[], str]) -> Finding:
    """What ``check`` says, or a finding of ``state`` with the reason and the advice of what it raises."""
    try:
        return Finding(name, "ok", check())
    except MotionBenchError as error:
        reason, _, advice = str(error).partition("\n")
        return Finding(name, state, reason, advice)
    except Exception as error:  # a library's own failure is what is being looked for
        return Finding(name, state, f"{type(error).__name__}: {error}".splitlines()[0])
