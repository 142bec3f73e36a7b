"""A Wan text-to-video model behind the few verbs that methods need; any diffusers ``WanPipeline`` folder will do."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, WanPipeline
from diffusers.utils import logging as diffusers_logging
from torch import Tensor
from transformers.utils import logging as transformers_logging

from motionbench.backbones.catalog import weights_digest
from motionbench.contracts import Progress, silent
from motionbench.specs import BackboneSpec
from motionbench.types import Video
from motionbench.weights import model_folder


class WanBackbone:
    """Loads the pipeline of a spec in its dtype; raises MissingResourceError where the weights are not there."""

    def __init__(self, spec: BackboneSpec, *, device: str | None = None) -> None:
        folder = model_folder(spec.source)
        self.spec = spec
        self.digest = weights_digest(spec)
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.dtype: torch.dtype = getattr(torch, spec.dtype)
        with _quiet_loading():
            self.pipe: Any = WanPipeline.from_pretrained(folder, torch_dtype=self.dtype, local_files_only=True)
        self.pipe.to(self.device)
        self.pipe.set_progress_bar_config(disable=True)
        self.pipe.scheduler = FlowMatchEulerDiscreteScheduler.from_config(
            self.pipe.scheduler.config, shift=spec.flow_shift
        )
        for part in (self.pipe.transformer, self.pipe.vae, self.pipe.text_encoder):
            part.requires_grad_(False).eval()

    @property
    def transformer(self) -> Any:
        """The ``WanTransformer3DModel``."""
        return self.pipe.transformer

    @contextmanager
    def checkpointing(self, *, wanted: bool = True) -> Iterator[None]:
        """Compute the transformer's blocks again on the way back, for less memory; as before on exit."""
        if not wanted or self.transformer.gradient_checkpointing:
            yield
            return
        self.transformer.enable_gradient_checkpointing()
        try:
            yield
        finally:
            self.transformer.disable_gradient_checkpointing()

    @torch.no_grad()
    def embed(self, prompt: str) -> Tensor:
        """Text embedding ``[1, L, D]``, padded with zeros to the spec's length as the pipeline does."""
        embeds, _ = self.pipe.encode_prompt(
            prompt,
            do_classifier_free_guidance=False,
            max_sequence_length=self.spec.max_sequence_length,
            device=self.device,
        )
        return embeds  # type: ignore[no-any-return]

    def _statistics(self) -> tuple[Tensor, Tensor]:
        config = self.pipe.vae.config
        mean, std = (torch.tensor(values, device=self.device) for values in (config.latents_mean, config.latents_std))
        return mean.view(1, -1, 1, 1, 1), std.view(1, -1, 1, 1, 1)

    @torch.no_grad()
    def encode(self, video: Video) -> Tensor:
        """Normalised latents ``[1, C, F, h, w]``, float32: the mode of the posterior. One frame gives F = 1."""
        pixels = torch.from_numpy(np.ascontiguousarray(video.frames)).to(self.device, self.dtype)
        pixels = pixels.permute(3, 0, 1, 2)[None] / 127.5 - 1
        mean, std = self._statistics()
        latents: Tensor = self.pipe.vae.encode(pixels).latent_dist.mode().float()
        return (latents - mean) / std

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Video:
        """Video of normalised latents ``[1, C, F, h, w]``."""
        mean, std = self._statistics()
        pixels = self.pipe.vae.decode((latents * std + mean).to(self.dtype)).sample[0].float()
        frames = ((pixels.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        return Video(frames.permute(1, 2, 3, 0).cpu().numpy(), self.spec.fps)

    def velocity(self, latents: Tensor, sigma: Tensor, embeds: Tensor) -> Tensor:
        """v̂ at noise levels ``sigma [B]``: one pass of the transformer; ``embeds`` ``[B or 1, L, D]``."""
        embeds = embeds.expand(latents.shape[0], -1, -1)
        return self.transformer(  # type: ignore[no-any-return]
            hidden_states=latents.to(self.dtype),
            timestep=sigma * 1000.0,
            encoder_hidden_states=embeds,
            return_dict=False,
        )[0]

    def generate(self, prompt: str, *, seed: int, progress: Progress = silent) -> Video:
        """Text to video by the pipeline itself, with the spec's sampler; the same bytes for the same seed on a CPU."""
        spec = self.spec

        def report(_: Any, step: int, __: Any, values: dict[str, Any]) -> dict[str, Any]:
            progress("sampling", step + 1, spec.steps)
            return values

        # Drawn on the CPU, so that a seed means the same noise on every device.
        generator = torch.Generator("cpu").manual_seed(seed)
        pixels = self.pipe(
            prompt=prompt,
            negative_prompt=spec.negative_prompt,
            height=spec.height,
            width=spec.width,
            num_frames=spec.frames,
            num_inference_steps=spec.steps,
            guidance_scale=spec.guidance,
            max_sequence_length=spec.max_sequence_length,
            generator=generator,
            output_type="np",
            callback_on_step_end=report,
        ).frames[0]
        return Video(np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8), spec.fps)


@contextmanager
def _quiet_loading() -> Iterator[None]:
    """Without the libraries' own bars, and without the advice on ``torch_dtype``: older releases know no other word."""
    shown = [logging for logging in (diffusers_logging, transformers_logging) if logging.is_progress_bar_enabled()]
    for logging in shown:
        logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*torch_dtype", category=FutureWarning)
            yield
    finally:
        for logging in shown:
            logging.enable_progress_bar()
