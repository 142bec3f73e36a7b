"""All options of Motion Inversion. Defaults follow the public code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from motionbench.errors import UsageError
from motionbench.methods.checked_options import CheckedOptions


@dataclass(frozen=True)
class MotionInversionOptions(CheckedOptions):
    """One value each; ``--set motion-inversion.NAME=VALUE`` changes them."""

    METHOD: ClassVar[str] = "motion-inversion"
    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "loss": ("plain", "debiased"),
        "value_form": ("differenced", "release", "raw", "none"),
        "lr_schedule": ("constant", "cosine"),
        "loss_weighting": ("bell", "uniform"),
    }
    LEAST: ClassVar[Mapping[str, float]] = {"steps": 1, "weight_decay": 0, "batch_size": 1}
    POSITIVE: ClassVar[tuple[str, ...]] = ("learning_rate", "tuning_shift", "scale")

    blocks: str = "middle"
    """Whose self-attention gets embeddings: numbers with commas, ``middle`` (the middle third) or ``all``."""
    steps: int = 400
    learning_rate: float = 2e-2
    lr_schedule: str = "constant"
    weight_decay: float = 0.01
    batch_size: int = 1
    tuning_shift: float = 5.0
    """Of the noise levels towards 1, where motion is decided."""
    loss_weighting: str = "uniform"
    loss: str = "plain"
    """``plain``, or ``debiased``: MotionDirector's beside it, which the public code advises for large deformations."""
    value_form: str = "differenced"
    """Of the value embedding at generation, see ``embeddings.value_as``; ``none`` is the public code's for cameras."""
    scale: float = 1.0
    """Of both embeddings at generation."""
    gradient_checkpointing: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.blocks not in ("middle", "all") and not re.fullmatch(r"\d+(,\d+)*", self.blocks):
            expected = f"numbers with commas, middle or all, as in --set {self.METHOD}.blocks=0,1"
            raise UsageError(f"{self.METHOD}.blocks={self.blocks!r}; expected {expected}")

    def chosen_blocks(self, count: int) -> tuple[int, ...]:
        """The blocks with embeddings in a transformer of ``count``; raises UsageError for one that it has not."""
        if self.blocks == "all":
            return tuple(range(count))
        if self.blocks == "middle":
            return tuple(range(count // 3, count - count // 3))
        numbers = tuple(sorted({int(number) for number in self.blocks.split(",")}))
        if numbers[-1] >= count:
            raise UsageError(f"{self.METHOD}.blocks={self.blocks}; the backbone has blocks 0 to {count - 1}")
        return numbers
