"""Every method away from the processor: nothing meets a tensor of another device, and the video is the same.

The card is pretended (``tests/pretend_device.py``). Leaving a pass or a video behind, methods let go of its activations
without waiting for the garbage collector, which does not know that a card is full.
"""

from __future__ import annotations

import dataclasses
import gc
import warnings

import numpy as np
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from motionbench import registry
from motionbench.backbones import catalog, spreading
from motionbench.contracts import silent
from motionbench.types import Annotation, Case, Video
from tests import pretend_device

GUIDED = {"blocks": "1,3", "window": 0.5, "inner_steps": 2}
LORA = {"rank": 4, "alpha": 8, "batch_size": 2}
OPTIONS = {
    "sdedit": {"strength": 0.5},
    "kv-injection": {"blocks": "0,2", "window": 0.75},
    "ditflow": {**GUIDED, "inject": "0"},
    "smm": GUIDED,
    "moft": {**GUIDED, "reference_path": "inverted", "reference_each_step": True},
    "motion-clone": GUIDED,
    "flow-motion": {},
    "lora": {**LORA, "steps": 2, "gradient_checkpointing": True},
    "motion-director": {**LORA, "spatial_steps": 2, "temporal_steps": 2},
    "motion-inversion": {"blocks": "all", "steps": 2, "batch_size": 2},
    "det": {"steps": 2, "batch_size": 2, "bottleneck": 4, "dropped": 0.0, "tracker": "lk"},
    "fym": {**LORA, "spatial_steps": 2, "temporal_steps": 2, "stride": 2, "head_rule": "paper"},
}
MEMORY = pytest.mark.parametrize("memory", ["full", "offload", "spread"])
RELEASE = {"spatial_steps": 2, "temporal_steps": 2, "rank": 4}


def video(seed):
    return Video(np.random.default_rng(seed).integers(0, 256, (9, 32, 32, 3)).astype(np.uint8), 8.0)


def equal(one, other, mean=0.1):
    """Mean over pixels in grey levels: a card takes another kernel here and there, even one that is pretended."""
    return np.abs(one.frames.astype(int) - other.frames.astype(int)).mean() <= mean


CASE = Case("a--p1", "s", "human", video(1), "a", "a red cat runs", "a dog runs", Annotation())


def backbone_of(name, device, memory="full"):
    """With ``spread`` the second half of the blocks is on a second card."""
    spec = dataclasses.replace(
        catalog.from_address(f"tiny-random:{name}"),
        **{"frames": 9, "height": 32, "width": 32, "fps": 8.0, "steps": 4, "memory": memory},
    )
    return registry.implementation(spec)(spec, device=str(device))


def made(name, backbone, folder, preset="", **changes):
    spec = registry.method(name)
    options = {**spec.defaults, **(spec.presets[preset] if preset else OPTIONS[name]), **changes}
    method = registry.implementation(spec)(backbone, options)
    folder.mkdir(parents=True, exist_ok=True)
    if spec.tuned:
        method.tune(dataclasses.replace(CASE, prompt=""), seed=0, directory=folder, progress=silent)
    return method.generate(CASE, folder if spec.tuned else None, seed=3, progress=silent)


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    """A table of heads that the card has made must not be the host's."""
    monkeypatch.setenv("MOTIONBENCH_CACHE", str(tmp_path / "cache"))


@pytest.fixture(autouse=True)
def _two_cards(monkeypatch):
    monkeypatch.setattr(spreading, "cards", lambda first: [pretend_device.CARD, pretend_device.SECOND])
    monkeypatch.setattr(
        spreading, "share_out", lambda sizes, cards, beside: [2 * k // len(sizes) for k in range(len(sizes))]
    )


@MEMORY
@pytest.mark.parametrize("name", ["wan2.1-1.3b", "cogvideox-2b", "cogvideox-5b", "hunyuan-video"])
def test_a_backbone_makes_the_same_video_on_a_card(name, memory):
    with pretend_device.card() as card:
        there = backbone_of(name, card, memory).generate("a red cat runs", seed=3)
    with sdpa_kernel(SDPBackend.MATH):
        assert equal(there, backbone_of(name, "cpu").generate("a red cat runs", seed=3))


@pytest.mark.parametrize(
    ("kind", "memory"),
    [("wan2.1-1.3b", "full"), ("wan2.1-1.3b", "offload"), ("wan2.1-1.3b", "spread"), ("cogvideox-5b", "full")],
)
@pytest.mark.parametrize("name", OPTIONS)
def test_a_method_makes_the_same_video_on_a_card(name, kind, memory, tmp_path, monkeypatch):
    if name == "flow-motion" and kind != "wan2.1-1.3b":
        pytest.skip("flow-motion is of flow matching")
    with pretend_device.card(doubles=False) as card:
        there = made(name, backbone_of(kind, card, memory), tmp_path / "there")
    monkeypatch.setenv("MOTIONBENCH_CACHE", str(tmp_path / "another"))
    with sdpa_kernel(SDPBackend.MATH):
        # Where a gradient crosses to another card its parts are summed in another order.
        tolerance = 1.0 if memory == "spread" else 0.1
        assert equal(there, made(name, backbone_of(kind, "cpu"), tmp_path / "here"), tolerance)


@pytest.mark.parametrize("preset", ["paper", "release"])
def test_fyms_presets_run_on_a_card(preset, tmp_path):
    with pretend_device.card() as card:
        video = made("fym", backbone_of("wan2.1-1.3b", card), tmp_path, preset, **RELEASE)
    assert video.size == (9, 32, 32)


def with_graphs():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [one for one in gc.get_objects() if type(one) is torch.Tensor and one.grad_fn is not None]


@pytest.mark.parametrize("name", OPTIONS)
def test_no_pass_outlives_its_use(name, tmp_path, monkeypatch):
    """When latents become pixels, and afterwards, no graph of an earlier pass is left, collector or not."""
    backbone = backbone_of("wan2.1-1.3b", "cpu")
    left = []
    real = backbone.render
    monkeypatch.setattr(backbone, "render", lambda latents: (left.append(len(with_graphs())), real(latents))[1])
    gc.collect()
    gc.disable()
    try:
        made(name, backbone, tmp_path)
        left.append(len(with_graphs()))
    finally:
        gc.enable()
    assert set(left) == {0}
