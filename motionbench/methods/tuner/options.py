"""The options that methods with adapters on all heads share. Light on purpose: specs read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from motionbench.methods.checked_options import CheckedOptions


@dataclass(frozen=True)
class TunerOptions(CheckedOptions):
    """A LoRA on self-attention, its optimiser (AdamW) and its draws of noise."""

    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "projections": ("qkv", "qkvo"),
        "lr_schedule": ("constant", "cosine"),
        "loss_weighting": ("bell", "uniform"),
    }
    LEAST: ClassVar[Mapping[str, float]] = {"rank": 1, "weight_decay": 0, "batch_size": 1}
    POSITIVE: ClassVar[tuple[str, ...]] = ("alpha", "learning_rate", "tuning_shift")

    rank: int = 32
    alpha: float = 32.0
    projections: str = "qkvo"
    """``qkv``, or ``qkvo`` with the output projection."""
    learning_rate: float = 1e-4
    lr_schedule: str = "constant"
    weight_decay: float = 0.01
    batch_size: int = 1
    tuning_shift: float = 5.0
    """Of the noise levels towards 1, where motion is decided."""
    loss_weighting: str = "uniform"
    gradient_checkpointing: bool = False
