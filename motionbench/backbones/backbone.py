"""What every backbone is: a diffusers text-to-video pipeline behind the few verbs that methods need.

Latents are ``[B, C, F, h, w]`` everywhere: batch, channel, latent frame, row, column; noise levels σ lie in [0, 1]
(``process``). Whatever a pipeline has in another order is turned at its door.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from diffusers.utils import logging as diffusers_logging
from torch import Tensor
from transformers.utils import logging as transformers_logging

from motionbench.backbones import architecture, model_files, offloading, quantising
from motionbench.backbones.architecture import Architecture
from motionbench.backbones.catalog import weights_digest
from motionbench.backbones.process import Process
from motionbench.contracts import Progress, silent
from motionbench.errors import UsageError
from motionbench.specs import BackboneSpec
from motionbench.types import Video


@dataclass(frozen=True, eq=False)
class Conditions:
    """What the velocity is guided towards and away from: text embeddings ``[1, L, D]``."""

    prompt: Tensor
    negative: Tensor | None
    """None where guidance is off."""


class Solver(Protocol):
    """The pipeline's own scheduler over a number of steps."""

    sigmas: Tensor
    """Noise levels, falling: ``[steps + 1]``; step k leads from level k to level k + 1."""

    def step(self, step: int, velocity: Tensor, latents: Tensor) -> Tensor:
        """Latents at level ``step + 1``; steps are taken in order."""


