"""The parts of a forecast. None means unknown, never nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from motionbench.store import Stage

MemorySource = Literal["measured", "declared", "weights", "unknown"]
"""``weights`` is a lower bound: what the backbone's weights alone have on the device at a time."""


@dataclass(frozen=True)
class StageWork:
    """One stage of all methods."""

    stage: Stage
    cached: int
    to_do: int
    seconds: float
    """What is known of the time for what is to do."""
    unknown: tuple[str, ...]
    """Methods, trackers or metrics with something to do that were never timed on this device."""


@dataclass(frozen=True)
class MethodWork:
    """One method."""

    label: str
    tunings: int
    """To do."""
    generations: int
    """To do."""
    tune_seconds: float | None
    """Of one."""
    generate_seconds: float | None
    """Of one."""
    memory_bytes: int | None
    """Peak of the accelerator where one is used, else of the process."""
    memory_source: MemorySource


@dataclass(frozen=True)
class Download:
    """Something that is not on this machine and that a command fetches."""

    what: str
    bytes: int | None
    command: str


@dataclass(frozen=True)
class Licence:
    """The terms of something that the run uses."""

    of: str
    terms: str


@dataclass(frozen=True)
class Gap:
    """Why the run would not end well as things are, and what to type."""

    what: str
    advice: str


@dataclass(frozen=True)
class Disk:
    """Room, bytes."""

    store_grows: int
    """By what is known: videos at most uncompressed where none was measured."""
    store_unknown: tuple[str, ...]
    """Methods whose tuning leaves files of unknown size."""
    store_free: int
    cache_free: int


@dataclass(frozen=True)
class Forecast:
    """All of it."""

    plan_id: str
    suite: str
    protocol: str
    backbone: str
    """"" where no method runs on one."""
    device: str
    """Of this machine, and in brackets what the user chose."""
    on_accelerator: bool
    stages: tuple[StageWork, ...]
    methods: tuple[MethodWork, ...]
    """Those with something to do."""
    downloads: tuple[Download, ...]
    licences: tuple[Licence, ...]
    gaps: tuple[Gap, ...]
    disk: Disk

    @property
    def seconds(self) -> float:
        """What is known of the time for all that is to do."""
        return sum(work.seconds for work in self.stages)

    @property
    def unknown(self) -> tuple[str, ...]:
        """What is to do and was never timed on this device."""
        return tuple(dict.fromkeys(name for work in self.stages for name in work.unknown))

    @property
    def memory_bytes(self) -> int | None:
        """The most that any method takes, of those that are known."""
        return max((work.memory_bytes for work in self.methods if work.memory_bytes is not None), default=None)
