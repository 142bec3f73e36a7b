"""A Wan text-to-video model behind the few verbs that methods need; any diffusers ``WanPipeline`` folder will do."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from diffusers import FlowMatchEulerDiscreteScheduler, WanPipeline
from torch import Tensor

from motionbench.backbones.backbone import Backbone
from motionbench.backbones.process import FlowMatching, Process
from motionbench.backbones.token_grid import TokenGrid
from motionbench.errors import UsageError


class WanBackbone(Backbone):
    """Loads the pipeline of a spec in its dtype; raises MissingResourceError where the weights are not there."""

    PIPELINE: ClassVar[Any] = WanPipeline
    # As diffusers' documentation advises; in bfloat16 its videos are worse.
    AUTOENCODER_IN_FLOAT32: ClassVar[bool] = True

    def _prepared(self) -> tuple[Any, Process]:
        config = self.pipe.scheduler.config
        return FlowMatchEulerDiscreteScheduler.from_config(config, shift=self.spec.flow_shift), FlowMatching()

    def _statistics(self) -> tuple[Tensor, Tensor]:
        config = self.pipe.vae.config
        mean, std = (torch.tensor(values, device=self.device) for values in (config.latents_mean, config.latents_std))
        return mean.view(1, -1, 1, 1, 1), std.view(1, -1, 1, 1, 1)

    def _normalised(self, latents: Tensor) -> Tensor:
        mean, std = self._statistics()
        return (latents - mean) / std

    def _denormalised(self, latents: Tensor) -> Tensor:
        mean, std = self._statistics()
        return latents * std + mean

    def _pixels(self, latents: Tensor) -> Tensor:
        vae = self.pipe.vae
        latents, config = latents.to(vae.dtype), vae.config
        mean, std = (torch.tensor(values).view(1, -1, 1, 1, 1) for values in (config.latents_mean, config.latents_std))
        decoded: Tensor = vae.decode(latents / (1.0 / std).to(latents) + mean.to(latents), return_dict=False)[0]
        return decoded

    def noise(self, seed: int) -> Tensor:
        """The noise that ``generate`` starts from, float32, drawn on the CPU as there."""
        generator = torch.Generator("cpu").manual_seed(seed)
        return torch.randn(self.latent_shape, generator=generator).to(self.device)

    def velocity(self, latents: Tensor, sigma: Tensor, embeds: Tensor) -> Tensor:
        """v̂ at noise levels ``sigma [B]``: one pass of the transformer; ``embeds`` ``[B or 1, L, D]``."""
        embeds = embeds.expand(latents.shape[0], -1, -1)
        return self.transformer(  # type: ignore[no-any-return]
            hidden_states=latents.to(self.dtype),
            timestep=self._timesteps(sigma * 1000.0, latents),
            encoder_hidden_states=embeds,
            return_dict=False,
        )[0]

    def _timesteps(self, timesteps: Tensor, latents: Tensor) -> Tensor:
        """``[B or 1]`` as the model takes them: Wan2.2 5B wants one a token, ``[B, S]``, all the same for a text."""
        if not self.pipe.config.expand_timesteps:
            return timesteps
        return timesteps[:, None].expand(len(latents), TokenGrid.for_transformer(self.transformer, latents).tokens)

    def solver(self, steps: int, first_step: int = 0) -> EulerSolver:
        """Euler's, over the levels of the pipeline's scheduler.

        Raises UsageError for a pipeline with two transformers (Wan2.2 14B), whose loop is another one.
        """
        if self.pipe.config.boundary_ratio is not None:
            raise UsageError(
                f"{self.spec.name}: this sampling loop is of one transformer, the pipeline has two (Wan2.2 14B); "
                "name another backbone, such as wan2.2-5b"
            )
        scheduler = FlowMatchEulerDiscreteScheduler.from_config(self.pipe.scheduler.config)
        scheduler.set_timesteps(steps, device=self.device)
        scheduler.set_begin_index(first_step)
        return EulerSolver(scheduler, self.device)


class EulerSolver:
    """x_σ′ = x_σ + (σ′ − σ)·v̂ by diffusers' ``FlowMatchEulerDiscreteScheduler``."""

    def __init__(self, scheduler: FlowMatchEulerDiscreteScheduler, device: torch.device) -> None:
        self._scheduler = scheduler
        self.sigmas: Tensor = scheduler.sigmas.to(device)

    def step(self, step: int, velocity: Tensor, latents: Tensor) -> Tensor:
        """Latents at level ``step + 1``; steps are taken in order."""
        timestep = self._scheduler.timesteps[step]
        moved: Tensor = self._scheduler.step(velocity, timestep, latents, return_dict=False)[0]
        return moved
