"""Damages of tracks do what their axis says."""

from __future__ import annotations

import numpy as np
import pytest

from motionbench.metrics.selfcheck import curves
from motionbench.types import Tracks

STEPS = np.arange(9, dtype=np.float32)
TRACKS = Tracks(np.stack([np.stack([3 * STEPS, 5 - STEPS], axis=-1)]), (STEPS < 8)[None])


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("damage", curves.DAMAGES, ids=lambda damage: damage.name)
def test_each_axis_has_a_point_without_damage(damage: curves.Damage) -> None:
    whole = 1.0 if damage.name == "amplitude" else 0.0
    assert whole in damage.amounts
    kept = damage.apply(TRACKS, whole, rng())
    np.testing.assert_allclose(kept.xy, TRACKS.xy, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(kept.visible, TRACKS.visible)


@pytest.mark.parametrize("damage", curves.DAMAGES, ids=lambda damage: damage.name)
@pytest.mark.parametrize("end", [0, -1])
def test_every_damage_leaves_the_start_of_a_track_in_place(damage: curves.Damage, end: int) -> None:
    np.testing.assert_array_equal(damage.apply(TRACKS, damage.amounts[end], rng()).xy[:, 0], TRACKS.xy[:, 0])


def test_noise_has_the_deviation_asked_for() -> None:
    many = Tracks(np.zeros((500, 9, 2), np.float32), np.ones((500, 9), bool))
    assert curves.noise(many, 0.5, rng()).xy[:, 1:].std() == pytest.approx(0.5, rel=0.03)


def test_a_delay_of_three_frames_is_three_frames_late() -> None:
    late = curves.delay(TRACKS, 3.0, rng())
    np.testing.assert_array_equal(late.xy[:, 3:], TRACKS.xy[:, :-3])
    np.testing.assert_array_equal(late.xy[:, :3], TRACKS.xy[:, :1].repeat(3, axis=1))
    assert late.visible.all()


def test_amplitude_multiplies_displacements() -> None:
    np.testing.assert_allclose(curves.amplitude(TRACKS, 2.0, rng()).xy[0, -1], [48.0, -11.0], rtol=0, atol=1e-5)


def test_freezing_half_stops_at_the_middle() -> None:
    half = curves.freeze(TRACKS, 0.5, rng())
    np.testing.assert_array_equal(half.xy[:, :5], TRACKS.xy[:, :5])
    np.testing.assert_array_equal(half.xy[:, 5:], TRACKS.xy[:, 4:5].repeat(4, axis=1))
