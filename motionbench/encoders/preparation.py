"""How a frame becomes a model's input.

Resized by torch with anti-aliasing instead of through 8-bit images; otherwise as open_clip does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from motionbench.errors import UsageError

_CROPS = ("shortest", "squash")


@dataclass(frozen=True)
class Preparation:
    """The part of a model's configuration that frames need."""

    height: int
    width: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str
    crop: str
    """"shortest": scale the short side, cut the centre; "squash": scale both sides."""

    @property
    def rule(self) -> str:
        """The part of it that an encoder's signature names."""
        return f"{self.crop}-{self.interpolation}-aa-{self.height}x{self.width}"

    def __call__(self, frames: Tensor) -> Tensor:
        """``uint8 [T, H, W, 3]`` → normalised float32 ``[T, 3, height, width]``."""
        images = frames.permute(0, 3, 1, 2).float() / 255
        images = self._resized(images).clamp(0, 1)
        mean, std = (torch.tensor(values, device=images.device)[:, None, None] for values in (self.mean, self.std))
        return (images - mean) / std

    def _resized(self, images: Tensor) -> Tensor:
        height, width = images.shape[-2:]
        target = (self.height, self.width)
        if self.crop == "shortest":
            scale = max(self.height / height, self.width / width)
            # Cut to whole pixels and halves rounded to even, as torchvision does.
            target = max(self.height, int(height * scale)), max(self.width, int(width * scale))
        if target != (height, width):
            images = functional.interpolate(images, target, mode=self.interpolation, antialias=True)
        top, left = round((target[0] - self.height) / 2), round((target[1] - self.width) / 2)
        return images[..., top : top + self.height, left : left + self.width]


def preparation(encoder: str, settings: dict[str, Any]) -> Preparation:
    """From open_clip's settings; raises UsageError naming the encoder where they are not supported."""
    size, crop = settings["size"], settings["resize_mode"]
    if crop not in _CROPS:
        raise UsageError(f"the encoder {encoder!r} has resize_mode {crop!r}; supported: {', '.join(_CROPS)}")
    height, width = (size, size) if isinstance(size, int) else size
    return Preparation(height, width, tuple(settings["mean"]), tuple(settings["std"]), settings["interpolation"], crop)
