"""All options of MotionClone. Defaults: the paper's for objects, brought to a flow-matching model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from motionbench.methods.guidance.options import GuidanceOptions


@dataclass(frozen=True)
class MotionCloneOptions(GuidanceOptions):
    """One value each; ``--set motion-clone.NAME=VALUE`` changes them."""

    METHOD: ClassVar[str] = "motion-clone"
    LEAST: ClassVar[Mapping[str, float]] = {**GuidanceOptions.LEAST, "kept": 1}

    window: float = 0.6
    inner_steps: int = 1
    optimiser: str = "gradient"
    learning_rate: float = 2000.0
    final_learning_rate: float = 2000.0
    ramp: int = 10
    reference_sigma: float = 0.4
    """Step 400 of 1,000 in the paper."""
    kept: int = 1
    """Entries of each row of the temporal attention that are matched."""
