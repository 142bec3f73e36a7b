"""From an encoder's spec to a model of open_clip with the weights that belong to it."""

from __future__ import annotations

import difflib
import hashlib
import warnings
from typing import Any

import open_clip
import torch

from motionbench.encoders.catalog import LOCAL, folder_of
from motionbench.errors import MissingResourceError, UsageError
from motionbench.specs import EncoderSpec


def model_name(spec: EncoderSpec) -> str:
    """The name that open_clip understands; raises MissingResourceError where the folder holds no model."""
    folder = folder_of(spec)
    if folder is None:
        return spec.model
    if not (folder / "open_clip_config.json").is_file():
        raise MissingResourceError(f"the encoder {spec.name!r} needs {folder / 'open_clip_config.json'}, there is none")
    return f"{LOCAL}{folder}"


def load_model(spec: EncoderSpec) -> Any:
    """The model; raises UsageError for a name, tag or activation that does not fit, or MissingResourceError."""
    name = model_name(spec)
    if ":" not in name:
        _require_known(name, spec.pretrained)
        _require_matching_activation(name, spec.pretrained)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            return open_clip.create_model(name, pretrained=spec.pretrained or None, require_pretrained=True)
    except (RuntimeError, OSError, UserWarning) as error:
        tag = f", pretrained={spec.pretrained!r}" if spec.pretrained else ""
        raise MissingResourceError(
            f"the encoder {spec.name!r} cannot load its weights: {error}\nFetch them once, with a connection:\n"
            f'  python -c "import open_clip; open_clip.create_model({name!r}{tag})"'
        ) from error


def values_digest(model: torch.nn.Module) -> str:
    """SHA-256 over names, shapes and values: the same weights have one digest whatever file they came in."""
    hasher = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        hasher.update(f"{name} {value.dtype} {tuple(value.shape)} ".encode())
        hasher.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return hasher.hexdigest()


def _require_known(name: str, tag: str) -> None:
    """A weights file in the tag's place would not say which activation it was trained with: only tags do."""
    tags = open_clip.list_pretrained_tags_by_model(name)
    if tag in tags:
        return
    if not tags:
        near = difflib.get_close_matches(name, open_clip.list_models(), n=1)
        raise UsageError(f"open_clip has no weights for a model {name!r}" + (f"; near: {near[0]!r}" if near else ""))
    raise UsageError(
        f"open_clip has no weights {tag!r} for {name}, it has: {', '.join(tags)}\n"
        "Weights of your own need a folder with open_clip_config.json: --encoder local-dir:PATH"
    )


def _require_matching_activation(name: str, tag: str) -> None:
    """OpenAI's weights were trained with QuickGELU; another activation gives plausible, wrong features."""
    trained = (open_clip.get_pretrained_cfg(name, tag) or {}).get("quick_gelu", False)
    built = (open_clip.get_model_config(name) or {}).get("quick_gelu", False)
    if trained != built:
        fitting = f"{name}-quickgelu" if trained else name.removesuffix("-quickgelu")
        raise UsageError(
            f"the weights {tag!r} were trained with quick_gelu={trained}, the model {name!r} has quick_gelu={built}; "
            f"write {fitting}/{tag}"
        )
