"""The dense point tracking loss of DeT (arXiv 2503.17350), pure, and where tracks lie in latents.

Latents are ``[B, C, F, h, w]``; places ``[N, F, 2]`` are whole (column, row) of the latents, x right and y down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from motionbench.types import Tracks


@dataclass(frozen=True, eq=False)
class LatentTracks:
    """Tracks in latents: through which entry of each latent frame each point passes."""

    places: Tensor
    """``[N, F, 2]``, int64."""
    visible: Tensor
    """``[N, F]``, bool."""

    def __post_init__(self) -> None:
        if self.places.ndim != 3 or self.places.shape[-1] != 2 or self.visible.shape != self.places.shape[:2]:
            raise ValueError(
                f"LatentTracks are places [N, F, 2] and visible [N, F], "
                f"got {tuple(self.places.shape)} and {tuple(self.visible.shape)}"
            )

    def to(self, device: torch.device) -> LatentTracks:
        """The same on a device."""
        return LatentTracks(self.places.to(device), self.visible.to(device))


def latent_tracks(tracks: Tracks, size: tuple[int, int, int], latents: tuple[int, int, int]) -> LatentTracks:
    """Tracks in pixels of a video of ``size (T, H, W)``, in its latents ``(F, h, w)``.

    A latent frame takes the track at one frame of the video, evenly spread from the first to the last, as the public
    code does: for Wan that is the last frame of those it stands for. A point lies in the entry whose patch of pixels it
    is in; outside the frame it is not visible. Raises ValueError for tracks of another number of frames.
    """
    frames, height, width = size
    if tracks.xy.shape[1] != frames:
        raise ValueError(f"tracks of {tracks.xy.shape[1]} frames are not of a video of {frames}")
    chosen = np.linspace(0, frames - 1, latents[0]).astype(int)
    # A pixel's centre has whole coordinates, so the frame runs from -0.5 to W - 0.5.
    scale = np.array([latents[2] / width, latents[1] / height])
    places = np.floor((tracks.xy[:, chosen] + 0.5) * scale).astype(np.int64)
    most = np.array([latents[2], latents[1]]) - 1
    inside = ((places >= 0) & (places <= most)).all(axis=-1)
    visible = tracks.visible[:, chosen] & inside
    return LatentTracks(torch.from_numpy(places.clip(0, most)), torch.from_numpy(visible))


def tracking_loss(estimate: Tensor, tracks: LatentTracks) -> Tensor:
    """Mean over tracks, steps and channels of u_nk (ẑ₀[k + 1, p_n(k + 1)] − ẑ₀[k, p_n(k)])², ``[B]``.

    ``estimate [B, C, F, h, w]`` is the clean latent as predicted; u is 1 where the point is visible in both frames (the
    public code looks at the later one). Hidden steps count in the mean, as 0. The reference's own latents do not enter:
    any clip that is constant along the tracks has loss 0. Raises ValueError for tracks of another number of frames, or
    of fewer than two.
    """
    frames = estimate.shape[2]
    if tracks.places.shape[1] != frames or frames < 2:
        raise ValueError(
            f"tracks of {tracks.places.shape[1]} latent frames do not follow {frames}; two or more, as many, are needed"
        )
    columns, rows = tracks.places.unbind(-1)
    along = estimate[:, :, torch.arange(frames, device=estimate.device), rows, columns]
    both = tracks.visible[:, 1:] & tracks.visible[:, :-1]
    return (along.diff(dim=-1).square() * both).flatten(1).mean(dim=1)
