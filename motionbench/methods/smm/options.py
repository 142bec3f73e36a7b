"""All options of SMM guidance. Defaults: DMT's, on the middle block of a transformer in place of its UNet's decoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from motionbench.methods.guidance.options import GuidanceOptions


@dataclass(frozen=True)
class SmmOptions(GuidanceOptions):
    """One value each; ``--set smm.NAME=VALUE`` changes them."""

    METHOD: ClassVar[str] = "smm"
    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **GuidanceOptions.CHOICES,
        "form": ("dmt", "ditflow-release"),
    }

    window: float = 0.4
    inner_steps: int = 10
    learning_rate: float = 7e-3
    final_learning_rate: float = 4e-3
    init: str = "lowpass"
    reference_path: str = "inverted"
    reference_each_step: bool = True
    form: str = "dmt"
    """``dmt``, or ``ditflow-release``: the loss of DiTFlow's public port, which pulls the look too."""