class Backbone(ABC):
    """Loads the pipeline of a spec in its dtype; raises MissingResourceError where the weights are not there."""

    PIPELINE: ClassVar[Any]
    """The pipeline's class in diffusers."""

    AUTOENCODER_IN_FLOAT32: ClassVar[bool] = False
    """Whether the autoencoder stays in float32 where the rest computes in less."""

    process: Process

    def __init__(self, spec: BackboneSpec, *, device: str | None = None) -> None:
        self.spec = spec
        self.digest = weights_digest(spec)
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.dtype: torch.dtype = getattr(torch, spec.dtype)
        autoencoder = torch.float32 if self.AUTOENCODER_IN_FLOAT32 else self.dtype
        with _quiet_loading(), model_files.opened(spec) as folder:
            self.pipe: Any = self.PIPELINE.from_pretrained(
                folder,
                torch_dtype={"vae": autoencoder, "default": self.dtype},
                local_files_only=True,
                use_safetensors=True,
            )
        if spec.quantised:
            quantising.quantise(self.pipe.transformer, spec.quantised)
        if spec.tiled:
            self.pipe.vae.enable_tiling()
            self.pipe.vae.enable_slicing()
        self._turns = offloading.placed(self.pipe, self.device, spec.memory)
        self.pipe.set_progress_bar_config(disable=True)
        self.pipe.scheduler, self.process = self._prepared()
        for part in self.pipe.components.values():
            if isinstance(part, torch.nn.Module):
                part.requires_grad_(False).eval()

    @abstractmethod
    def _prepared(self) -> tuple[Any, Process]:
        """The scheduler that the pipeline is to work with, and its process; raises UsageError for a misfit."""

    @property
    def transformer(self) -> Any:
        """The pipeline's transformer, on the device unless it is streamed."""
        if self._turns:
            self._turns.bring("transformer")
        return self.pipe.transformer

    def _make_room(self) -> None:
        """Where parts take turns, send them away: one that comes by a call sends only its predecessor."""
        if self._turns:
            self._turns.leave()

    def spare_memory(self) -> bool:
        """Have the parts take turns on the device (``offload``); False where they do, and on a processor."""
        if self.spec.memory != "full" or self._turns or self.device.type == "cpu":
            return False
        self.pipe.to("cpu")
        self._turns = offloading.placed(self.pipe, self.device, "offload")
        return True

    @property
    def architecture(self) -> Architecture:
        """What kind of transformer it is."""
        return architecture.of(self.transformer)

    @property
    def depth(self) -> int:
        """Blocks of the transformer."""
        return len(self.architecture.blocks(self.transformer))

    @property
    def latent_shape(self) -> tuple[int, int, int, int, int]:
        """(1, C, F, h, w) of the spec's video."""
        pipe, spec = self.pipe, self.spec
        frames = (spec.frames - 1) // pipe.vae_scale_factor_temporal + 1
        side = pipe.vae_scale_factor_spatial
        return 1, pipe.transformer.config.in_channels, frames, spec.height // side, spec.width // side

    @contextmanager
    def checkpointing(self, *, wanted: bool = True) -> Iterator[None]:
        """Compute the transformer's blocks again on the way back, for less memory; as before on exit.

        Whoever needs a gradient asks here, wanted or not: raises UsageError where blocks are streamed.
        """
        if self.spec.memory == "stream":
            raise UsageError(
                "--memory stream gives no gradient: a block's weights are gone when it comes back\n"
                "Use --memory offload, which keeps the transformer on the device while it is at work."
            )
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
        """Text embedding ``[1, L, D]``, padded to the spec's length as the pipeline does."""
        self._make_room()
        embeds, _ = self.pipe.encode_prompt(
            prompt,
            do_classifier_free_guidance=False,
            max_sequence_length=self.spec.max_sequence_length,
            device=self.device,
        )
        return embeds  # type: ignore[no-any-return]

    @torch.no_grad()
    def encode(self, video: Video) -> Tensor:
        """Normalised latents ``[1, C, F, h, w]``, float32: the mode of the posterior. One frame gives F = 1."""
        self._make_room()
        pixels = torch.from_numpy(np.ascontiguousarray(video.frames)).to(self.device, self.pipe.vae.dtype)
        pixels = pixels.permute(3, 0, 1, 2)[None] / 127.5 - 1
        return self._normalised(self.pipe.vae.encode(pixels).latent_dist.mode().float())

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Video:
        """Video of normalised latents ``[1, C, F, h, w]``."""
        pixels = self.pipe.vae.decode(self._denormalised(latents).to(self.pipe.vae.dtype)).sample[0].float()
        frames = ((pixels.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        return Video(frames.permute(1, 2, 3, 0).cpu().numpy(), self.spec.fps)

    @abstractmethod
    def _normalised(self, latents: Tensor) -> Tensor:
        """Of the autoencoder's latents, those that the transformer works on."""

    @abstractmethod
    def _denormalised(self, latents: Tensor) -> Tensor:
        """The way back."""

    @torch.no_grad()
    def render(self, latents: Tensor) -> Video:
        """Video of clean latents by the pipeline's own arithmetic; ``decode`` rounds otherwise at times."""
        pixels = self.pipe.video_processor.postprocess_video(self._pixels(latents), output_type="np")[0]
        return self._video(pixels)

    @abstractmethod
    def _pixels(self, latents: Tensor) -> Tensor:
        """The autoencoder's output as the pipeline computes it."""

    @abstractmethod
    def noise(self, seed: int) -> Tensor:
        """The noise that ``generate`` starts from, drawn on the CPU as there."""

    @abstractmethod
    def velocity(self, latents: Tensor, sigma: Tensor, embeds: Tensor) -> Tensor:
        """v̂ at noise levels ``sigma [B]``: one pass of the transformer; ``embeds`` ``[B or 1, L, D]``."""

    def guided(self, latents: Tensor, sigma: Tensor, conditions: Conditions) -> Tensor:
        """v̂ = v̂₋ + g·(v̂₊ − v̂₋) with the spec's guidance g (Ho & Salimans 2022); one pass where guidance is off."""
        towards = self.velocity(latents, sigma, conditions.prompt)
        if conditions.negative is None:
            return towards
        away = self.velocity(latents, sigma, conditions.negative)
        return away + self.spec.guidance * (towards - away)

    @abstractmethod
    def solver(self, steps: int, first_step: int = 0) -> Solver:
        """A solver of its own, as the pipeline's keeps its place; raises UsageError where the loop is another one."""

    def generate(self, prompt: str, *, seed: int, progress: Progress = silent) -> Video:
        """Text to video by the pipeline itself, with the spec's sampler; the same bytes for the same seed on a CPU."""
        spec = self.spec

        def report(_: Any, step: int, __: Any, values: dict[str, Any]) -> dict[str, Any]:
            progress("sampling", step + 1, spec.steps)
            return values

        self._make_room()
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
        return self._video(pixels)

    def _video(self, pixels: Any) -> Video:
        return Video(np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8), self.spec.fps)


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
