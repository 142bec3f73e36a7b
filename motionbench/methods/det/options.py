"""All options of DeT. Defaults follow the paper, the rate the public code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from motionbench.errors import UsageError
from motionbench.methods.checked_options import CheckedOptions


@dataclass(frozen=True)
class DetOptions(CheckedOptions):
    """One value each; ``--set det.NAME=VALUE`` changes them."""

    METHOD: ClassVar[str] = "det"
    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "initial": ("unit", "scaled"),
        "lr_schedule": ("constant", "cosine"),
        "loss_weighting": ("bell", "uniform"),
    }
    LEAST: ClassVar[Mapping[str, float]] = {
        "steps": 1,
        "bottleneck": 1,
        "kernel_size": 1,
        "weight_decay": 0,
        "batch_size": 1,
        "tracking_weight": 0,
        "tracking_below": 0,
        "track_grid": 1,
    }
    POSITIVE: ClassVar[tuple[str, ...]] = ("learning_rate", "tuning_shift", "scale")

    steps: int = 500
    bottleneck: int = 128
    """Channels in which a kernel works."""
    kernel_size: int = 3
    """Latent frames that a kernel spans, odd."""
    initial: str = "unit"
    """First projections as drawn: variance one, as the public code does, or a third of 1 / width (``scaled``)."""
    dropped: float = 0.65
    """Share of the blocks, the last ones, whose kernels do not act at generation."""
    scale: float = 1.0
    """Of the kernels at generation."""
    tracking_weight: float = 0.1
    """λ of the point tracking loss; 0: none."""
    tracking_below: float = 0.4
    """Noise level up to which that loss counts: above it the predicted clean latent is blurred."""
    tracker: str = "lk"
    """A registered tracker, for the reference."""
    track_grid: int = 10
    """Points a side that are tracked, from frame 0 on."""
    learning_rate: float = 1e-5
    lr_schedule: str = "constant"
    weight_decay: float = 0.01
    batch_size: int = 1
    tuning_shift: float = 5.0
    """Of the noise levels towards 1, where motion is decided."""
    loss_weighting: str = "uniform"
    gradient_checkpointing: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kernel_size % 2 == 0:
            raise UsageError(f"det.kernel_size={self.kernel_size}; expected an odd number of latent frames")
        if not 0 <= self.dropped < 1:
            raise UsageError(f"det.dropped={self.dropped}; expected 0 or more and less than 1")
