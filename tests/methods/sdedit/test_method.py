import dataclasses

import numpy as np
import pytest
import torch

from motionbench import registry
from motionbench.backbones.sampling import Sampler
from motionbench.backbones.wan import WanBackbone
from motionbench.contracts import Method
from motionbench.errors import UsageError
from motionbench.methods.sdedit.method import Sdedit
from motionbench.methods.sdedit.options import SdeditOptions
from motionbench.methods.sdedit.spec import SPEC


def _psnr(video, reference):
    """Decibels."""
    error = np.square(video.frames.astype(float) - reference.frames).mean()
    return 10 * np.log10(255**2 / error)


@pytest.fixture(scope="module")
def mini_wan():
    return WanBackbone(dataclasses.replace(registry.backbone("mini-wan"), steps=8), device="cpu")


@pytest.fixture(scope="module")
def mini_case():
    suite = registry.implementation(registry.suite("mini"))("mini")
    return suite.load(suite.entries[0])


def test_it_is_registered_with_three_strengths():
    assert registry.method("sdedit") is SPEC
    strengths = [SdeditOptions.of(SPEC.presets[name]).strength for name in ("low", "medium", "high")]
    assert 0 < strengths[0] < strengths[1] < strengths[2] < 1
    assert not SPEC.tuned


def test_the_presets_start_where_their_documentation_says(mini_wan):
    sampler = Sampler(mini_wan, steps=24)
    levels = [
        float(sampler.sigmas[sampler.entry(SPEC.presets[name]["strength"])]) for name in ("low", "medium", "high")
    ]
    assert levels == pytest.approx([0.46, 0.73, 0.90], abs=0.005)


def test_on_mini_wan_the_lower_the_strength_the_nearer_is_the_reference(mini_wan, mini_case):
    strengths = (0.0, SPEC.presets["low"]["strength"], SPEC.presets["high"]["strength"])
    videos = [Sdedit(mini_wan, {"strength": strength}).generate(mini_case, None, seed=0) for strength in strengths]
    assert all(video.size == (17, 64, 64) for video in videos)
    near = [_psnr(video, mini_case.reference) for video in videos]
    assert near[0] > near[1] + 1 > near[2] + 2


def test_strength_1_is_the_backbones_own_video(tiny, backbone):
    video = Sdedit(backbone, {"strength": 1}).generate(tiny.case(), None, seed=4)
    assert video.digest() == backbone.generate(tiny.case().prompt, seed=4).digest()


def test_strength_0_is_the_reference_encoded_and_decoded(tiny, backbone):
    case = tiny.case()
    video = Sdedit(backbone, {"strength": 0}).generate(case, None, seed=4)
    assert video.digest() == Sampler(backbone).render(backbone.encode(case.reference)).digest()


def test_it_is_diffusers_video_to_video(tiny, backbone):
    from diffusers import WanVideoToVideoPipeline

    spec, case = backbone.spec, tiny.case()
    parts = {name: part for name, part in backbone.pipe.components.items() if part is not None}
    parts = {name: part for name, part in parts.items() if name != "transformer_2"}
    theirs = WanVideoToVideoPipeline(**parts)
    theirs.set_progress_bar_config(disable=True)
    expected = theirs(
        video=[frame.astype(np.float32) / 255 for frame in case.reference.frames],
        prompt=case.prompt,
        negative_prompt=spec.negative_prompt,
        height=spec.height,
        width=spec.width,
        num_inference_steps=spec.steps,
        strength=0.5,
        guidance_scale=spec.guidance,
        max_sequence_length=spec.max_sequence_length,
        generator=torch.Generator().manual_seed(2),
    ).frames[0]
    ours = Sdedit(backbone, {"strength": 0.5}).generate(case, None, seed=2)
    # Pixels are scaled in another order there: at most one grey level.
    np.testing.assert_allclose(ours.frames / 255, expected, rtol=0, atol=1.01 / 255)


def test_seed_and_prompt_are_felt_and_the_same_seed_gives_the_same_bytes(tiny, backbone):
    method = Sdedit(backbone, {"strength": 0.5})
    first = method.generate(tiny.case(), None, seed=0).digest()
    assert method.generate(tiny.case(), None, seed=0).digest() == first
    assert method.generate(tiny.case(), None, seed=1).digest() != first
    assert method.generate(tiny.case(prompt="a red star"), None, seed=0).digest() != first


def test_it_is_a_method_that_learns_nothing(tiny, backbone, tmp_path):
    method = Sdedit(backbone, {})
    assert isinstance(method, Method)
    assert method.tune(tiny.case(), seed=0, directory=tmp_path).trainable_parameters == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_a_strength_outside_0_to_1_is_refused(strength):
    with pytest.raises(UsageError, match=r"sdedit\.strength=.*; expected 0 to 1, as in --set sdedit\.strength=0\.5"):
        SdeditOptions.of({"strength": strength})


def test_without_a_backbone_it_says_which_option_is_missing():
    with pytest.raises(UsageError, match="sdedit needs a backbone; name one with --backbone"):
        Sdedit(None, {})
