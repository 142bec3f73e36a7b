"""The parts of a pipeline on the device by turns, or block after block: less memory there, the same arithmetic.

By turns: a part that is called, or asked for, comes and the others leave for the host (accelerate's hooks). Block
after block: a block's weights are on the device while it computes and at no other time (diffusers' group offloading),
so that no gradient can come back through it.
"""

from __future__ import annotations

from typing import Any

import torch

from motionbench.backbones import spreading
from motionbench.specs import MemoryMode

_TEXTS = ("text_encoder", "text_encoder_2")


class Turns:
    """Keeps one part at a time on a device; each comes by itself when its forward, encode or decode is called."""

    def __init__(self, pipe: Any, device: torch.device) -> None:
        from accelerate import cpu_offload_with_hook

        self._hooks: dict[str, Any] = {}
        before = None
        for name in pipe.model_cpu_offload_seq.split("->"):
            part = getattr(pipe, name, None)
            if part is not None:
                _, before = cpu_offload_with_hook(part, device, prev_module_hook=before)
                self._hooks[name] = before

    def leave(self, *, but: str = "") -> None:
        """Send all parts to the host, or all but one."""
        for name, hook in self._hooks.items():
            if name != but:
                hook.offload()

    def bring(self, name: str) -> None:
        """Have a part on the device although nothing calls it yet, and the others on the host."""
        self.leave(but=name)
        hook = self._hooks[name]
        hook.model.to(hook.hook.execution_device)


def placed(pipe: Any, device: torch.device, memory: MemoryMode) -> Turns | None:
    """Put a pipeline on a device as a mode says; what keeps the turns where parts take turns, else None."""
    if memory == "offload":
        return Turns(pipe, device)
    if memory == "stream":
        _stream(pipe, device)
    elif memory == "spread":
        spreading.spread(pipe, spreading.cards(device))
    else:
        pipe.to(device)
    return None


def _stream(pipe: Any, device: torch.device) -> None:
    """The transformer by blocks, the text encoders by layers; the autoencoder is small and stays."""
    from diffusers.hooks import apply_group_offloading

    host = torch.device("cpu")
    apply_group_offloading(pipe.transformer, device, host, "block_level", num_blocks_per_group=1)
    for text_encoder in filter(None, (getattr(pipe, name, None) for name in _TEXTS)):
        apply_group_offloading(text_encoder, device, host, "leaf_level")
    pipe.vae.to(device)
