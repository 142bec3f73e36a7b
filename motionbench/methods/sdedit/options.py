"""The one option of SDEdit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from motionbench.errors import UsageError
from motionbench.methods.checked_options import CheckedOptions


@dataclass(frozen=True)
class SdeditOptions(CheckedOptions):
    """One value; ``--set sdedit.strength=VALUE`` changes it."""

    METHOD: ClassVar[str] = "sdedit"

    strength: float = 0.5
    """Share of the sampling steps that are taken: 0 gives the reference back, 1 never looks at it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.strength <= 1:
            raise UsageError(f"sdedit.strength={self.strength}; expected 0 to 1, as in --set sdedit.strength=0.5")
