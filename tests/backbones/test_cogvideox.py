"""A real ``CogVideoXBackbone`` over tiny random pipelines that were saved to a folder and loaded from it."""

import json
import shutil

import pytest
import torch

from motionbench.backbones.sampling import Sampler
from motionbench.backbones.token_grid import TokenGrid
from motionbench.errors import MissingResourceError, UsageError

PROMPT = "a blue square on green"
VARIANTS = pytest.mark.parametrize("variant", ["rotary", "sines"])


@pytest.fixture(scope="module")
def loaded(cogvideox):
    """Each variant with three steps."""
    return {variant: cogvideox.backbone(variant, steps=3) for variant in cogvideox.VARIANTS}


def _pipeline_latents(backbone, seed, **changes):
    found = backbone.pipe(
        prompt=PROMPT,
        negative_prompt=backbone.spec.negative_prompt,
        height=backbone.spec.height,
        width=backbone.spec.width,
        num_frames=backbone.spec.frames,
        num_inference_steps=backbone.spec.steps,
        guidance_scale=backbone.spec.guidance,
        max_sequence_length=backbone.spec.max_sequence_length,
        generator=torch.Generator().manual_seed(seed),
        output_type="latent",
        **changes,
    ).frames
    return found.transpose(1, 2)


@VARIANTS
@pytest.mark.parametrize("changes", [{"guidance": 2.0}, {"guidance": 1.0}, {"negative_prompt": "a red star"}])
def test_left_alone_a_sampler_gives_the_bits_of_the_pipeline(cogvideox, variant, changes):
    backbone = cogvideox.backbone(variant, steps=3, **changes)
    sampler = Sampler(backbone)
    clean = sampler.sample(sampler.noise(3), PROMPT)
    assert torch.equal(clean, _pipeline_latents(backbone, 3))
    assert sampler.render(clean).digest() == backbone.generate(PROMPT, seed=3).digest()


@VARIANTS
def test_half_precision_keeps_the_bits_of_the_pipeline(cogvideox, variant):
    backbone = cogvideox.backbone(variant, dtype="bfloat16")
    sampler = Sampler(backbone)
    clean = sampler.sample(sampler.noise(3), PROMPT)
    assert torch.equal(clean, _pipeline_latents(backbone, 3))
    assert sampler.render(clean).digest() == backbone.generate(PROMPT, seed=3).digest()


@VARIANTS
def test_prompt_guidance_and_seed_are_felt(cogvideox, loaded, variant):
    sampler = Sampler(loaded[variant])
    other = Sampler(cogvideox.backbone(variant, steps=3, guidance=1.0))
    found = [
        sampler.sample(sampler.noise(3), PROMPT),
        sampler.sample(sampler.noise(3), "a red star"),
        sampler.sample(sampler.noise(4), PROMPT),
        other.sample(other.noise(3), PROMPT),
    ]
    assert all(not torch.allclose(a, b, atol=1e-3) for i, a in enumerate(found) for b in found[:i])


@VARIANTS
def test_a_clip_of_its_own_size_or_a_single_frame_is_encoded_and_decoded(cogvideox, loaded, variant):
    backbone, video = loaded[variant], cogvideox.video()
    latents = backbone.encode(video)
    assert latents.shape == backbone.latent_shape == (1, 4, 5, 8, 8)
    assert latents.dtype == torch.float32
    assert backbone.decode(latents).size == video.size
    still = backbone.encode(cogvideox.video(frames=1))
    assert still.shape == (1, 4, 1, 8, 8)
    velocity = backbone.velocity(still, torch.ones(1), backbone.embed(PROMPT))
    assert velocity.shape == still.shape


@pytest.mark.parametrize("frames", [5, 9, 13, 17])
def test_every_number_of_frames_that_is_taken_comes_back(cogvideox, frames):
    backbone = cogvideox.backbone(frames=frames)
    assert backbone.generate(PROMPT, seed=0).size == (frames, 32, 32)
    assert backbone.decode(backbone.encode(cogvideox.video(frames=frames))).size == (frames, 32, 32)


def test_latents_carry_the_autoencoders_scale(cogvideox, loaded):
    backbone = loaded["rotary"]
    pixels = torch.from_numpy(cogvideox.video().frames).permute(3, 0, 1, 2)[None] / 127.5 - 1
    with torch.no_grad():
        expected = 0.7 * backbone.pipe.vae.encode(pixels).latent_dist.mode()
    torch.testing.assert_close(backbone.encode(cogvideox.video()), expected, rtol=1e-6, atol=1e-6)


