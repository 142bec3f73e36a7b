"""Leakage, the forms of consistency and flicker as metric objects: signatures, values, reasons where there is none."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from motionbench import registry
from motionbench.contracts import Evidence, Metric
from motionbench.errors import MissingResourceError, Undefined
from motionbench.metrics.clip_consistency_all_pairs import ClipConsistencyAllPairs
from motionbench.metrics.clip_consistency_first_previous import ClipConsistencyFirstPrevious
from motionbench.metrics.flicker import Flicker
from motionbench.metrics.leakage import LeakageMetric
from motionbench.types import Annotation, Case, Protocol, Video

PROTOCOL = Protocol("mini-v1", 5, 8.0, 16, 16, "dis-flow", 4)
TEXTS = {"a red star": (1.0, 0.0, 0.0), "a blue ring": (0.0, 0.0, 1.0)}


class MeanColour:
    """A frame's feature is its mean colour, a text's the colour it names."""

    signature = "colour@1"

    def __init__(self) -> None:
        self.texts: list[str] = []

    def images(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        colour = frames.mean(axis=(1, 2)) + 1e-3
        return np.asarray(colour / np.linalg.norm(colour, axis=-1, keepdims=True), dtype=np.float32)

    def text(self, prompt: str) -> NDArray[np.float32]:
        self.texts.append(prompt)
        return np.array(TEXTS[prompt], np.float32)


def plain(*colour: int, frames: int = 5) -> Video:
    return Video(np.tile(np.array(colour, np.uint8), (frames, 16, 16, 1)), 8.0)


RED, BLUE, GREEN = plain(200, 20, 20), plain(20, 20, 200), plain(20, 200, 20)
CASE = Case("case-1", "mini", "camera", BLUE, "r-1", "a red star", "a blue ring", Annotation(), other=GREEN)


@pytest.mark.parametrize(
    ("name", "status", "better", "default"),
    [
        ("leakage", "headline", "lower", True),
        ("clip_consistency_all_pairs", "comparability", "none", False),
        ("clip_consistency_first_previous", "comparability", "none", False),
        ("flicker", "diagnostic", "higher", False),
    ],
)
def test_every_metric_is_registered(name: str, status: str, better: str, default: bool) -> None:
    spec = registry.metric(name)
    assert (spec.status, spec.better, spec.by_default) == (status, better, default)
    metric = registry.implementation(spec)(PROTOCOL, MeanColour())
    assert isinstance(metric, Metric)
    assert metric.signature.startswith(f"{name}|")


def test_signatures_hold_what_moves_the_number() -> None:
    assert LeakageMetric(PROTOCOL, MeanColour()).signature == "leakage|enc:colour@1|T:5|16x16|v1"
    assert Flicker(PROTOCOL).signature == "flicker|T:5|fps:8|16x16|v1"
    pairs = ClipConsistencyAllPairs(PROTOCOL, MeanColour()).signature
    assert pairs == "clip_consistency_all_pairs|enc:colour@1|T:5|16x16|v1"


def test_a_copy_leaks_fully_what_the_prompt_asked_for_not_and_a_mixture_in_between() -> None:
    metric = LeakageMetric(PROTOCOL, MeanColour())
    honest, mixed, copy = (metric(Evidence(CASE, video)) for video in (RED, plain(110, 20, 110), BLUE))
    assert honest == pytest.approx(0.0, abs=1e-6)
    assert copy == pytest.approx(1.0, abs=1e-6)
    assert 0.2 < mixed < 0.8


def test_leakage_reads_both_prompts_and_shows_its_floors() -> None:
    encoder = MeanColour()
    found = LeakageMetric(PROTOCOL, encoder).reading(Evidence(CASE, RED))
    assert sorted(encoder.texts) == ["a blue ring", "a red star"]
    assert found.floor is not None
    assert found.unrelated == pytest.approx(found.floor, abs=1e-6)


def test_leakage_without_another_clip_or_with_the_references_own_prompt_has_a_reason() -> None:
    metric = LeakageMetric(PROTOCOL, MeanColour())
    with pytest.raises(Undefined, match="add a second reference video"):
        metric(Evidence(dataclasses.replace(CASE, other=None), RED))
    with pytest.raises(Undefined, match="the prompt asks for what the reference shows"):
        metric(Evidence(dataclasses.replace(CASE, prompt="a blue ring"), RED))
    with pytest.raises(Undefined, match="the videos have 5, 5, 4 frames"):
        metric(Evidence(dataclasses.replace(CASE, other=plain(9, 9, 9, frames=4)), RED))


def test_a_frozen_video_has_one_and_a_single_frame_none() -> None:
    single = Evidence(CASE, plain(200, 20, 20, frames=1))
    for form in (ClipConsistencyAllPairs, ClipConsistencyFirstPrevious, Flicker):
        metric = form(PROTOCOL, MeanColour())
        assert metric(Evidence(CASE, RED)) == pytest.approx(1.0, abs=1e-6)
        with pytest.raises(Undefined, match="a video of one frame"):
            metric(single)


def test_the_forms_differ_where_colours_alternate() -> None:
    blink = Video(np.concatenate([RED.frames[:1], BLUE.frames[:1]] * 2), 8.0)
    seen = Evidence(CASE, blink)
    cross = float(np.dot(*MeanColour().images(blink.frames[:2])))
    pairs = ClipConsistencyAllPairs(PROTOCOL, MeanColour())(seen)
    first = ClipConsistencyFirstPrevious(PROTOCOL, MeanColour())(seen)
    assert pairs == pytest.approx((2 + 4 * cross) / 6, abs=1e-6)
    assert first == pytest.approx((1 + 5 * cross) / 6, abs=1e-6)
    assert Flicker(PROTOCOL)(seen) == pytest.approx((255 - 120) / 255, abs=1e-9)


def test_a_metric_of_features_without_encoder_says_so() -> None:
    for form in (LeakageMetric, ClipConsistencyAllPairs, ClipConsistencyFirstPrevious):
        with pytest.raises(MissingResourceError, match="needs an encoder"):
            form(PROTOCOL, None)
