"""The records that cross module borders. All are frozen; no dict crosses a border.

Conventions, everywhere: time is seconds, sizes are pixels, x runs right and y down, a pixel's centre has integer
coordinates. Frames are sRGB ``uint8 [T, H, W, 3]``. Points are ``(x, y)`` in pixels of the video that they belong to,
arrays of points are ``[N, T, 2]`` (point, frame, coordinate).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Category = Literal["camera", "single_object", "multi_object", "human"]
CATEGORIES: tuple[Category, ...] = ("camera", "single_object", "multi_object", "human")


@dataclass(frozen=True, eq=False)
class Video:
    """Decoded frames."""

    frames: NDArray[np.uint8]
    """sRGB, ``[T, H, W, 3]``."""
    fps: float
    """Frames a second."""

    def __post_init__(self) -> None:
        shape = self.frames.shape
        if self.frames.dtype != np.uint8 or self.frames.ndim != 4 or shape[-1] != 3 or 0 in shape:
            raise ValueError(
                f"a Video holds uint8 frames [T, H, W, 3], got {self.frames.dtype} {shape}; "
                "from finite floats in [0, 1] make them by (255 * frames).round().astype(np.uint8)"
            )
        if not (np.isfinite(self.fps) and self.fps > 0):
            raise ValueError(f"a Video's fps is a positive number, got {self.fps}")

    @property
    def size(self) -> tuple[int, int, int]:
        """(frames, height, width)."""
        frames, height, width, _ = self.frames.shape
        return frames, height, width

    def digest(self) -> str:
        """SHA-256 of shape, rate and pixels: two videos with one digest are the same video."""
        hasher = hashlib.sha256(f"{self.frames.shape} {self.fps:.6f} ".encode())
        hasher.update(np.ascontiguousarray(self.frames).data)
        return hasher.hexdigest()


@dataclass(frozen=True, eq=False)
class Tracks:
    """The paths of N points through T frames."""

    xy: NDArray[np.float32]
    """``[N, T, 2]`` pixels."""
    visible: NDArray[np.bool_]
    """``[N, T]``; False where the point is hidden or outside the frame."""

    def __post_init__(self) -> None:
        if self.xy.ndim != 3 or self.xy.shape[-1] != 2 or self.visible.shape != self.xy.shape[:2]:
            raise ValueError(
                f"Tracks are xy [N, T, 2] and visible [N, T], got {self.xy.shape} and {self.visible.shape}"
            )


@dataclass(frozen=True, eq=False)
class CameraPath:
    """Where the background goes."""

    matrices: NDArray[np.float64]
    """``[T, 3, 3]``: maps a background point of frame 0 to its place in frame t (homogeneous pixels)."""


@dataclass(frozen=True, eq=False)
class KeyPoints:
    """Body joints through time."""

    names: tuple[str, ...]
    xy: NDArray[np.float32]
    """``[J, T, 2]`` pixels."""
    visible: NDArray[np.bool_]
    """``[J, T]``."""


Part = Literal["camera", "masks", "key_points", "tracks"]


@dataclass(frozen=True)
class Estimated:
    """Where an estimated part of an annotation comes from."""

    part: Part
    source: str
    """Program and what it looked at, as in ``lk + similarity by RANSAC``."""
    version: str

    @property
    def label(self) -> str:
        """``camera (lk/1 + similarity by RANSAC, version 1)``."""
        return f"{self.part.replace('_', ' ')} ({self.source}, version {self.version})"


@dataclass(frozen=True, eq=False)
class Annotation:
    """What is known of a reference video besides its pixels; each part is optional."""

    camera: CameraPath | None = None
    masks: NDArray[np.bool_] | None = None
    """``[K, T, H, W]``, one an object; K = 1 for a single subject."""
    key_points: KeyPoints | None = None
    tracks: Tracks | None = None
    """Exact tracks of a grid of points, where the clip is procedural."""
    exact: bool = False
    """True where nothing is estimated."""
    estimated: tuple[Estimated, ...] = ()
    """The parts that a program estimated from the pixels; the others were given."""

    def __post_init__(self) -> None:
        if self.exact and self.estimated:
            raise ValueError(f"an exact Annotation has no estimated part, got {[one.label for one in self.estimated]}")
        absent = [one.part for one in self.estimated if getattr(self, one.part) is None]
        if absent:
            raise ValueError(f"the Annotation says that {', '.join(absent)} is estimated, but has none")


@dataclass(frozen=True)
class Protocol:
    """Whatever must be equal for two scores to share a column."""

    name: str
    frames: int
    fps: float
    height: int
    width: int
    tracker: str
    """Name in the registry."""
    grid: int
    """Query points a side, on frame 0."""

    @property
    def diagonal(self) -> float:
        """Length of the frame's diagonal, pixels."""
        return float(np.hypot(self.height, self.width))


@dataclass(frozen=True)
class CaseEntry:
    """A case before it is decoded: all that planning and ranking need."""

    id: str
    suite: str
    category: Category
    reference_id: str
    """The cluster for intervals: cases of one reference are not independent."""
    prompt: str
    reference_prompt: str
    """A caption of the reference."""
    digest: str
    """SHA-256 of whatever decides the reference's pixels and annotation."""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Case:
    """One reference video and one prompt, decoded to the protocol."""

    id: str
    suite: str
    category: Category
    reference: Video
    reference_id: str
    prompt: str
    reference_prompt: str
    annotation: Annotation
    tags: tuple[str, ...] = ()
    perfect: Video | None = None
    """The reference's motion under the prompt's look: known only where the clip is procedural."""
    other: Video | None = None
    """A reference video of another clip of the suite."""


@dataclass(frozen=True)
class TuneReport:
    """What tuning cost."""

    seconds: float
    trainable_parameters: int
    stages: Mapping[str, float] = field(default_factory=dict)
    """Seconds by stage."""


@dataclass(frozen=True)
class Score:
    """One number, or the reason why there is none."""

    case_id: str
    method: str
    seed: int
    metric: str
    signature: str
    value: float | None = None
    failure: str | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.failure is None):
            raise ValueError(f"a Score has either a value or a failure, got {self.value} and {self.failure!r}")
        if self.value is not None and not np.isfinite(self.value):
            raise ValueError(f"a Score's value is finite, got {self.value} for {self.metric} on {self.case_id}")


@dataclass(frozen=True)
class Standing:
    """An aggregate over cases, never without its n."""

    method: str
    metric: str
    category: str
    """A category, or "all"."""
    mean: float | None
    """None where no case has a value."""
    low: float | None
    high: float | None
    n: int
    """Cases with a value."""
    n_failed: int
    control: bool
