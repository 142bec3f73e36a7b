"""A small method that works: the reference keeps its motion and takes the colours of what the prompt describes.

Each colour channel is given the mean and the standard deviation that it has in the backbone's own video of the prompt
(Reinhard et al., "Color Transfer between Images", 2001, in RGB). Motion is copied, and so is everything but colour: it
will rank high in motion and leak. Put your own method in its place.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from motionbench.contracts import Progress, silent
from motionbench.errors import UsageError
from motionbench.specs import Options
from motionbench.types import Case, Video

if TYPE_CHECKING:
    from motionbench.backbones.wan import WanBackbone


class MyMethod:
    """Built once a run; raises UsageError for a backbone that is not there or an option out of range."""

    def __init__(self, backbone: WanBackbone | None, options: Options) -> None:
        if backbone is None:
            raise UsageError("my-method needs a backbone; name one with --backbone")
        self.backbone = backbone
        self.strength = float(options["strength"])
        if not 0 <= self.strength <= 1:
            raise UsageError(f"my-method.strength={self.strength:g}; expected 0 to 1")

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: Progress = silent) -> Video:
        """The reference in the colours of the prompt's video; all randomness is drawn from ``seed``."""
        prompted = self.backbone.generate(case.prompt, seed=seed, progress=progress)
        frames = recoloured(case.reference.frames, prompted.frames, self.strength)
        return Video(frames, case.reference.fps)


def recoloured(frames: np.ndarray, colours: np.ndarray, strength: float) -> np.ndarray:
    """``frames`` with mean and spread of each channel moved towards those of ``colours``: uint8 ``[T, H, W, 3]``."""
    own, wanted = frames.astype(np.float64), colours.astype(np.float64)
    axes = (0, 1, 2)
    spread = wanted.std(axes) / np.maximum(own.std(axes), 1.0)
    moved = (own - own.mean(axes)) * spread + wanted.mean(axes)
    mixed = (1 - strength) * own + strength * moved
    return np.clip(mixed, 0, 255).round().astype(np.uint8)
