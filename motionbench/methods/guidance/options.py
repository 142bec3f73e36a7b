"""The options that all guided methods share. Light on purpose: specs read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from motionbench.errors import UsageError
from motionbench.methods.checked_options import CheckedOptions


@dataclass(frozen=True)
class GuidanceOptions(CheckedOptions):
    """Where guidance looks, how long, how strongly, and what it starts from."""

    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "target": ("latent", "rotary"),
        "optimiser": ("adam", "gradient"),
        "init": ("noise", "sdedit", "lowpass"),
        "reference_path": ("noised", "inverted"),
    }
    LEAST: ClassVar[Mapping[str, float]] = {"inner_steps": 0, "learning_rate": 0, "final_learning_rate": 0, "ramp": 0}
    SHARES: ClassVar[tuple[str, ...]] = ("window", "strength", "reference_sigma")
    """Options from 0 to 1."""

    target: str = "latent"
    """What is moved: the ``latent``, or angles added to the ``rotary`` embedding of every token (``positions``)."""
    blocks: str = "middle"
    """Whose features are compared: numbers with commas, ``middle`` or ``all``."""
    window: float = 0.2
    """Share of the steps taken, from the first on, that are guided."""
    inner_steps: int = 5
    """Updates in a guided step."""
    optimiser: str = "adam"
    """``adam``, begun anew in each step, or ``gradient`` descent."""
    learning_rate: float = 2e-3
    """Of latents, or of radians."""
    final_learning_rate: float = 1e-3
    """At the end of the window; in between it changes linearly."""
    ramp: int = 0
    """Guided steps over which the rate rises at the window's beginning, and falls at its end."""
    init: str = "noise"
    """``noise``; ``sdedit``, the noised reference; ``lowpass``, low frequencies of the inverted reference."""
    strength: float = 1.0
    """Share of the steps that are taken, where the initial latents are ``sdedit``'s."""
    reference_path: str = "noised"
    """What the reference's features are read from: its latents ``noised``, or ``inverted`` along the model's own ODE.

    Noised by the generation's own initial noise, it is that noise at the first step, whose features say nothing of it.
    """
    reference_sigma: float = 0.0
    """Noise level at which they are read, once."""
    reference_each_step: bool = False
    """Read them at the level of each guided step instead."""
    inject: str = "none"
    """Blocks in which the reference's keys and values stand in throughout the window: numbers, ``all`` or ``none``."""
    gradient_checkpointing: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{self.METHOD}.{name}={getattr(self, name)}; expected 0 to 1")
        for name, words in (("blocks", ("middle", "all")), ("inject", ("all", "none"))):
            value = getattr(self, name)
            if value not in words and not re.fullmatch(r"\d+(,\d+)*", value):
                expected = f"numbers with commas, {' or '.join(words)}, as in --set {self.METHOD}.{name}=0,1"
                raise UsageError(f"{self.METHOD}.{name}={value!r}; expected {expected}")

    def guided_blocks(self, count: int) -> tuple[int, ...]:
        """The blocks that are compared in a transformer of ``count``; raises UsageError for one that it has not."""
        return self._numbers("blocks", count)

    def injected_blocks(self, count: int) -> tuple[int, ...]:
        """The blocks that are injected into; may be none."""
        return self._numbers("inject", count)

    def _numbers(self, name: str, count: int) -> tuple[int, ...]:
        value = getattr(self, name)
        words = {"none": (), "all": tuple(range(count)), "middle": (count // 2,)}
        if value in words:
            return words[value]
        numbers = tuple(sorted({int(number) for number in value.split(",")}))
        if numbers[-1] >= count:
            raise UsageError(f"{self.METHOD}.{name}={value}; the backbone has blocks 0 to {count - 1}")
        return numbers
