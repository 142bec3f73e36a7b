"""What a stage sees of the reference video: its frames, the clip, or some of its frames as a clip.

All are latents ``[N, C, F, h, w]``; each draw of a batch takes one of the N.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from motionbench.types import Video

if TYPE_CHECKING:
    from motionbench.backbones.backbone import Backbone


def single_frames(backbone: Backbone, video: Video) -> Tensor:
    """Every frame encoded alone as a video of one frame, ``[T, C, 1, h, w]``: appearance without motion."""
    return torch.cat([backbone.encode(Video(frame[None], video.fps)) for frame in video.frames])


def whole_clip(backbone: Backbone, video: Video) -> Tensor:
    """The clip, ``[1, C, F, h, w]``."""
    return backbone.encode(video)


def sparse_clip(backbone: Backbone, video: Video, indices: Sequence[int], stride: int) -> Tensor:
    """The frames at ``indices``, ``stride`` apart, encoded again as one clip, ``[1, C, F_s, h, w]``."""
    frames = np.ascontiguousarray(video.frames[list(indices)])
    return backbone.encode(Video(frames, video.fps / stride))
