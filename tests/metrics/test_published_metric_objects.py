"""The published forms as metric objects: signatures, values through the protocol, reasons where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from motionbench import registry
from motionbench.contracts import Evidence, Metric
from motionbench.errors import MissingResourceError, Undefined
from motionbench.metrics.flow_fidelity import FlowFidelity
from motionbench.metrics.motion_fidelity_det import MotionFidelityDet
from motionbench.metrics.motion_fidelity_fleximmt import MotionFidelityFleximmt
from motionbench.metrics.motion_fidelity_ivebench import MotionFidelityIvebench
from motionbench.metrics.motion_fidelity_sym import MotionFidelitySym
from motionbench.specs import MetricSpec
from motionbench.trackers.grid import grid_queries
from motionbench.types import Annotation, Case, Protocol, Tracks, Video

PROTOCOL = Protocol("mini-v1", 17, 8.0, 64, 64, "dis-flow", 16)
START = grid_queries(PROTOCOL)[:, None]
NAMES = {
    "mf.fleximmt": "motion_fidelity[fleximmt]",
    "mf.det": "motion_fidelity[det]",
    "mf.sym": "motion_fidelity[sym]",
    "mf.ivebench": "motion_fidelity[ivebench]",
    "flow_fidelity": "flow_fidelity",
}
TRACKED = (MotionFidelityFleximmt, MotionFidelityDet, MotionFidelitySym, MotionFidelityIvebench)


def panning(dx: int, frames: int = 4) -> Video:
    """A blurred random texture that moves right by ``dx`` pixels a frame."""
    coarse = np.random.default_rng(0).uniform(0, 255, (16, 16, 3))
    texture = np.kron(coarse, np.ones((8, 8, 1))).astype(np.uint8)
    return Video(np.stack([texture[32:96, 32 - t * dx : 96 - t * dx] for t in range(frames)]), 8.0)


REFERENCE = panning(2)
CASE = Case("case-1", "mini", "camera", REFERENCE, "reference-1", "a red star", "a blue ring", Annotation())


def moving(dx: float, dy: float, frames: int = 17) -> Tracks:
    xy = START + np.arange(frames)[:, None] * np.array([dx, dy])
    return Tracks(xy.astype(np.float32), np.ones(xy.shape[:2], bool))


def evidence(generated: Tracks | None, reference: Tracks | None) -> Evidence:
    return Evidence(CASE, REFERENCE, generated, reference)


@pytest.mark.parametrize(("short", "name"), NAMES.items())
def test_every_form_is_registered_for_comparison_under_both_names(short: str, name: str) -> None:
    spec = registry.metric(short)
    assert isinstance(spec, MetricSpec)
    assert registry.metric(name) == spec
    assert (spec.name, spec.status, spec.by_default) == (name, "comparability", False)
    assert isinstance(registry.implementation(spec)(PROTOCOL, None), Metric)


def test_signatures_hold_what_moves_the_number() -> None:
    common = "trk:dis-flow@1|grid:16|T:17|fps:8|64x64"
    assert MotionFidelityFleximmt(PROTOCOL).signature == f"mf|var:fleximmt|{common}|mask:none|vis:ignored|v1"
    assert MotionFidelityDet(PROTOCOL).signature == f"mf|var:det|{common}|mask:none|vis:ignored|v1"
    # 0.0015 of the diagonal a step, over 16 steps.
    assert MotionFidelitySym(PROTOCOL).signature == f"mf|var:sym|{common}|least:0.5431|mask:none|vis:both|v1"
    assert MotionFidelityIvebench(PROTOCOL).signature == f"mf|var:ivebench|{common}|mask:none|vis:retimed|v1"
    assert FlowFidelity(PROTOCOL).signature == "flow_fidelity|flow:dis-flow@1|T:17|fps:8|64x64|mask:none|v1"


@pytest.mark.parametrize("form", TRACKED)
def test_equal_motion_from_equal_places_scores_one(form: type[Metric]) -> None:
    metric = form(PROTOCOL)  # type: ignore[call-arg]
    assert metric(evidence(moving(1.5, 0.5), moving(1.5, 0.5))) == pytest.approx(1.0, abs=1e-5, rel=0)


@pytest.mark.parametrize("form", TRACKED)
def test_missing_tracks_name_the_side(form: type[Metric]) -> None:
    with pytest.raises(MissingResourceError, match="the generation of case-1 has none"):
        form(PROTOCOL)(evidence(None, moving(1, 0)))  # type: ignore[call-arg]


def test_a_still_generation_is_zero_undefined_or_high_by_form() -> None:
    seen = evidence(moving(0, 0), moving(1, 0))
    assert MotionFidelityFleximmt(PROTOCOL)(seen) == 0.0
    assert MotionFidelitySym(PROTOCOL)(seen) == 0.0
    assert MotionFidelityIvebench(PROTOCOL)(seen) > 0.4
    with pytest.raises(Undefined, match="stands still between two frames or starts at the image's corner"):
        MotionFidelityDet(PROTOCOL)(seen)


def test_sym_is_undefined_where_the_reference_stands_still_but_for_noise() -> None:
    with pytest.raises(Undefined, match="nothing moves in the reference video"):
        MotionFidelitySym(PROTOCOL)(evidence(moving(1, 0), moving(0.03, 0)))


def test_ivebench_has_a_reason_where_its_code_says_zero_for_want_of_tracks() -> None:
    metric, hidden = MotionFidelityIvebench(PROTOCOL), moving(1, 0)
    unseen = Tracks(hidden.xy, np.zeros_like(hidden.visible))
    with pytest.raises(Undefined, match="no track of the generated video is visible in 2 frames"):
        metric(evidence(unseen, hidden))
    with pytest.raises(Undefined, match="the reference video has fewer than 5 frames"):
        metric(evidence(hidden, moving(1, 0, 4)))


def test_one_frame_has_neither_motion_nor_flow() -> None:
    single = Evidence(CASE, Video(REFERENCE.frames[:1], 8.0), moving(1, 0, 1), moving(1, 0))
    with pytest.raises(Undefined, match="one frame has no motion"):
        MotionFidelityFleximmt(PROTOCOL)(single)
    with pytest.raises(Undefined, match="one frame has no flow"):
        FlowFidelity(PROTOCOL)(single)


def test_flow_fidelity_tells_directions_apart_and_not_a_copy_from_itself() -> None:
    metric = FlowFidelity(PROTOCOL)
    assert metric(Evidence(CASE, REFERENCE)) == pytest.approx(1.0, abs=1e-5, rel=0)
    assert metric(Evidence(CASE, panning(-2))) < 0.7
