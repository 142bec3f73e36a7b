"""All options of plain LoRA tuning. Defaults: what single-clip LoRAs of Wan are commonly tuned with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from motionbench.methods.tuner.options import TunerOptions


@dataclass(frozen=True)
class LoraOptions(TunerOptions):
    """One value each; ``--set lora.NAME=VALUE`` changes them."""

    METHOD: ClassVar[str] = "lora"
    LEAST: ClassVar[Mapping[str, float]] = {**TunerOptions.LEAST, "steps": 1}
    POSITIVE: ClassVar[tuple[str, ...]] = (*TunerOptions.POSITIVE, "scale")

    steps: int = 1500
    scale: float = 1.0
    """Of the adapter at generation."""
