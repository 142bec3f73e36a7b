"""The protocols that plug-ins fulfil. Classes need not inherit from them."""

from __future__ import annotations

import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import runtime_checkable

import numpy as np
from numpy.typing import NDArray

from motionbench.types import Case, CaseEntry, Protocol, Tracks, TuneReport, Video

Progress = Callable[[str, int, int], None]
"""``progress(stage, done, total)``: called by long work, at least once a second."""


def silent(stage: str, done: int, total: int) -> None:
    """The progress callback that shows nothing."""


@runtime_checkable
class Suite(typing.Protocol):
    """A named set of cases under one protocol."""

    name: str
    summary: str
    protocol: Protocol
    notice: str
    """A line that every table of this suite carries, or ""."""

    @property
    def entries(self) -> Sequence[CaseEntry]:
        """All cases, in the order of the manifest; decodes nothing."""

    def load(self, entry: CaseEntry) -> Case:
        """Decode and verify one case; raises VideoError or MissingResourceError."""


@runtime_checkable
class Method(typing.Protocol):
    """Built by the registry as ``Class(backbone, options)``; ``backbone`` is None where the spec names none."""

    def tune(self, case: Case, *, seed: int, directory: Path, progress: Progress) -> TuneReport:
        """Learn from ``case.reference`` and ``case.reference_prompt`` (the prompt is blank) into ``directory``.

        Called only where the spec says ``tuned``. What it finds in the directory is its own unfinished work.
        """

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: Progress) -> Video:
        """Make the video; ``state`` is what tuning left. May raise Declined."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that a metric may look at."""

    case: Case
    video: Video
    """The generation."""
    tracks: Tracks | None = None
    """Of the generation, from the protocol's grid on frame 0; where the spec needs tracks."""
    reference_tracks: Tracks | None = None


@runtime_checkable
class Metric(typing.Protocol):
    """Built as ``Class(protocol, encoder)``; ``encoder`` is None where the spec needs none."""

    signature: str
    """Everything that moves the number."""

    def __call__(self, evidence: Evidence) -> float:
        """The value, finite; raises Undefined(reason) where there is none."""


@runtime_checkable
class PointTracker(typing.Protocol):
    """Follows points through a video."""

    signature: str

    def __call__(self, video: Video, queries: NDArray[np.float32]) -> Tracks:
        """Tracks of ``queries`` (``[N, 2]`` pixels on frame 0) through ``video``."""


@runtime_checkable
class Encoder(typing.Protocol):
    """Embeds frames and texts into one space.

    With a method ``truncated_tokens(prompt) -> int`` besides, rows tell how much of a prompt was not read.
    """

    signature: str

    def images(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Unit-length features ``[T, D]`` of frames ``[T, H, W, 3]``."""

    def text(self, prompt: str) -> NDArray[np.float32]:
        """Unit-length feature ``[D]``."""
