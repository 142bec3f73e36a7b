"""The reference video's latents at the noise levels of a sampler, and initial latents that are made of it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate as resized

from motionbench.backbones.sampling import Conditions, Sampler


class ReferencePath:
    """The reference at every noise level: noised, or inverted along the model's own ODE.

    Raises ValueError where the reference's latents are not of the size of the noise.
    """

    def __init__(self, sampler: Sampler, clean: Tensor, noise: Tensor, *, inverted: bool = False) -> None:
        if clean.shape != noise.shape:
            raise ValueError(
                f"latents {tuple(clean.shape)} of the reference and noise {tuple(noise.shape)} differ in shape; "
                f"bring the video to {sampler.backbone.spec.name}'s frames, height and width"
            )
        self._sampler, self._clean, self._noise = sampler, clean, noise
        self._path = invert(sampler, clean) if inverted else None

    def at_step(self, step: int) -> Tensor:
        """At the level that a step starts from; ``steps`` is the clean one."""
        return self._path[step] if self._path is not None else self._sampler.noised(self._clean, self._noise, step)

    def at_sigma(self, sigma: float) -> tuple[Tensor, Tensor]:
        """At any level, and that level; an inverted path has the levels of the steps only and gives the nearest."""
        if self._path is not None:
            step = int((self._sampler.sigmas - sigma).abs().argmin())
            return self._path[step], self._sampler.sigmas[step]
        level = torch.tensor(sigma, device=self._clean.device)
        return self._sampler.backbone.process.interpolate(self._clean, self._noise, level.view(1)), level


@torch.no_grad()
def invert(sampler: Sampler, clean: Tensor) -> list[Tensor]:
    """The model's ODE from the clean latent to noise, under the empty prompt and without guidance.

    The process's steps over the sampler's levels backwards, each with the velocity at its cleaner end: entry k is the
    latent at level k. DDIM inversion (Song et al. 2021), and its form for flow matching: Euler's steps of dx/dσ = v̂.
    """
    empty = Conditions(sampler.backbone.embed("").to(sampler.backbone.dtype), None)
    path = [clean]
    for step in reversed(range(sampler.steps)):
        here, there = sampler.sigmas[step + 1], sampler.sigmas[step]
        velocity = sampler.velocity(path[-1], here, empty)
        path.append(sampler.backbone.process.moved(path[-1], velocity, here, there))
    return path[::-1]


def low_frequencies_of(source: Tensor, noise: Tensor, *, factor: int = 4) -> Tensor:
    """Low spatial frequencies of ``source [B, C, F, h, w]``, all others of ``noise`` (DMT, arXiv 2311.17009).

    z = noise + up(down(source − noise)), bilinear, each frame by itself; ``factor`` is how much smaller ``down`` makes
    it.
    """
    batch, _, frames, height, width = source.shape
    difference = (source - noise).transpose(1, 2).flatten(0, 1)
    small = (max(1, height // factor), max(1, width // factor))
    low = resized(resized(difference, small, mode="bilinear", antialias=True), (height, width), mode="bilinear")
    moved: Tensor = noise + low.view(batch, frames, *low.shape[1:]).transpose(1, 2)
    return moved
