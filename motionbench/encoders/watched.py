"""An encoder that remembers what it could not read, so that a score of half a prompt says so."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from motionbench.contracts import Encoder


class WatchedEncoder:
    """Passes everything on to ``encoder``; ``truncated_tokens`` is the most that a prompt lost since ``reset``."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.signature = encoder.signature
        self.truncated_tokens = 0

    def reset(self) -> None:
        """Forget what was read."""
        self.truncated_tokens = 0

    def images(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Unit-length features ``[T, D]``."""
        return self._encoder.images(frames)

    def text(self, prompt: str) -> NDArray[np.float32]:
        """Unit-length feature ``[D]``."""
        count = getattr(self._encoder, "truncated_tokens", None)
        if count is not None:
            self.truncated_tokens = max(self.truncated_tokens, count(prompt))
        return self._encoder.text(prompt)
