"""Frames and prompts in the space of an open_clip model.

Frames are prepared as the model's own configuration says (size, mean, standard deviation, crop or squash). Prompts are
taken verbatim, without a template.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from torch import Tensor

from motionbench.encoders.feature_cache import FeatureCache, frames_digest
from motionbench.encoders.loading import load_model, model_name, values_digest
from motionbench.encoders.preparation import preparation
from motionbench.specs import EncoderSpec

BATCH = 64
"""Frames that go through the model at once."""
CACHE_BYTES = 64 << 20
"""Features of some 600 videos of 49 frames at 512 numbers a frame."""

Features = NDArray[np.float32]


class OpenClipEncoder:
    """An open_clip model behind the Encoder protocol: a video or prompt that it remembers is not encoded again.

    Args:
        spec: which model and weights.
        cache_bytes: most that is remembered of frames; prompts are all remembered.
        device: as torch names it; the first GPU where there is one, else the processor, unless told.

    Raises:
        MissingResourceError: the weights are not there.
        UsageError: model and weights do not belong together, or its frame preparation is not supported.
    """

    def __init__(self, spec: EncoderSpec, *, cache_bytes: int = CACHE_BYTES, device: str | None = None) -> None:
        self.spec = spec
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self._model = load_model(spec).to(self._device).eval().requires_grad_(False)
        self._tokenizer = open_clip.get_tokenizer(model_name(spec))
        self.preparation = preparation(spec.name, self._model.visual.preprocess_cfg)
        digest = values_digest(self._model)
        self.signature = f"{spec.name}@{digest[:12]},{self.preparation.rule}"
        self._texts: dict[str, Features] = {}
        self._images = FeatureCache(cache_bytes)

    def images(self, frames: NDArray[np.uint8]) -> Features:
        """Unit-length features ``[T, D]`` of frames ``uint8 [T, H, W, 3]``."""
        return self.videos([frames])[0]

    def videos(self, videos: Sequence[NDArray[np.uint8]]) -> list[Features]:
        """Features of several videos; those that are not remembered share batches, each distinct one encoded once.

        A feature may differ in the last bits from that of the video on its own, as the batch differs.
        """
        keys = [frames_digest(_checked(frames)) for frames in videos]
        found = {key: features for key in keys if (features := self._images.get(key)) is not None}
        fresh = {key: frames for key, frames in zip(keys, videos, strict=True) if key not in found}
        for size in dict.fromkeys(frames.shape[1:] for frames in fresh.values()):
            alike = {key: frames for key, frames in fresh.items() if frames.shape[1:] == size}
            found |= self._encode_videos(alike)
        return [found[key].copy() for key in keys]

    def text(self, prompt: str) -> Features:
        """Unit-length feature ``[D]`` of the prompt as it stands; warns where the model reads only its beginning."""
        if prompt not in self._texts:
            cut = self.truncated_tokens(prompt)
            if cut:
                limit = self._tokenizer.context_length
                warnings.warn(
                    f"{self.spec.name} reads only the first {limit} tokens of {prompt!r}, without its last {cut}: "
                    "every score of this prompt is of its beginning",
                    stacklevel=2,
                )
            self._texts[prompt] = self._encode_text(prompt)
        return self._texts[prompt].copy()

    def truncates(self, prompt: str) -> bool:
        """Whether the prompt is longer than the model's context."""
        return self.truncated_tokens(prompt) > 0

    def truncated_tokens(self, prompt: str) -> int:
        """How many tokens at the prompt's end the model does not read."""
        limit = self._tokenizer.context_length
        read, whole = self._used(prompt, limit), self._used(prompt, 2 * limit)
        length = 2 * limit
        while whole > read and whole >= length - 1:
            length *= 2
            whole = self._used(prompt, length)
        return whole - read

    def _used(self, prompt: str, length: int) -> int:
        """Tokens before the padding in a context of this length."""
        padding = int(self._tokenizer([""])[0, -1])
        tokens = self._tokenizer([prompt], context_length=length)[0]
        return int((tokens != padding).nonzero().max()) + 1 if bool((tokens != padding).any()) else 0

    def _encode_videos(self, videos: dict[str, NDArray[np.uint8]]) -> dict[str, Features]:
        """Features of videos of one frame size, by key; BATCH frames at once, whatever video they are of."""
        places = [(key, t) for key, frames in videos.items() for t in range(len(frames))]
        parts = []
        for first in range(0, len(places), BATCH):
            batch = np.stack([videos[key][t] for key, t in places[first : first + BATCH]])
            parts.append(self._encode_images(torch.from_numpy(batch)))
        lengths = np.cumsum([len(frames) for frames in videos.values()])[:-1]
        pieces = np.split(np.concatenate(parts), lengths)
        return {key: self._images.put(key, piece) for key, piece in zip(videos, pieces, strict=True)}

    @torch.inference_mode()
    def _encode_images(self, frames: Tensor) -> Features:
        features = self._model.encode_image(self.preparation(frames.to(self._device)), normalize=True)
        return np.asarray(features.float().cpu().numpy(), dtype=np.float32)

    @torch.inference_mode()
    def _encode_text(self, prompt: str) -> Features:
        features = self._model.encode_text(self._tokenizer([prompt]).to(self._device), normalize=True)
        return np.asarray(features[0].float().cpu().numpy(), dtype=np.float32)


def _checked(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3 or len(frames) == 0:
        raise ValueError(f"an encoder takes uint8 frames [T, H, W, 3], got {frames.dtype} {list(frames.shape)}")
    return frames
