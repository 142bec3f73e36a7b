"""Frames and prompts in the space of an open_clip model.

Frames are prepared as the model's own configuration says (size, mean, standard deviation, crop or squash), but resized
by torch with anti-aliasing instead of through 8-bit images. Prompts are taken verbatim, without a template.
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from motionbench.encoders.catalog import LOCAL, folder_of
from motionbench.errors import MissingResourceError, UsageError
from motionbench.specs import EncoderSpec

BATCH = 64
_CROPS = ("shortest", "squash")


@dataclass(frozen=True)
class Preparation:
    """How a frame becomes the model's input."""

    height: int
    width: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str
    crop: str
    """"shortest": scale the short side, cut the centre; "squash": scale both sides."""

    @property
    def rule(self) -> str:
        """The part of it that an encoder's signature names."""
        return f"{self.crop}-{self.interpolation}-aa-{self.height}x{self.width}"

    def __call__(self, frames: Tensor) -> Tensor:
        """``uint8 [T, H, W, 3]`` → normalised float32 ``[T, 3, height, width]``."""
        images = frames.permute(0, 3, 1, 2).float() / 255
        images = self._resized(images).clamp(0, 1)
        mean, std = (torch.tensor(values, device=images.device)[:, None, None] for values in (self.mean, self.std))
        return (images - mean) / std

    def _resized(self, images: Tensor) -> Tensor:
        height, width = images.shape[-2:]
        target = (self.height, self.width)
        if self.crop == "shortest":
            scale = max(self.height / height, self.width / width)
            # Cut to whole pixels and halves rounded to even, as torchvision does.
            target = max(self.height, int(height * scale)), max(self.width, int(width * scale))
        if target != (height, width):
            images = functional.interpolate(images, target, mode=self.interpolation, antialias=True)
        top, left = round((target[0] - self.height) / 2), round((target[1] - self.width) / 2)
        return images[..., top : top + self.height, left : left + self.width]


class OpenClipEncoder:
    """An open_clip model behind the Encoder protocol; the last frames and all prompts are remembered.

    Raises:
        MissingResourceError: the weights are not there.
        UsageError: model and weights do not belong together, or its frame preparation is not supported.
    """

    def __init__(self, spec: EncoderSpec) -> None:
        self.spec = spec
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        name = _model_name(spec)
        self._model = _load(spec, name).to(self._device).eval().requires_grad_(False)
        self._tokenizer = open_clip.get_tokenizer(name)
        self.preparation = _preparation(spec, self._model.visual.preprocess_cfg)
        digest = _values_digest(self._model)
        self.signature = f"{spec.name}@{digest[:12]},{self.preparation.rule}"
        self._texts: dict[str, NDArray[np.float32]] = {}
        self._images: tuple[str, NDArray[np.float32]] = ("", np.empty((0, 0), np.float32))

    def images(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Unit-length features ``[T, D]`` of frames ``uint8 [T, H, W, 3]``."""
        if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3 or len(frames) == 0:
            raise ValueError(f"an encoder takes uint8 frames [T, H, W, 3], got {frames.dtype} {list(frames.shape)}")
        pixels = np.ascontiguousarray(frames)
        key = f"{frames.shape}{hashlib.sha256(pixels.data).hexdigest()}"
        if self._images[0] != key:
            batches = torch.split(torch.from_numpy(pixels.copy()), BATCH)
            self._images = key, np.concatenate([self._encode_images(batch) for batch in batches])
        return self._images[1].copy()

    def text(self, prompt: str) -> NDArray[np.float32]:
        """Unit-length feature ``[D]`` of the prompt as it stands; warns where the model reads only its beginning."""
        if prompt not in self._texts:
            if self.truncates(prompt):
                limit = self._tokenizer.context_length
                warnings.warn(f"{self.spec.name} reads only the first {limit} tokens of {prompt!r}", stacklevel=2)
            self._texts[prompt] = self._encode_text(prompt)
        return self._texts[prompt].copy()

    def truncates(self, prompt: str) -> bool:
        """Whether the prompt is longer than the model's context."""
        limit = self._tokenizer.context_length
        short, long = self._tokenizer([prompt])[0], self._tokenizer([prompt], context_length=2 * limit)[0]
        padding = self._tokenizer([""])[0, -1]
        return bool((long[:limit] != short).any() or (long[limit:] != padding).any())

    @torch.inference_mode()
    def _encode_images(self, frames: Tensor) -> NDArray[np.float32]:
        features = self._model.encode_image(self.preparation(frames.to(self._device)), normalize=True)
        return np.asarray(features.float().cpu().numpy(), dtype=np.float32)

    @torch.inference_mode()
    def _encode_text(self, prompt: str) -> NDArray[np.float32]:
        features = self._model.encode_text(self._tokenizer([prompt]).to(self._device), normalize=True)
        return np.asarray(features[0].float().cpu().numpy(), dtype=np.float32)


def _model_name(spec: EncoderSpec) -> str:
    """The name that open_clip understands."""
    folder = folder_of(spec)
    if folder is None:
        return spec.model
    if not (folder / "open_clip_config.json").is_file():
        raise MissingResourceError(f"the encoder {spec.name!r} needs {folder / 'open_clip_config.json'}, there is none")
    return f"{LOCAL}{folder}"


def _load(spec: EncoderSpec, name: str) -> Any:
    if ":" not in name:
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


def _require_matching_activation(name: str, tag: str) -> None:
    """OpenAI's weights were trained with QuickGELU; another activation gives plausible, wrong features."""
    trained = (open_clip.get_pretrained_cfg(name, tag) or {}).get("quick_gelu", False)
    built = (open_clip.get_model_config(name) or {}).get("quick_gelu", False)
    if trained != built:
        raise UsageError(
            f"the weights {tag!r} were trained with quick_gelu={trained}, the model {name!r} has quick_gelu={built}; "
            f"write {name}-quickgelu for OpenAI's weights"
        )


def _preparation(spec: EncoderSpec, settings: dict[str, Any]) -> Preparation:
    size, crop = settings["size"], settings["resize_mode"]
    if crop not in _CROPS:
        raise UsageError(f"the encoder {spec.name!r} has resize_mode {crop!r}; supported: {', '.join(_CROPS)}")
    height, width = (size, size) if isinstance(size, int) else size
    return Preparation(height, width, tuple(settings["mean"]), tuple(settings["std"]), settings["interpolation"], crop)


def _values_digest(model: torch.nn.Module) -> str:
    """SHA-256 over names, shapes and values: the same weights have one digest whatever file they came in."""
    hasher = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        hasher.update(f"{name} {value.dtype} {tuple(value.shape)} ".encode())
        hasher.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return hasher.hexdigest()
