"""All options of MOFT. The loop's numbers are those of DiTFlow's port: the paper steers a UNet's noise prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from motionbench.methods.guidance.options import GuidanceOptions


@dataclass(frozen=True)
class MoftOptions(GuidanceOptions):
    """One value each; ``--set moft.NAME=VALUE`` changes them."""

    METHOD: ClassVar[str] = "moft"
    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **GuidanceOptions.CHOICES,
        "channels_from": ("pans", "reference"),
    }
    POSITIVE: ClassVar[tuple[str, ...]] = ("channel_share",)
    SHARES: ClassVar[tuple[str, ...]] = (*GuidanceOptions.SHARES, "channel_share")

    reference_path: str = "inverted"
    reference_each_step: bool = True
    channels_from: str = "pans"
    """Motion channels are those of synthetic ``pans``, the paper's way, or of the ``reference`` alone, DiTFlow's."""
    channel_share: float = 0.04
    """Of the channels, those that carry most motion."""
