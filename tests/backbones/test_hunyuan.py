"""HunyuanVideo's seam over a tiny random pipeline of its own classes, against diffusers' own loop."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch

from motionbench import registry, request
from motionbench.backbones.hunyuan import HunyuanBackbone
from motionbench.backbones.sampling import Sampler
from motionbench.errors import UsageError
from motionbench.methods.sdedit.method import Sdedit
from motionbench.request import Question
from motionbench.types import Video

PROMPT = "a blue square on green"


def built(**changes: Any) -> HunyuanBackbone:
    spec = registry.backbone("tiny-random:hunyuan-video")
    size = {"frames": 9, "height": 32, "width": 48, "steps": 3, "dtype": "float32"}
    return HunyuanBackbone(dataclasses.replace(spec, **(size | changes)), device="cpu")


@pytest.fixture(scope="module")
def loaded() -> HunyuanBackbone:
    return built()


def pipeline_latents(backbone: HunyuanBackbone, seed: int) -> torch.Tensor:
    spec = backbone.spec
    return backbone.pipe(  # type: ignore[no-any-return]
        prompt=PROMPT,
        height=spec.height,
        width=spec.width,
        num_frames=spec.frames,
        num_inference_steps=spec.steps,
        guidance_scale=spec.guidance,
        max_sequence_length=spec.max_sequence_length,
        generator=torch.Generator().manual_seed(seed),
        output_type="latent",
    ).frames


@pytest.mark.parametrize("changes", [{}, {"guidance": 1.0}, {"dtype": "bfloat16"}, {"flow_shift": 2.0}])
def test_left_alone_a_sampler_gives_the_bits_of_the_pipeline(changes: dict[str, Any]) -> None:
    backbone = built(**changes)
    sampler = Sampler(backbone)
    clean = sampler.sample(sampler.noise(3), PROMPT)
    assert torch.equal(clean, pipeline_latents(backbone, 3))
    assert sampler.render(clean).digest() == backbone.generate(PROMPT, seed=3).digest()


def test_prompt_guidance_and_seed_are_felt(loaded: HunyuanBackbone) -> None:
    sampler, other = Sampler(loaded), Sampler(built(guidance=1.0))
    found = [
        sampler.sample(sampler.noise(3), PROMPT),
        sampler.sample(sampler.noise(3), "a red star"),
        sampler.sample(sampler.noise(4), PROMPT),
        other.sample(other.noise(3), PROMPT),
    ]
    assert all(not torch.allclose(a, b, atol=1e-4) for i, a in enumerate(found) for b in found[:i])


def test_an_embedding_holds_the_tokens_the_mask_and_the_pooled_text(loaded: HunyuanBackbone) -> None:
    told = loaded.embed(PROMPT)
    with torch.no_grad():
        tokens, pooled, mask = loaded.pipe.encode_prompt(PROMPT, max_sequence_length=256)
    assert told.shape == (1, 257, 17)
    assert torch.equal(told[:, 1:, :-1], tokens)
    assert torch.equal(told[:, 1:, -1], mask.float())
    assert torch.equal(told[:, 0, :8], pooled)
    assert not told[:, 0, 8:].any()


def test_each_part_of_the_text_reaches_the_transformer(loaded: HunyuanBackbone) -> None:
    latents, sigma, told = loaded.noise(0), torch.full((1,), 0.5), loaded.embed(PROMPT)
    with torch.no_grad():
        expected = loaded.velocity(latents, sigma, told)
        for rows, columns in ((slice(0, 1), slice(0, 8)), (slice(1, 9), slice(0, 16)), (slice(5, 9), slice(16, 17))):
            other = told.clone()
            other[:, rows, columns] = 0
            assert not torch.equal(loaded.velocity(latents, sigma, other), expected)


def test_a_level_in_the_middle_continues_to_the_same_end(loaded: HunyuanBackbone) -> None:
    sampler, seen = Sampler(loaded), []
    clean = sampler.sample(sampler.noise(3), PROMPT, before_step=lambda *values: seen.append(values[2]) or values[2])
    assert torch.equal(sampler.sample(seen[1], PROMPT, first_step=1), clean)
    assert (float(sampler.sigmas[0]), float(sampler.sigmas[-1])) == (1.0, 0.0)


def test_sdedit_starts_from_the_reference_and_ends_at_the_backbones_own(tiny: Any, loaded: HunyuanBackbone) -> None:
    case = tiny.case(reference=Video(tiny.video().frames.repeat(2, axis=2)[:, :, :48], 24.0))
    own = loaded.generate(case.prompt, seed=0)
    drawn = {s: Sdedit(loaded, {"strength": s}).generate(case, None, seed=0) for s in (0.0, 0.5, 1.0)}
    assert drawn[1.0].digest() == own.digest()
    assert drawn[0.0].size == own.size
    assert len({video.digest() for video in drawn.values()}) == 3


def test_methods_that_look_into_blocks_are_refused() -> None:
    question = Question(("fym",), backbone="tiny-random:hunyuan-video")
    with pytest.raises(UsageError, match="fym does not run on tiny-random:hunyuan-video; it runs on wan, cogvideox"):
        request.resolve(question)


def test_a_model_without_embedded_guidance_is_refused(loaded: HunyuanBackbone) -> None:
    loaded.pipe.transformer.register_to_config(guidance_embeds=False)
    with pytest.raises(UsageError, match=r"is not HunyuanVideo's distilled text-to-video model: .* takes no guidance"):
        loaded._prepared()
    loaded.pipe.transformer.register_to_config(guidance_embeds=True)
