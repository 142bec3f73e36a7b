"""Models of random weights: real classes, the same every time, the real ones' compression."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch

from motionbench import registry
from motionbench.backbones import catalog, tiny_random

NAMES = ("wan2.1-1.3b", "wan2.1-14b", "cogvideox-2b", "cogvideox-5b", "wan2.2-5b", "hunyuan-video")


def built(name: str) -> Any:
    spec = dataclasses.replace(registry.backbone(f"tiny-random:{name}"), frames=9, height=32, width=64)
    return registry.implementation(spec)(spec, device="cpu")


@pytest.mark.parametrize("name", NAMES)
def test_it_makes_a_video_of_its_spec_that_the_prompt_moves(name: str) -> None:
    backbone = built(name)
    assert backbone.latent_shape == ((1, 48, 3, 2, 4) if name == "wan2.2-5b" else (1, 16, 3, 4, 8))
    video = backbone.generate("a cat", seed=0)
    assert video.size == (9, 32, 64)
    assert video.digest() != backbone.generate("a dog", seed=0).digest()
    assert backbone.encode(video).shape == backbone.latent_shape


@pytest.mark.parametrize("name", NAMES)
def test_the_spec_is_the_real_models_in_two_steps_and_says_what_it_is(name: str) -> None:
    real, tiny = registry.backbone(name), registry.backbone(f"tiny-random:{name}")
    assert (tiny.name, tiny.steps, tiny.revision) == (f"tiny-random:{name}", 2, "")
    assert "random weights" in tiny.notice
    for field in ("architecture", "frames", "height", "guidance", "flow_shift", "max_sequence_length", "dtype"):
        assert getattr(tiny, field) == getattr(real, field)


def test_the_weights_are_the_same_every_time_and_the_global_generator_is_left_alone() -> None:
    spec = registry.backbone("tiny-random:wan2.1-1.3b")
    torch.manual_seed(7)
    expected = torch.get_rng_state()
    first, second = (tiny_random.pipeline(spec).transformer.state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert torch.equal(torch.get_rng_state(), expected)


def test_every_recipe_has_a_digest_of_its_own_without_a_file() -> None:
    digests = {catalog.weights_digest(registry.backbone(f"tiny-random:{name}")) for name in NAMES}
    assert len(digests) == len(NAMES)


def test_positions_are_added_as_in_the_2b_and_rotated_as_in_the_5b() -> None:
    kinds = [built(name).transformer.config.use_rotary_positional_embeddings for name in NAMES[2:4]]
    assert kinds == [False, True]


def test_wans_autoencoder_stays_in_float32_where_the_rest_is_in_bfloat16() -> None:
    wan, cogvideox = built("wan2.1-1.3b").pipe, built("cogvideox-5b").pipe
    assert (wan.vae.dtype, wan.transformer.patch_embedding.weight.dtype) == (torch.float32, torch.bfloat16)
    assert (cogvideox.vae.dtype, cogvideox.transformer.dtype) == (torch.bfloat16, torch.bfloat16)
