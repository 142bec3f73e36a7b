"""The frozen weights of a transformer's blocks rounded by torchao, one scale a row; adapters on top stay as they are.

Activations keep their dtype. What leads in and out of the blocks, and what tells them the noise level, is left alone:
it is small, and errors in it reach everything.
"""

from __future__ import annotations

import importlib
from typing import Any

from torch import nn

from motionbench.backbones.spreading import BLOCK_LISTS
from motionbench.errors import MissingResourceError
from motionbench.specs import Quantisation

_BLOCKS = tuple(f"{name}." for name in BLOCK_LISTS)
_CONFIGURATIONS = {"int8": "Int8WeightOnlyConfig", "float8": "Float8WeightOnlyConfig"}


def quantise(transformer: Any, to: Quantisation) -> None:
    """Round the linear layers of all blocks, in place; raises MissingResourceError where torchao is not installed."""
    try:
        torchao = importlib.import_module("torchao.quantization")
    except ImportError as error:
        raise MissingResourceError(
            f"--quantise {to} needs torchao, which cannot be imported: {error}\n"
            "Install it: pip install 'motionbench-transfer[quantised]'"
        ) from error

    def chosen(module: nn.Module, name: str) -> bool:
        return isinstance(module, nn.Linear) and name.startswith(_BLOCKS)

    torchao.quantize_(transformer, getattr(torchao, _CONFIGURATIONS[to])(), filter_fn=chosen)
