"""Adapters in diffusers' LoRA format: a pipeline's ``load_lora_weights`` reads them without us.

Rank, alpha and target layers travel in the file's metadata. Reading is strict: a key too few or too many, or a shape
that does not fit, is an error, because a LoRA that loads in part looks like a method that works in part.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from motionbench.backbones.adapters import layers, quiet_injection
from motionbench.errors import MissingResourceError

_PREFIX = "transformer."
_METADATA = "lora_adapter_metadata"


def save(pipe: Any, name: str, path: Path) -> None:
    """Write an attached adapter to ``path`` (``*.safetensors``), whole or not at all."""
    from peft.utils import get_peft_model_state_dict

    description = pipe.transformer.peft_config[name].to_dict()
    description = {key: sorted(item) if isinstance(item, set) else item for key, item in description.items()}
    # peft shortens a list of twenty targets or more to their endings; the file names each layer.
    description["target_modules"] = [target for target, layer in layers(pipe.transformer) if name in layer.lora_A]
    unfinished = path.with_name(f"unfinished-{path.name}")
    type(pipe).save_lora_weights(
        save_directory=path.parent,
        transformer_lora_layers=get_peft_model_state_dict(pipe.transformer, adapter_name=name),
        transformer_lora_adapter_metadata=description,
        weight_name=unfinished.name,
    )
    os.replace(unfinished, path)


def load(pipe: Any, name: str, path: Path) -> None:
    """Attach the adapter that ``path`` holds; raises MissingResourceError unless every key and shape fits."""
    weights, description = read(path)
    _check_keys(pipe.transformer, weights, description, path)
    with quiet_injection():
        # Not by the pipeline: it would put hooks of its own in place of ours where parts take turns on the device.
        pipe.transformer.load_lora_adapter(path.parent, weight_name=path.name, adapter_name=name, use_safetensors=True)
    for key, weight in weights.items():
        module, factor, _ = key.removeprefix(_PREFIX).rsplit(".", 2)
        loaded = getattr(pipe.transformer.get_submodule(module), factor)[name].weight
        if not torch.equal(loaded.detach().cpu(), weight.to(loaded.dtype)):
            raise MissingResourceError(f"{path}: {key} did not arrive in the model. Delete the folder and tune again.")


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The file's tensors and its description of the LoRA; raises MissingResourceError where it is unusable."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
            stored = json.loads((file.metadata() or {}).get(_METADATA, "{}"))
    except (OSError, SafetensorError, json.JSONDecodeError) as error:
        raise MissingResourceError(f"{path} is not a LoRA file: {error}. Delete its folder and tune again.") from error
    return weights, {key.removeprefix(_PREFIX): value for key, value in stored.items()}


def _check_keys(transformer: Any, weights: dict[str, Tensor], description: dict[str, Any], path: Path) -> None:
    linear = dict(transformer.named_modules())
    targets = description.get("target_modules") or []
    if absent := sorted(set(targets) - set(linear)):
        raise MissingResourceError(f"{path} is for another backbone: it has no layer {absent[0]}")
    rank = description.get("r")
    expected = {}
    for target in targets:
        outputs, inputs = linear[target].weight.shape
        expected[f"{_PREFIX}{target}.lora_A.weight"] = (rank, inputs)
        expected[f"{_PREFIX}{target}.lora_B.weight"] = (outputs, rank)
    found = {key: tuple(weight.shape) for key, weight in weights.items()}
    if found != expected or not found:
        missing, unexpected = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
        shapes = sorted(key for key in set(found) & set(expected) if found[key] != expected[key])
        raise MissingResourceError(
            f"{path} does not fit: missing {missing}, unexpected {unexpected}, of another shape {shapes}. "
            "Delete its folder and tune again."
        )
