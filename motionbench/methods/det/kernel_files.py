"""Temporal kernels on disk: safetensors with ``blocks.N.down [d, D]``, ``.over_time [d, d, k]`` and ``.up [D, d]``.

The file says all: blocks, width, bottleneck and size are read from its keys and shapes.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from torch import Tensor

from motionbench.errors import MissingResourceError
from motionbench.methods.det.kernels import TemporalKernels

_KEY = re.compile(r"blocks\.(\d+)\.over_time")


def save(kernels: TemporalKernels, path: Path) -> None:
    """Write to ``path``, whole or not at all."""
    from safetensors.torch import save_file

    unfinished = path.with_name(f"unfinished-{path.name}")
    save_file({key: weight.detach().cpu().contiguous() for key, weight in kernels.state_dict().items()}, unfinished)
    os.replace(unfinished, path)


def load(path: Path) -> TemporalKernels:
    """What ``save`` wrote; raises MissingResourceError for any other file."""
    weights = _read(path)
    try:
        kernels = _shaped(weights)
        kernels.load_state_dict(weights)
    except (ValueError, RuntimeError) as error:
        raise MissingResourceError(f"{path} holds no temporal kernels: {error}. Delete its folder.") from error
    return kernels.requires_grad_(False)


def _read(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise MissingResourceError(f"{path} cannot be read: {error}. Delete its folder and tune again.") from error


def _shaped(weights: dict[str, Tensor]) -> TemporalKernels:
    """Zero kernels of the blocks and the sizes of the file."""
    blocks = [int(match[1]) for key in weights if (match := _KEY.fullmatch(key))]
    if not {"blocks.0.over_time", "blocks.0.up"} <= weights.keys():
        raise ValueError("it has no keys blocks.0.over_time and blocks.0.up")
    size = weights["blocks.0.over_time"].shape[-1]
    width, bottleneck = weights["blocks.0.up"].shape
    return TemporalKernels(max(blocks) + 1, width, bottleneck, size)
