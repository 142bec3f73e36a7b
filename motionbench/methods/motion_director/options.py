"""All options of MotionDirector. Defaults follow the public code for a single clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from motionbench.methods.tuner.options import TunerOptions


@dataclass(frozen=True)
class MotionDirectorOptions(TunerOptions):
    """One value each; ``--set motion-director.NAME=VALUE`` changes them."""

    METHOD: ClassVar[str] = "motion-director"
    LEAST: ClassVar[Mapping[str, float]] = {
        **TunerOptions.LEAST,
        "spatial_steps": 0,
        "temporal_steps": 1,
        "spatial_learning_rate": 0,
        "beta": 0,
        "debias_weight": 0,
    }
    POSITIVE: ClassVar[tuple[str, ...]] = (*TunerOptions.POSITIVE, "temporal_scale")

    learning_rate: float = 5e-4
    spatial_steps: int = 150
    """0: no spatial adapter."""
    temporal_steps: int = 150
    spatial_learning_rate: float = 0.0
    """Of the spatial adapter; 0: ``learning_rate``."""
    beta: float = 1.0
    """β: how strongly the anchor's appearance is taken away."""
    debias_weight: float = 1.0
    """Of the appearance-debiased loss beside the plain one; 0: plain."""
    temporal_scale: float = 1.0
    """Of the temporal adapter at generation; the spatial one is always off there."""