@VARIANTS
def test_levels_fall_from_noise_to_the_clip_and_each_step_is_the_process_own(loaded, variant):
    backbone = loaded[variant]
    sampler, seen = Sampler(backbone, steps=4), []
    clean = sampler.sample(sampler.noise(3), PROMPT, before_step=lambda *values: seen.append(values) or values[2])
    assert (float(sampler.sigmas[0]), float(sampler.sigmas[-1])) == (1.0, 0.0)
    assert (sampler.sigmas.diff() < 0).all()
    conditions, points = sampler.conditions(PROMPT), [latents for _, _, latents in seen] + [clean]
    for step in range(4):
        here, there = sampler.sigmas[[step]], sampler.sigmas[[step + 1]]
        with torch.no_grad():
            velocity = sampler.velocity(points[step], here, conditions)
        moved = backbone.process.moved(points[step], velocity, here, there)
        torch.testing.assert_close(points[step + 1], moved, rtol=1e-4, atol=1e-5)
    assert torch.equal(sampler.sample(points[2], PROMPT, first_step=2), clean)


def test_noising_leads_from_the_clip_to_the_noise(cogvideox, loaded):
    backbone = loaded["sines"]
    sampler = Sampler(backbone)
    clean, noise = backbone.encode(cogvideox.video()), sampler.noise(0)
    assert torch.equal(sampler.noised(clean, noise, 0), noise)
    assert torch.equal(sampler.noised(clean, noise, 3), clean)


@VARIANTS
def test_the_velocity_is_the_transformers_at_the_timestep_of_the_level(cogvideox, loaded, variant):
    backbone, latents = loaded[variant], cogvideox.latents(2, frames=5)
    sigma = backbone.process.table[[round(999 * 0.9)]].float()
    embeds = torch.linspace(-1, 1, 8 * 16).view(1, 8, 16)
    with torch.no_grad():
        found = backbone.velocity(latents, sigma, embeds)
    assert torch.equal(found, cogvideox.forward(backbone.transformer, latents))


@VARIANTS
def test_a_batch_may_have_a_level_an_item(cogvideox, loaded, variant):
    backbone, latents, embeds = loaded[variant], cogvideox.latents(2, batch=2), loaded[variant].embed(PROMPT)
    sigma = torch.tensor([0.2, 0.9])
    with torch.no_grad():
        both = backbone.velocity(latents, sigma, embeds)
        alone = [backbone.velocity(latents[i : i + 1], sigma[i : i + 1], embeds) for i in (0, 1)]
    torch.testing.assert_close(both, torch.cat(alone), rtol=1e-4, atol=1e-5)


def test_the_token_grid_is_that_of_its_patches(cogvideox, loaded):
    backbone = loaded["rotary"]
    grid = TokenGrid.for_transformer(backbone.transformer, cogvideox.latents(frames=5))
    assert grid.shape == (5, 4, 4)
    deep = cogvideox.transformer(patch_size_t=2)
    assert TokenGrid.for_transformer(deep, cogvideox.latents(frames=4)).shape == (2, 4, 4)


def test_a_folder_of_the_5bs_stochastic_scheduler_is_sampled_by_ddim(cogvideox, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(cogvideox.folder("rotary"), folder)
    for path, key in ((folder / "model_index.json", "scheduler"), (folder / "scheduler/scheduler_config.json", None)):
        text = path.read_text().replace("CogVideoXDDIMScheduler", "CogVideoXDPMScheduler")
        path.write_text(text)
        assert "CogVideoXDPMScheduler" in text, key
    backbone = cogvideox.backbone("rotary", source=folder)
    assert type(backbone.pipe.scheduler).__name__ == "CogVideoXDDIMScheduler"
    assert backbone.generate(PROMPT, seed=3).digest() == cogvideox.backbone().generate(PROMPT, seed=3).digest()


def test_what_does_not_fit_is_refused_with_what_to_say_instead(cogvideox, tmp_path):
    with pytest.raises(UsageError, match=r"flow_shift=3\.0; CogVideoX's levels are its scheduler's, say 1"):
        cogvideox.backbone(flow_shift=3.0)
    with pytest.raises(UsageError, match=r"frames=11; expected 4·k \+ 1, such as 9"):
        cogvideox.backbone(frames=11)
    with pytest.raises(UsageError, match="max_sequence_length=4; expected 8, the text's share of the positions"):
        cogvideox.backbone("sines", max_sequence_length=4)
    with pytest.raises(MissingResourceError, match="no model folder at"):
        cogvideox.backbone(source=tmp_path / "nowhere")
    with pytest.raises(UsageError, match="is not a text-to-video model: an image conditions its transformer"):
        cogvideox.backbone(source=cogvideox.folder("rotary", in_channels=8))
    with pytest.raises(UsageError, match=r"tokens of 2 latent frames \(CogVideoX 1\.5\) are not supported"):
        cogvideox.backbone(source=cogvideox.folder("rotary", patch_size_t=2))
    other = tmp_path / "epsilon"
    shutil.copytree(cogvideox.folder("rotary"), other)
    config = other / "scheduler/scheduler_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"prediction_type": "epsilon"}))
    with pytest.raises(UsageError, match="prediction_type is 'epsilon', expected 'v_prediction'"):
        cogvideox.backbone(source=other)


def test_checkpointing_is_on_inside_and_off_again_outside(loaded):
    backbone = loaded["rotary"]
    with backbone.checkpointing():
        assert backbone.transformer.gradient_checkpointing
    assert not backbone.transformer.gradient_checkpointing
