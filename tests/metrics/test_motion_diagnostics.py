"""The diagnostics as metric objects: names, signatures, values through the protocol, reasons where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from motionbench import registry
from motionbench.contracts import Evidence, Metric
from motionbench.errors import MissingResourceError, Undefined
from motionbench.metrics.camera_split import CameraPathError, SubjectFidelity
from motionbench.metrics.direction import Direction
from motionbench.metrics.dynamic_degree import DynamicDegree
from motionbench.metrics.speed_ratio import SpeedRatio
from motionbench.metrics.trajectory_frechet import TrajectoryFrechet
from motionbench.trackers.grid import grid_queries
from motionbench.types import Annotation, Case, Protocol, Tracks, Video

PROTOCOL = Protocol("mini-v1", 17, 8.0, 64, 64, "dis-flow", 16)
START = grid_queries(PROTOCOL)[:, None].astype(np.float64)
OBJECT = (abs(START - 32) < 10).all(axis=-1)[..., None]
BLANK = Video(np.zeros((17, 64, 64, 3), np.uint8), 8.0)
CASE = Case("case-1", "mini", "camera", BLANK, "reference-1", "a red star", "a blue ring", Annotation())
BETTER = {
    "direction": "higher",
    "speed_ratio": "none",
    "dynamic_degree": "none",
    "camera_path_error": "lower",
    "subject_fidelity": "higher",
    "trajectory_frechet": "lower",
}


def tracks(xy: NDArray[np.float64]) -> Tracks:
    return Tracks(xy.astype(np.float32), np.ones(xy.shape[:2], bool))


def moving(dx: float, dy: float = 0.0, move: float = 0.0, frames: int = 17) -> Tracks:
    """A pan, under which the object moves right by ``move`` pixels a frame of its own."""
    time = np.arange(frames)[:, None]
    return tracks(START + time * np.array([dx, dy]) + OBJECT * time * np.array([move, 0.0]))


def evidence(generated: Tracks | None, reference: Tracks | None) -> Evidence:
    return Evidence(CASE, BLANK, generated, reference)


@pytest.mark.parametrize(("name", "better"), BETTER.items())
def test_every_one_is_registered_as_a_diagnostic(name: str, better: str) -> None:
    spec = registry.metric(name)
    assert (spec.name, spec.status, spec.better, spec.needs) == (name, "diagnostic", better, ("tracks",))
    assert spec.by_default == (name == "dynamic_degree")
    assert isinstance(registry.implementation(spec)(PROTOCOL, None), Metric)


def test_signatures_hold_what_moves_the_number() -> None:
    common = "trk:dis-flow@1|grid:16|T:17|fps:8|64x64"
    expected = {
        Direction: f"direction|{common}|tau:.1358|gate:2|net:0.25|mask:none|v1",
        SpeedRatio: f"speed_ratio|{common}|tau:.1358|gate:2|mask:none|v1",
        DynamicDegree: f"dynamic_degree|{common}|tau:.1358|gate:2|mask:none|v1",
        CameraPathError: f"camera_path_error|{common}|tol:1.086|seed:0|mask:none|v1",
        SubjectFidelity: f"subject_fidelity|{common}|sigma:.05|tau:.2715|tol:1.086|seed:0|mask:none|v1",
        TrajectoryFrechet: f"trajectory_frechet|{common}|mask:none|vis:interpolated|v1",
    }
    assert {kind: kind(PROTOCOL).signature for kind in expected} == expected


def test_a_copy_has_the_best_value_of_each() -> None:
    same = evidence(moving(1.5, 0.5, 1.0), moving(1.5, 0.5, 1.0))
    expected = {Direction: 1.0, SpeedRatio: 0.0, CameraPathError: 0.0, TrajectoryFrechet: 0.0}
    for kind, best in expected.items():
        assert kind(PROTOCOL)(same) == pytest.approx(best, abs=1e-6, rel=0)
    # Where the object meets the still background, its local mean motion is that of both.
    assert SubjectFidelity(PROTOCOL)(same) > 0.95


def test_a_slow_pan_back_shows_in_each() -> None:
    back = evidence(moving(-1.0), moving(2.0))
    assert Direction(PROTOCOL)(back) == pytest.approx(-1.0, abs=1e-6, rel=0)
    # The noise floor, 0.136 pixels, is taken out of both speeds.
    assert SpeedRatio(PROTOCOL)(back) == pytest.approx(np.log(0.5), abs=0.01, rel=0)
    assert DynamicDegree(PROTOCOL)(back) == pytest.approx(16 / PROTOCOL.diagonal, abs=1e-6, rel=0)
    far = 3.0 * np.sqrt(np.mean(np.arange(1, 17) ** 2)) / PROTOCOL.diagonal
    assert CameraPathError(PROTOCOL)(back) == pytest.approx(far, abs=1e-6, rel=0)
    assert TrajectoryFrechet(PROTOCOL)(back) == pytest.approx(48 / PROTOCOL.diagonal, abs=1e-6, rel=0)


def test_the_camera_is_told_from_the_subject() -> None:
    metric, other = CameraPathError(PROTOCOL), evidence(moving(-1.0, 0.5, 1.5), moving(1.0, 0.0, 1.5))
    parts = metric.parts(other)
    assert (parts.rotation, parts.zoom) == pytest.approx((0.0, 0.0), abs=1e-6)
    assert parts.translation == pytest.approx(metric(other), abs=1e-6, rel=0)
    assert SubjectFidelity(PROTOCOL)(other) > 0.95
    assert SubjectFidelity(PROTOCOL)(evidence(moving(1.0, 0.0, -1.5), moving(1.0, 0.0, 1.5))) < -0.95


def test_a_frozen_generation_shows_no_motion_and_has_no_direction_or_speed() -> None:
    frozen = evidence(moving(0.0), moving(1.0, 0.0, 1.5))
    assert DynamicDegree(PROTOCOL)(frozen) == 0.0
    assert SubjectFidelity(PROTOCOL)(frozen) == 0.0
    for kind in (Direction, SpeedRatio):
        with pytest.raises(Undefined, match="nothing moves in the generated video"):
            kind(PROTOCOL)(frozen)


def test_what_has_no_value_says_why() -> None:
    noise = tracks(np.random.default_rng(0).uniform(0, 64, (256, 17, 2)))
    hidden = Tracks(START.repeat(17, axis=1).astype(np.float32), np.zeros((256, 17), bool))
    moves = moving(1.0, 0.0, 1.5)
    for kind in (CameraPathError, SubjectFidelity):
        with pytest.raises(Undefined, match="no camera path of the generated video: no one camera motion explains 30%"):
            kind(PROTOCOL)(evidence(noise, moves))
    with pytest.raises(Undefined, match="nothing but the camera moves in the reference video"):
        SubjectFidelity(PROTOCOL)(evidence(moves, moving(1.0)))
    with pytest.raises(Undefined, match="no track is visible in two frames running"):
        DynamicDegree(PROTOCOL)(evidence(hidden, moves))
    with pytest.raises(Undefined, match="no point is seen in 2 frames of both videos"):
        TrajectoryFrechet(PROTOCOL)(evidence(hidden, moves))


def test_missing_tracks_name_the_side() -> None:
    for name in BETTER:
        metric = registry.implementation(registry.metric(name))(PROTOCOL, None)
        with pytest.raises(MissingResourceError, match=f"'{name}' needs tracks, the generation of case-1 has none"):
            metric(evidence(None, moving(1.0)))


def test_the_dynamic_degree_needs_no_tracks_of_the_reference() -> None:
    assert DynamicDegree(PROTOCOL)(evidence(moving(1.0), None)) > 0
