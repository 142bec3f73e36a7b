"""The mathematics of my-method, on arrays."""

import numpy as np
import pytest

from my_method.method import recoloured


@pytest.fixture
def frames():
    return np.random.default_rng(0).integers(60, 190, (3, 8, 8, 3), dtype=np.uint8)


def test_its_own_colours_change_nothing(frames):
    assert np.array_equal(recoloured(frames, frames, 1.0), frames)


def test_no_strength_changes_nothing(frames):
    assert np.array_equal(recoloured(frames, 255 - frames // 2, 0.0), frames)


def test_the_mean_colour_becomes_the_other_one(frames):
    colours = np.random.default_rng(1).normal((40, 120, 200), 10, frames.shape).round().astype(np.uint8)
    moved = recoloured(frames, colours, 1.0)
    assert np.allclose(moved.mean((0, 1, 2)), colours.mean((0, 1, 2)), atol=0.5)
