"""The metric objects: signatures, values through the protocol, reasons where there is none."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from motionbench import registry
from motionbench.contracts import Evidence, Metric
from motionbench.errors import MissingResourceError, Undefined
from motionbench.metrics.clip_temporal import ClipTemporal
from motionbench.metrics.clip_text import ClipText
from motionbench.metrics.motion_fidelity_dmt import MotionFidelityDmt
from motionbench.metrics.motion_fidelity_local import MotionFidelityLocal
from motionbench.metrics.signatures import noise_field
from motionbench.specs import MetricSpec
from motionbench.trackers.grid import grid_queries
from motionbench.types import Annotation, Case, Protocol, Tracks, Video

PROTOCOL = Protocol("mini-v1", 17, 8.0, 64, 64, "dis-flow", 16)
VIDEO = Video(np.zeros((17, 64, 64, 3), np.uint8), 8.0)
CASE = Case("case-1", "mini", "camera", VIDEO, "reference-1", "a red star", "a blue ring", Annotation())
START = grid_queries(PROTOCOL)[:, None]


class FixedEncoder:
    """Every frame is (3, 4) / 5, every text (1, 0)."""

    signature = "fixed@1"

    def images(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.tile(np.array([0.6, 0.8], np.float32), (len(frames), 1))

    def text(self, prompt: str) -> NDArray[np.float32]:
        assert prompt == "a red star"
        return np.array([1, 0], np.float32)


def moving(dx: float, dy: float) -> Tracks:
    xy = START + np.arange(17)[:, None] * np.array([dx, dy])
    return Tracks(xy.astype(np.float32), np.ones(xy.shape[:2], bool))


def evidence(generated: Tracks | None, reference: Tracks | None) -> Evidence:
    return Evidence(CASE, VIDEO, generated, reference)


def test_every_spec_is_registered_and_its_class_is_a_metric() -> None:
    for name in ("clip_text", "clip_temporal", "motion_fidelity[dmt]", "motion_fidelity[local]"):
        spec = registry.metric(name)
        metric = registry.implementation(spec)(PROTOCOL, FixedEncoder())
        assert isinstance(spec, MetricSpec)
        assert isinstance(metric, Metric)
        assert metric.signature.endswith(f"|v{spec.version}")


def test_signatures_hold_what_moves_the_number() -> None:
    assert ClipText(PROTOCOL, FixedEncoder()).signature == "clip_text|enc:fixed@1|T:17|64x64|v1"
    assert ClipTemporal(PROTOCOL, FixedEncoder()).signature == "clip_temporal|enc:fixed@1|T:17|64x64|v1"
    local, dmt = MotionFidelityLocal(PROTOCOL).signature, MotionFidelityDmt(PROTOCOL).signature
    assert local.startswith("mf|var:local|trk:dis-flow@1|grid:16|T:17|fps:8|64x64|sigma:.05|tau:.")
    assert local.endswith("|mask:none|v1")
    assert dmt == "mf|var:dmt|trk:dis-flow@1|grid:16|T:17|fps:8|64x64|mask:none|vis:ignored|v1"


def test_clip_metrics_score_frames_against_the_cases_prompt() -> None:
    seen = evidence(None, None)
    assert ClipText(PROTOCOL, FixedEncoder())(seen) == pytest.approx(0.6, abs=1e-6)
    assert ClipTemporal(PROTOCOL, FixedEncoder())(seen) == pytest.approx(1.0, abs=1e-6)


def test_one_frame_has_no_temporal_consistency() -> None:
    single = Video(VIDEO.frames[:1], 8.0)
    with pytest.raises(Undefined, match="one frame"):
        ClipTemporal(PROTOCOL, FixedEncoder())(Evidence(CASE, single))


def test_a_clip_metric_without_encoder_says_so() -> None:
    with pytest.raises(MissingResourceError, match="needs an encoder"):
        ClipText(PROTOCOL, None)


def test_local_orders_the_controls() -> None:
    metric, reference = MotionFidelityLocal(PROTOCOL), moving(1.5, 0.5)
    perfect, half, still, reverse = (
        metric(evidence(moving(dx, dy), reference)) for dx, dy in ((1.5, 0.5), (0.75, 0.25), (0, 0), (-1.5, -0.5))
    )
    assert 1 >= perfect > 0.98
    assert 0.9 > half > 0.7
    assert still == 0.0
    assert reverse < -0.98


def test_local_is_undefined_where_the_reference_stands_still() -> None:
    with pytest.raises(Undefined, match="nothing moves in the reference video"):
        MotionFidelityLocal(PROTOCOL)(evidence(moving(1, 0), moving(0, 0)))


def test_local_reports_both_directions() -> None:
    agreement = MotionFidelityLocal(PROTOCOL).agreement(evidence(moving(1, 0), moving(1, 0)))
    assert agreement.precision == pytest.approx(agreement.recall)
    assert agreement.moving_generated == agreement.moving_reference == 1.0


def test_dmt_cannot_see_speed() -> None:
    metric = MotionFidelityDmt(PROTOCOL)
    assert metric(evidence(moving(0.01, 0), moving(1, 0))) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(
    ("generated", "reference", "side"),
    [(0, 1, "the generated video"), (1, 0, "the reference video"), (0, 0, "the generated and the reference video")],
)
def test_dmt_names_the_side_that_stands_still(generated: float, reference: float, side: str) -> None:
    with pytest.raises(Undefined, match=f"^{side} has a track that stands still"):
        MotionFidelityDmt(PROTOCOL)(evidence(moving(generated, 0), moving(reference, 0)))


def test_missing_tracks_name_the_side() -> None:
    with pytest.raises(MissingResourceError, match="the reference of case-1 has none"):
        MotionFidelityLocal(PROTOCOL)(evidence(moving(1, 0), None))
    with pytest.raises(MissingResourceError, match="the generation of case-1 has none"):
        MotionFidelityDmt(PROTOCOL)(evidence(None, moving(1, 0)))


def test_listing_specs_imports_nothing_heavy() -> None:
    code = (
        "import sys; from motionbench import registry\n"
        "for kind in ('metrics', 'trackers', 'encoders'): registry.entries(kind)\n"
        "print([m for m in ('torch', 'cv2', 'open_clip', 'pandas', 'scipy') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_a_noise_floor_that_nobody_measured_is_marked_in_the_signature() -> None:
    measured = registry.tracker("lk")
    assumed = replace(measured, floor_measured=False)
    assert noise_field(measured, 0.05) == "tau:.05"
    assert noise_field(assumed, 0.05) == "tau:.05,assumed"
    assert not registry.tracker("cotracker3").floor_measured
