"""Whether the weights that open_clip fetches at first use are here already; loads neither it nor torch.

open_clip takes OpenAI's weights from the hub into huggingface_hub's cache, ``HF_HUB_CACHE``, or ``hub`` in ``HF_HOME``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from motionbench.specs import EncoderSpec


@dataclass(frozen=True)
class Published:
    """Where weights come from."""

    repository: str
    bytes: int
    """Parameters in float32; the file is a little larger."""


KNOWN = {
    ("ViT-B-32-quickgelu", "openai"): Published("timm/vit_base_patch32_clip_224.openai", 4 * 151_277_313),
    ("ViT-L-14-quickgelu", "openai"): Published("timm/vit_large_patch14_clip_224.openai", 4 * 427_616_513),
}
"""By open_clip's names of model and weights."""


def published(spec: EncoderSpec) -> Published | None:
    """None where it is not known where the weights come from."""
    return KNOWN.get((spec.model, spec.pretrained))


def is_here(one: Published) -> bool:
    """Whether some snapshot of the repository has weights."""
    folder = _cache() / f"models--{one.repository.replace('/', '--')}" / "snapshots"
    return any(file.exists() for ending in ("safetensors", "bin") for file in folder.glob(f"*/open_clip*.{ending}"))


def _cache() -> Path:
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()
