"""The unit of length: a power of two that makes the largest number about one."""

from __future__ import annotations

import numpy as np
import pytest

from motionbench.metrics.functional.scale import unit_of


@pytest.mark.parametrize("largest", [5e-324, 1e-300, 0.3, 1.0, 1000.0, 1.7e308])
def test_the_largest_number_is_between_one_and_two_units(largest: float) -> None:
    unit = unit_of(np.array([[0.0, -largest]]), largest / 2)
    assert 1 <= largest / unit < 2
    assert np.frexp(unit)[0] == 0.5


def test_nothing_and_zero_have_the_unit_one() -> None:
    assert unit_of(np.empty((0, 2)), 0.0) == 1.0
