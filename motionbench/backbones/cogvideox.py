"""A CogVideoX text-to-video model behind the few verbs that methods need; any ``CogVideoXPipeline`` folder will do.

The 2B adds sines and cosines of positions to its tokens, the 5B turns queries and keys by them. The pipeline holds
latents as ``[B, F, C, h, w]``; they are turned at its door. Whatever scheduler a folder names, steps are DDIM's: the
5B's own, a stochastic solver, would need its noise at every step.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from diffusers import CogVideoXDDIMScheduler, CogVideoXPipeline
from diffusers.models.embeddings import get_3d_rotary_pos_embed
from diffusers.pipelines.cogvideo.pipeline_cogvideox import get_resize_crop_region_for_grid
from torch import Tensor

from motionbench.backbones.backbone import Backbone, Conditions
from motionbench.backbones.process import Process, VPrediction
from motionbench.errors import UsageError


class CogVideoXBackbone(Backbone):
    """Loads the pipeline of a spec in its dtype.

    Noise levels are the scheduler's, so the spec's ``flow_shift`` is 1. Raises MissingResourceError where the weights
    are not there, UsageError for a spec that does not fit them and for a model that is not a text-to-video one.
    """

    PIPELINE: ClassVar[Any] = CogVideoXPipeline

    def _prepared(self) -> tuple[Any, Process]:
        self._check_model()
        self._check_spec()
        scheduler = CogVideoXDDIMScheduler.from_config(self.pipe.scheduler.config)
        if scheduler.config.prediction_type != "v_prediction":
            kind = scheduler.config.prediction_type
            raise UsageError(f"{self.spec.name}: its scheduler's prediction_type is {kind!r}, expected 'v_prediction'")
        return scheduler, VPrediction(tuple(scheduler.alphas_cumprod.double().tolist()))

    def _check_model(self) -> None:
        config, channels = self.transformer.config, self.pipe.vae.config.latent_channels
        if config.patch_size_t is not None:
            raise UsageError(
                f"{self.spec.name}: tokens of {config.patch_size_t} latent frames (CogVideoX 1.5) are not supported, "
                "as its pipeline samples frames that it throws away; name a folder such as that of CogVideoX-5b"
            )
        if config.in_channels != channels or config.use_learned_positional_embeddings or config.ofs_embed_dim:
            raise UsageError(
                f"{self.spec.name} is not a text-to-video model: an image conditions its transformer; "
                "name a folder such as that of CogVideoX-2b or CogVideoX-5b"
            )

    def _check_spec(self) -> None:
        spec, config = self.spec, self.transformer.config
        # Its autoencoder decodes two latent frames at a time, and only an odd one that is left over to fewer frames.
        period = 2 * self.pipe.vae_scale_factor_temporal
        if (spec.frames - 1) % period:
            fitting = max(1, round((spec.frames - 1) / period)) * period + 1
            raise UsageError(f"{spec.name}: frames={spec.frames}; expected {period}·k + 1, such as {fitting}")
        if spec.flow_shift != 1:
            raise UsageError(
                f"{spec.name}: flow_shift={spec.flow_shift}; CogVideoX's levels are its scheduler's, say 1"
            )
        longest = config.max_text_seq_length
        if not config.use_rotary_positional_embeddings and spec.max_sequence_length != longest:
            raise UsageError(
                f"{spec.name}: max_sequence_length={spec.max_sequence_length}; expected {longest}, "
                "the text's share of the positions that the model adds"
            )

    def _normalised(self, latents: Tensor) -> Tensor:
        scaled: Tensor = latents * self.pipe.vae.config.scaling_factor
        return scaled

    def _denormalised(self, latents: Tensor) -> Tensor:
        scaled: Tensor = latents / self.pipe.vae.config.scaling_factor
        return scaled

    def _pixels(self, latents: Tensor) -> Tensor:
        pixels: Tensor = self.pipe.decode_latents(latents.to(self.dtype).transpose(1, 2))
        return pixels

    def noise(self, seed: int) -> Tensor:
        """The noise that ``generate`` starts from, in the model's dtype, drawn on the CPU as there."""
        batch, channels, *rest = self.latent_shape
        generator = torch.Generator("cpu").manual_seed(seed)
        drawn = torch.randn((batch, rest[0], channels, *rest[1:]), generator=generator, dtype=self.dtype)
        return drawn.transpose(1, 2).to(self.device)

    def velocity(self, latents: Tensor, sigma: Tensor, embeds: Tensor) -> Tensor:
        """v̂ at noise levels ``sigma [B]``: one pass of the transformer; ``embeds`` ``[B or 1, L, D]``.

        The model is asked at the timestep whose level is nearest.
        """
        process: VPrediction = self.process  # type: ignore[assignment]
        predicted: Tensor = self.transformer(
            hidden_states=latents.to(self.dtype).transpose(1, 2),
            timestep=process.timesteps(sigma).expand(len(latents)),
            encoder_hidden_states=embeds.expand(len(latents), -1, -1),
            image_rotary_emb=self._rotary(latents),
            return_dict=False,
        )[0]
        return predicted.transpose(1, 2)

    def _rotary(self, latents: Tensor) -> tuple[Tensor, Tensor] | None:
        """Tables of cosines and sines ``[S, head_dim]`` for latents ``[B, C, F, h, w]``, as the pipeline makes them."""
        config = self.transformer.config
        if not config.use_rotary_positional_embeddings:
            return None
        patch = config.patch_size
        frames, *grid = latents.shape[2], latents.shape[3] // patch, latents.shape[4] // patch
        native = config.sample_width // patch, config.sample_height // patch
        tables: tuple[Tensor, Tensor] = get_3d_rotary_pos_embed(
            embed_dim=config.attention_head_dim,
            crops_coords=get_resize_crop_region_for_grid(tuple(grid), *native),
            grid_size=tuple(grid),
            temporal_size=frames,
            device=self.device,
        )
        return tables

    def guided(self, latents: Tensor, sigma: Tensor, conditions: Conditions) -> Tensor:
        """v̂ = v̂₋ + g·(v̂₊ − v̂₋) with the spec's guidance g, float32: both in one pass, as the pipeline has them."""
        if conditions.negative is None:
            return self.velocity(latents, sigma, conditions.prompt).float()
        embeds = torch.cat([conditions.negative, conditions.prompt])
        both = self.velocity(torch.cat([latents] * 2), sigma, embeds).float()
        away, towards = both.chunk(2)
        return away + self.spec.guidance * (towards - away)

    def solver(self, steps: int, first_step: int = 0) -> DdimSolver:
        """DDIM's; it knows its place from the step, so it may begin anywhere."""
        scheduler = CogVideoXDDIMScheduler.from_config(self.pipe.scheduler.config)
        scheduler.set_timesteps(steps, device=self.device)
        return DdimSolver(scheduler, self.device, self.dtype)


class DdimSolver:
    """Song et al. 2021, equation 12 with η = 0, by diffusers' ``CogVideoXDDIMScheduler``."""

    def __init__(self, scheduler: CogVideoXDDIMScheduler, device: torch.device, dtype: torch.dtype) -> None:
        self._scheduler, self._dtype = scheduler, dtype
        timesteps = scheduler.timesteps.cpu()
        alphas = torch.cat([scheduler.alphas_cumprod[timesteps], scheduler.final_alpha_cumprod.view(1)])
        self.sigmas: Tensor = VPrediction.level(alphas.double()).float().to(device)

    def step(self, step: int, velocity: Tensor, latents: Tensor) -> Tensor:
        """Latents at level ``step + 1``, in the model's dtype."""
        timestep = self._scheduler.timesteps[step]
        moved: Tensor = self._scheduler.step(velocity, timestep, latents, return_dict=False)[0]
        return moved.to(self._dtype)
