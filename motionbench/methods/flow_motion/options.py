"""All options of FlowMotion. Defaults are the public code's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from motionbench.errors import UsageError
from motionbench.methods.checked_options import CheckedOptions


@dataclass(frozen=True)
class FlowMotionOptions(CheckedOptions):
    """One value each; ``--set flow-motion.NAME=VALUE`` changes them."""

    METHOD: ClassVar[str] = "flow-motion"
    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {"reference_estimate": ("predicted", "clean")}
    LEAST: ClassVar[Mapping[str, float]] = {"inner_steps": 0, "learning_rate": 0, "alpha": 0, "beta": 0}
    SHARES: ClassVar[tuple[str, ...]] = ("window", "perpendicular")
    """Options from 0 to 1."""

    window: float = 0.2
    """Share of the steps, from the first on, that are guided."""
    inner_steps: int = 3
    """Updates of the latents (Adam, begun anew) in a guided step; each costs the passes of a sampling step."""
    learning_rate: float = 3e-3
    """About how far an update moves every entry of the latents, whatever the loss's scale."""
    alpha: float = 20.0
    """α, of the clean estimates themselves."""
    beta: float = 5.0
    """β, of their differences between frames."""
    perpendicular: float = 0.1
    """What is left of the velocity across its running average; 1: all, no regularisation."""
    reference_estimate: str = "predicted"
    """The reference's: ``predicted`` from its noised latents, as the generation's is, or ``clean``, its latents."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{self.METHOD}.{name}={getattr(self, name)}; expected 0 to 1")
