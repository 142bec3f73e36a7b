"""Generation with tuned adapters."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from motionbench.backbones import adapter_files, adapters
from motionbench.contracts import Progress
from motionbench.errors import InvalidOutputError
from motionbench.methods.tuner import state
from motionbench.methods.tuner.seeds import seeded
from motionbench.methods.tuner.training import Change
from motionbench.types import Case, Video

if TYPE_CHECKING:
    from motionbench.backbones.backbone import Backbone


def generate(
    backbone: Backbone,
    case: Case,
    directory: Path,
    scales: Mapping[str, float],
    *,
    method: str,
    seed: int,
    progress: Progress,
    changes: tuple[Change, ...] = (),
) -> Video:
    """The prompt's video with the folder's adapters acting at ``scales``; the model is left as it was.

    Raises InvalidOutputError, which names ``method``, where the adapters change nothing.
    """
    transformer = backbone.transformer
    with adapters.borrowed(transformer), ExitStack() as stack:
        for name in scales:
            adapter_files.load(backbone.pipe, name, state.weights(directory, name))
        adapters.activate(transformer, scales)
        _check_effect(backbone, case, method)
        for change in changes:
            stack.enter_context(change(transformer))
        return backbone.generate(case.prompt, seed=seed, progress=progress)


@torch.no_grad()
def _check_effect(backbone: Backbone, case: Case, method: str) -> None:
    """A LoRA that loads and does nothing would be scored as the backbone."""
    latents = backbone.encode(Video(case.reference.frames[:1], case.reference.fps))
    generator = torch.Generator().manual_seed(seeded(0, "effect"))
    noise = torch.randn(latents.shape, generator=generator).to(latents)
    sigma, embeds = torch.ones(1, device=latents.device), backbone.embed(case.prompt)
    adapted = backbone.velocity(noise, sigma, embeds)
    with adapters.without(backbone.transformer):
        plain = backbone.velocity(noise, sigma, embeds)
    if torch.equal(adapted, plain):
        raise InvalidOutputError(
            f"{method}: the adapters do not change the backbone's output; tune longer or raise {method}.learning_rate"
        )
