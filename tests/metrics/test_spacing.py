"""Evenly spaced numbers, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from motionbench.metrics.functional.spacing import spaced


@pytest.mark.parametrize("frames", [2, 7, 24, 49, 81])
def test_truncated_frame_indices_are_those_of_torch(frames: int) -> None:
    for count in range(1, frames):
        theirs = torch.linspace(0, frames - 1, count).to(torch.int32).numpy()
        np.testing.assert_array_equal(spaced(0, frames - 1, count).astype(np.int32), theirs)


def test_borders_of_angle_bins_are_those_of_torch() -> None:
    borders = torch.histogram(torch.zeros(1), bins=18, range=(-np.pi, np.pi)).bin_edges
    np.testing.assert_array_equal(spaced(-np.pi, np.pi, 19), borders.numpy())


def test_the_ends_are_kept_and_one_number_is_the_first() -> None:
    assert spaced(2, 5, 4).tolist() == [2, 3, 4, 5]
    assert spaced(2, 5, 1).tolist() == [2]
