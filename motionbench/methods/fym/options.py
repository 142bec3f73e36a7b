"""All options of Follow-Your-Motion, with their checks. Defaults follow the public release where the paper is silent.

Light on purpose: the spec, and so every listing, reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from motionbench.errors import UsageError
from motionbench.methods.checked_options import NO, YES, CheckedOptions
from motionbench.specs import BackboneSpec, OptionValue


@dataclass(frozen=True)
class FymOptions(CheckedOptions):
    """One value each; ``--set fym.NAME=VALUE`` changes them."""

    METHOD: ClassVar[str] = "fym"
    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "head_rule": ("paper", "release"),
        "head_table": ("auto", "clip", "model"),
        "projections": ("qkv", "qkvo"),
        "lr_schedule": ("constant", "cosine"),
        "loss_weighting": ("bell", "uniform"),
        "rope_scale": ("stride", "frame-ratio", "latent-ratio", "one"),
        "motion_loss": ("signed", "release", "none"),
    }
    LEAST: ClassVar[Mapping[str, float]] = {
        "block_size": 0,
        "probe_draws": 1,
        "probe_rows": 0,
        "rank": 1,
        "alpha": 0,
        "spatial_steps": 0,
        "temporal_steps": 0,
        "learning_rate": 0,
        "spatial_learning_rate": 0,
        "weight_decay_spatial": 0,
        "weight_decay_temporal": 0,
        "batch_size": 1,
        "tuning_shift": 0,
        "stride": 0,
        "motion_weight": 0,
    }
    POSITIVE: ClassVar[tuple[str, ...]] = ("learning_rate", "alpha", "tuning_shift")

    decoupling: bool = True
    """False: one pair of adapters on all heads, the two-stage baseline; no head is classified."""
    head_rule: str = "release"
    block_size: int = 0
    """B of the bands; 0: as many tokens as keep the release's share of a frame."""
    head_table: str = "auto"
    """``clip``: each clip is classified with its caption; ``model``: once for the weights and the size, on noise alone.
    ``auto``: of the model, but of the clip on a backbone of one fixed size (``mini-wan``)."""
    probe_sigma: float = 0.9998
    probe_draws: int = 1
    probe_rows: int = 0
    """Query tokens drawn per layer; 0: all."""
    projections: str = "qkv"
    rank: int = 16
    alpha: float = 16.0
    spatial_steps: int = 1500
    temporal_steps: int = 1500
    learning_rate: float = 1e-4
    spatial_learning_rate: float = 0.0
    """Of the spatial stage; 0: ``learning_rate``."""
    lr_schedule: str = "constant"
    weight_decay_spatial: float = 0.1
    weight_decay_temporal: float = 0.5
    batch_size: int = 1
    tuning_shift: float = 5.0
    loss_weighting: str = "bell"
    gradient_checkpointing: bool = False
    sparse_sampling: bool = True
    stride: int = 0
    """Of the sparse frames; 0: the largest up to 5 that fits."""
    adaptive_rope: bool = True
    rope_scale: str = "stride"
    motion_loss: str = "signed"
    motion_weight: float = 1.0
    """λ."""
    spatial_scale: float = 1.0
    """Of the spatial adapter at generation; 1: as the paper is summarised, 0: as MotionDirector does."""
    temporal_scale: float = 1.0
    suppress_norm_leak: bool = False
    """Take the norms' denominators from adapter-free queries and keys; such adapters cannot be merged."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.probe_sigma <= 1:
            raise UsageError(f"fym.probe_sigma={self.probe_sigma}; expected a noise level above 0 and up to 1")
        if self.spatial_steps + self.temporal_steps == 0:
            raise UsageError("fym.spatial_steps and fym.temporal_steps are both 0; nothing would be tuned")

    def table_of_model(self, backbone: BackboneSpec) -> bool:
        """Whether all clips on this backbone share a table of heads."""
        return self.head_table == "model" or (self.head_table == "auto" and not backbone.fixed)

    @classmethod
    def _converted(cls, name: str, value: OptionValue, default: object) -> OptionValue:
        """As everywhere; yes and no choose between the signed motion loss and none."""
        if name == "motion_loss" and str(value).lower() in YES + NO:
            return "signed" if str(value).lower() in YES else "none"
        return super()._converted(name, value, default)
