"""Sparse motion sampling and the temporal position scale that goes with it (arXiv 2506.05207).

Frames k * s of the reference, both ends kept: 81 frames at stride 5 leave 17, 17 at stride 2 leave 9. The sparse clip
is encoded again, so its latent k lies at the time of latent s * k of the whole clip.
"""

from __future__ import annotations

from typing import Literal

from motionbench.errors import UsageError

RopeScale = Literal["stride", "frame-ratio", "latent-ratio", "one"]
PAPER_STRIDE = 5
_LEAST_LATENTS = 3  # two differences, so that the motion loss can tell a turn from a straight line


def sparse_indices(frames: int, stride: int) -> tuple[int, ...]:
    """Indices k * s for k = 0 ... F_s - 1, the last frame included; raises UsageError where s does not fit."""
    if stride < 1 or (frames - 1) % stride:
        fitting = [s for s in range(1, frames) if (frames - 1) % s == 0]
        raise UsageError(
            f"fym.stride={stride} does not keep both ends of {frames} frames; "
            f"strides that do: {fitting}. Use --set fym.stride={fitting[len(fitting) // 2]} or 0 for the default."
        )
    return tuple(range(0, frames, stride))


def default_stride(frames: int, temporal_compression: int) -> int:
    """The largest stride up to the paper's 5 that keeps both ends, whole latents, and three latents or more."""
    for stride in range(PAPER_STRIDE, 1, -1):
        latents, rest = divmod((frames - 1) // stride, temporal_compression)
        if (frames - 1) % stride == 0 and rest == 0 and latents + 1 >= _LEAST_LATENTS:
            return stride
    return 1


def rope_scale(rule: RopeScale, *, stride: int, frames: tuple[int, int], latents: tuple[int, int]) -> float:
    """The factor on temporal positions; ``frames`` and ``latents`` are (whole clip, sparse clip).

    ``stride``: s, the geometrically exact one. ``frame-ratio``: the paper's F / F_s. ``latent-ratio``: the same in
    latent frames. ``one``: none.
    """
    match rule:
        case "stride":
            return float(stride)
        case "frame-ratio":
            return frames[0] / frames[1]
        case "latent-ratio":
            return latents[0] / latents[1]
        case "one":
            return 1.0
