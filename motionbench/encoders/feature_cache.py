"""Features that were computed once in this process, by the digest of the frames, the latest kept."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]


def frames_digest(frames: NDArray[np.uint8]) -> str:
    """SHA-256 of shape and pixels: equal frames have one digest wherever they come from."""
    hasher = hashlib.sha256(str(frames.shape).encode())
    hasher.update(np.ascontiguousarray(frames).data)
    return hasher.hexdigest()


class FeatureCache:
    """At most ``capacity`` bytes of features; what was asked for longest ago goes first.

    What comes out is read-only, so that no caller can spoil it for the next.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 0:
            raise ValueError(f"a cache holds 0 or more bytes, got {capacity}")
        self._capacity = capacity
        self._kept: OrderedDict[str, Features] = OrderedDict()
        self.bytes = 0
        """Held now."""

    def get(self, key: str) -> Features | None:
        """What is kept under a key, or None."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: str, features: Features) -> Features:
        """Keep a copy and return it; what alone is larger than the capacity is not kept."""
        kept = features.copy()
        kept.flags.writeable = False
        if kept.nbytes > self._capacity:
            return kept
        replaced = self._kept.pop(key, None)
        self.bytes += kept.nbytes - (replaced.nbytes if replaced is not None else 0)
        self._kept[key] = kept
        while self.bytes > self._capacity:
            self.bytes -= self._kept.popitem(last=False)[1].nbytes
        return kept
