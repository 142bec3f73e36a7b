"""What is remembered, for how long, and that nobody can spoil it."""

from __future__ import annotations

import numpy as np
import pytest

from motionbench.encoders.feature_cache import FeatureCache, frames_digest

FEATURES = np.ones((2, 4), np.float32)
BYTES = FEATURES.nbytes


def test_the_longest_unasked_goes_first() -> None:
    cache = FeatureCache(2 * BYTES)
    for key in "ab":
        cache.put(key, FEATURES)
    assert cache.get("a") is not None
    cache.put("c", FEATURES)
    assert cache.get("b") is None
    assert cache.get("a") is not None
    assert cache.bytes == 2 * BYTES


def test_replacing_counts_once_and_what_is_too_large_is_not_kept() -> None:
    cache = FeatureCache(2 * BYTES)
    cache.put("a", FEATURES)
    cache.put("a", 2 * FEATURES)
    assert cache.bytes == BYTES
    large = np.ones((9, 4), np.float32)
    np.testing.assert_array_equal(cache.put("b", large), large)
    assert cache.get("b") is None
    assert cache.get("a") is not None


def test_what_is_kept_cannot_be_written_to() -> None:
    cache, features = FeatureCache(BYTES), FEATURES.copy()
    cache.put("a", features)
    features[:] = 7
    kept = cache.get("a")
    assert kept is not None
    np.testing.assert_array_equal(kept, FEATURES)
    with pytest.raises(ValueError, match="read-only"):
        kept[:] = 0


def test_a_capacity_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or more bytes, got -1"):
        FeatureCache(-1)


def test_the_digest_tells_pixels_and_shapes_apart_and_not_memory_layouts() -> None:
    frames = np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3)
    assert frames_digest(frames) == frames_digest(np.asfortranarray(frames))
    other = frames.copy()
    other[1, 2, 3, 2] += 1
    assert len({frames_digest(one) for one in (frames, other, frames.reshape(2, 4, 3, 3))}) == 3
