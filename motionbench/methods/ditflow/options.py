"""All options of DiTFlow. Defaults: the paper's, on the middle block (15 of CogVideoX-2B's 30, 20 of the 5B's 42)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from motionbench.methods.guidance.options import GuidanceOptions


@dataclass(frozen=True)
class DitflowOptions(GuidanceOptions):
    """One value each; ``--set ditflow.NAME=VALUE`` changes them."""

    METHOD: ClassVar[str] = "ditflow"
    POSITIVE: ClassVar[tuple[str, ...]] = ("temperature",)

    inject: str = "0"
    temperature: float = 2.0
    """τ, which sharpens attention before its softmax."""
    hard_reference: bool = True
    """Take the reference's displacements at the largest logit instead of the expected ones."""
    moving_only: bool = True
    """Compare only tokens that the reference's field gives a displacement."""
