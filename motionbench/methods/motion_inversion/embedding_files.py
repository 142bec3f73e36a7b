"""Motion embeddings on disk: safetensors with ``blocks.N.query_key [F, D]`` and ``blocks.N.value [F, rows, cols, D]``.

The file says all: blocks, token grid and width are read from its keys and shapes.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from torch import Tensor

from motionbench.backbones.token_grid import TokenGrid
from motionbench.errors import MissingResourceError
from motionbench.methods.motion_inversion.embeddings import MotionEmbeddings

_KEY = re.compile(r"blocks\.(\d+)\.value")


def save(embeddings: MotionEmbeddings, path: Path) -> None:
    """Write to ``path``, whole or not at all."""
    from safetensors.torch import save_file

    unfinished = path.with_name(f"unfinished-{path.name}")
    save_file({key: weight.detach().cpu().contiguous() for key, weight in embeddings.state_dict().items()}, unfinished)
    os.replace(unfinished, path)


def load(path: Path) -> MotionEmbeddings:
    """What ``save`` wrote; raises MissingResourceError for any other file."""
    weights = _read(path)
    try:
        embeddings = _shaped(weights)
        embeddings.load_state_dict(weights)
    except (ValueError, RuntimeError) as error:
        raise MissingResourceError(f"{path} holds no motion embeddings: {error}. Delete its folder.") from error
    return embeddings.requires_grad_(False)


def _read(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise MissingResourceError(f"{path} cannot be read: {error}. Delete its folder and tune again.") from error


def _shaped(weights: dict[str, Tensor]) -> MotionEmbeddings:
    """Zero embeddings of the blocks and the grid of the file."""
    values = {int(match[1]): weight for key, weight in weights.items() if (match := _KEY.fullmatch(key))}
    if not values:
        raise ValueError("it has no key blocks.N.value")
    *grid, width = next(iter(values.values())).shape
    if len(grid) != 3:
        raise ValueError(f"values are [F, rows, columns, D], got {[*grid, width]}")
    return MotionEmbeddings(tuple(values), TokenGrid(*grid), width)
