"""All options of key and value injection. Defaults: the block and the window of DiTFlow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from motionbench.errors import UsageError
from motionbench.methods.checked_options import CheckedOptions


@dataclass(frozen=True)
class KvInjectionOptions(CheckedOptions):
    """One value each; ``--set kv-injection.NAME=VALUE`` changes them."""

    METHOD: ClassVar[str] = "kv-injection"

    blocks: str = "0"
    """Numbers of the blocks, with commas, or ``all``."""
    window: float = 0.2
    """Share of the steps, from the first on, in which the reference's keys and values stand in."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.blocks != "all" and not re.fullmatch(r"\d+(,\d+)*", self.blocks):
            expected = f"numbers with commas or all, as in --set {self.METHOD}.blocks=0,1"
            raise UsageError(f"{self.METHOD}.blocks={self.blocks!r}; expected {expected}")
        if not 0 <= self.window <= 1:
            raise UsageError(f"{self.METHOD}.window={self.window}; expected 0 to 1")

    def layers(self, count: int) -> tuple[int, ...]:
        """The blocks of a transformer that has ``count``; raises UsageError for one that it has not."""
        if self.blocks == "all":
            return tuple(range(count))
        layers = tuple(sorted({int(block) for block in self.blocks.split(",")}))
        if layers[-1] >= count:
            raise UsageError(f"{self.METHOD}.blocks={self.blocks}; the backbone has blocks 0 to {count - 1}")
        return layers
