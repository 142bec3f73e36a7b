"""A HunyuanVideo text-to-video model behind the verbs of sampling; any ``HunyuanVideoPipeline`` folder will do.

The text is three things: the tokens' embeddings of a Llama, which of them count, and the pooled embedding of a CLIP. An
embedding here holds all three, so that whoever passes it on needs to know nothing of it: ``[1, L + 1, D + 1]``, the
pooled one as row 0, filled up with zeros, and the mask as the last column. Guidance is an input of the transformer,
which was distilled to it: there is one pass a step and no negative prompt.

Its blocks are of two kinds, with text and video side by side, then as one: what looks into blocks does not know them.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, HunyuanVideoPipeline
from torch import Tensor
from torch.nn.functional import pad

from motionbench.backbones.backbone import Backbone, Conditions
from motionbench.backbones.process import FlowMatching, Process
from motionbench.backbones.wan import EulerSolver
from motionbench.errors import UsageError


class HunyuanBackbone(Backbone):
    """Loads the pipeline of a spec in its dtype.

    Raises MissingResourceError where the weights are not there, UsageError for a model without embedded guidance.
    """

    PIPELINE: ClassVar[Any] = HunyuanVideoPipeline

    def _prepared(self) -> tuple[Any, Process]:
        config = self.pipe.transformer.config
        if not config.guidance_embeds or config.image_condition_type is not None:
            raise UsageError(
                f"{self.spec.name} is not HunyuanVideo's distilled text-to-video model: its transformer takes "
                f"{'an image' if config.image_condition_type else 'no guidance'}; name a folder such as that of "
                "hunyuanvideo-community/HunyuanVideo"
            )
        scheduler = FlowMatchEulerDiscreteScheduler.from_config(self.pipe.scheduler.config, shift=self.spec.flow_shift)
        return scheduler, FlowMatching()

    @torch.no_grad()
    def embed(self, prompt: str) -> Tensor:
        """All that the transformer is told of a prompt, ``[1, L + 1, D + 1]`` (see the module)."""
        self._make_room()
        tokens, pooled, mask = self.pipe.encode_prompt(
            prompt, device=self.device, max_sequence_length=self.spec.max_sequence_length
        )
        rows = torch.cat([tokens, mask[..., None].to(tokens)], dim=2)
        first = pad(pooled.to(tokens), (0, rows.shape[2] - pooled.shape[1]))[:, None]
        return torch.cat([first, rows], dim=1)

    def _normalised(self, latents: Tensor) -> Tensor:
        scaled: Tensor = latents * self.pipe.vae.config.scaling_factor
        return scaled

    def _denormalised(self, latents: Tensor) -> Tensor:
        scaled: Tensor = latents / self.pipe.vae.config.scaling_factor
        return scaled

    def _pixels(self, latents: Tensor) -> Tensor:
        vae = self.pipe.vae
        decoded: Tensor = vae.decode(latents.to(vae.dtype) / vae.config.scaling_factor, return_dict=False)[0]
        return decoded

    def noise(self, seed: int) -> Tensor:
        """The noise that ``generate`` starts from, float32, drawn on the CPU as there."""
        generator = torch.Generator("cpu").manual_seed(seed)
        return torch.randn(self.latent_shape, generator=generator).to(self.device)

    def velocity(self, latents: Tensor, sigma: Tensor, embeds: Tensor) -> Tensor:
        """v̂ at noise levels ``sigma [B or 1]`` and the spec's guidance; ``embeds`` as ``embed`` gives them."""
        batch = len(latents)
        told = embeds.to(self.dtype).expand(batch, -1, -1)
        width = self.pipe.transformer.config.pooled_projection_dim
        return self.transformer(  # type: ignore[no-any-return]
            hidden_states=latents.to(self.dtype),
            # In the latents' dtype as in the pipeline: from the second step on, that is the model's.
            timestep=(sigma * 1000.0).expand(batch).to(latents.dtype),
            # Half-precision kernels round otherwise where rows are not next to each other.
            encoder_hidden_states=told[:, 1:, :-1].contiguous(),
            encoder_attention_mask=told[:, 1:, -1],
            pooled_projections=told[:, 0, :width],
            guidance=torch.full((batch,), self.spec.guidance, dtype=self.dtype, device=self.device) * 1000.0,
            return_dict=False,
        )[0]

    def guided(self, latents: Tensor, sigma: Tensor, conditions: Conditions) -> Tensor:
        """The velocity alone: the guidance is in it."""
        return self.velocity(latents, sigma, conditions.prompt)

    def solver(self, steps: int, first_step: int = 0) -> EulerSolver:
        """Euler's, over the levels that the pipeline asks its scheduler for: 1 to 1/steps evenly, then shifted."""
        scheduler = FlowMatchEulerDiscreteScheduler.from_config(self.pipe.scheduler.config)
        scheduler.set_timesteps(sigmas=np.linspace(1.0, 0.0, steps + 1)[:-1], device=self.device)
        scheduler.set_begin_index(first_step)
        return EulerSolver(scheduler, self.device)
