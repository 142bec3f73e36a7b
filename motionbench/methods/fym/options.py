"""All options of Follow-Your-Motion, with their checks. Defaults follow the public release where the paper is silent.

Light on purpose: the spec, and so every listing, reads it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from motionbench.errors import UsageError
from motionbench.specs import Options, OptionValue
from motionbench.spelling import suggest

_CHOICES: dict[str, tuple[str, ...]] = {
    "head_rule": ("paper", "release"),
    "projections": ("qkv", "qkvo"),
    "lr_schedule": ("constant", "cosine"),
    "loss_weighting": ("bell", "uniform"),
    "rope_scale": ("stride", "frame-ratio", "latent-ratio", "one"),
    "motion_loss": ("signed", "release", "none"),
}
_LEAST: dict[str, float] = {
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
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True)
class FymOptions:
    """One value each; ``--set fym.NAME=VALUE`` changes them."""

    decoupling: bool = True
    """False: one pair of adapters on all heads, the two-stage baseline; no head is classified."""
    head_rule: str = "release"
    block_size: int = 0
    """B of the bands; 0: as many tokens as keep the release's share of a frame."""
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
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise UsageError(f"fym.{name}={getattr(self, name)!r}; expected one of {', '.join(choices)}")
        for name, least in _LEAST.items():
            if not getattr(self, name) >= least:
                raise UsageError(f"fym.{name}={getattr(self, name)}; expected {least:g} or more")
        for name in ("learning_rate", "alpha", "tuning_shift"):
            if getattr(self, name) == 0:
                raise UsageError(f"fym.{name}=0; expected a positive number")
        if not 0 < self.probe_sigma <= 1:
            raise UsageError(f"fym.probe_sigma={self.probe_sigma}; expected a noise level above 0 and up to 1")
        if self.spatial_steps + self.temporal_steps == 0:
            raise UsageError("fym.spatial_steps and fym.temporal_steps are both 0; nothing would be tuned")

    @classmethod
    def of(cls, options: Options) -> FymOptions:
        """Defaults with these changes; raises UsageError for an unknown name or a value of the wrong kind."""
        fields = {field.name: field for field in dataclasses.fields(cls)}
        for name in options:
            if name not in fields:
                raise UsageError(f"fym has no option {name!r}; {suggest(name, fields)}")
        converted: dict[str, Any] = {
            name: _converted(name, value, fields[name].default) for name, value in options.items()
        }
        return cls(**converted)


def _converted(name: str, value: OptionValue, default: object) -> OptionValue:
    """The value as the kind of the default; text from a command line is read as that kind."""
    if name == "motion_loss" and str(value).lower() in _YES + _NO:
        return "signed" if str(value).lower() in _YES else "none"
    try:
        if isinstance(default, bool):
            return _truth(value)
        if isinstance(default, int):
            return _whole(value)
        if isinstance(default, float) and not isinstance(value, bool):
            return float(value)
    except ValueError:
        pass
    else:
        if isinstance(default, str) and isinstance(value, str):
            return value
    raise UsageError(f"fym.{name}={value!r}; expected {_KINDS[type(default)]}, as in --set fym.{name}={default}")


_KINDS: dict[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a word"}


def _truth(value: OptionValue) -> bool:
    word = str(value).lower()
    if word not in _YES + _NO:
        raise ValueError(word)
    return word in _YES


def _whole(value: OptionValue) -> int:
    if isinstance(value, bool) or float(value) != int(float(value)):
        raise ValueError(value)
    return int(float(value))
