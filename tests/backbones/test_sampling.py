import dataclasses
import functools

import pytest
import torch

from motionbench import registry
from motionbench.backbones.flow_matching import shifted
from motionbench.backbones.sampling import Sampler
from motionbench.backbones.wan import WanBackbone
from motionbench.errors import UsageError

PROMPT = "a blue square on green"


@functools.cache
def mini_wan(steps=2):
    return WanBackbone(dataclasses.replace(registry.backbone("mini-wan"), steps=steps), device="cpu")


def _changed(backbone, **changes):
    """The same model under another spec."""
    other = object.__new__(WanBackbone)
    other.__dict__.update(backbone.__dict__, spec=dataclasses.replace(backbone.spec, **changes))
    return other


def _seen(sampler, first_step=0):
    seen = []

    def look(step, sigma, latents):
        seen.append((step, float(sigma), latents.clone()))
        return latents

    clean = sampler.sample(sampler.noise(3), PROMPT, first_step=first_step, before_step=look)
    return seen, clean


@pytest.mark.parametrize("guidance", [2.0, 1.0])
def test_left_alone_it_gives_the_bytes_of_the_pipeline_with_and_without_guidance(backbone, guidance):
    changed = _changed(backbone, guidance=guidance, steps=3)
    sampler = Sampler(changed)
    ours = sampler.render(sampler.sample(sampler.noise(3), PROMPT))
    assert ours.digest() == changed.generate(PROMPT, seed=3).digest()
    assert ours.fps == backbone.spec.fps


def test_left_alone_it_gives_the_bytes_of_mini_wan():
    sampler = Sampler(mini_wan())
    ours = sampler.render(sampler.sample(sampler.noise(3), "a red star"))
    assert ours.digest() == mini_wan().generate("a red star", seed=3).digest()


def test_half_precision_keeps_the_bytes_of_the_pipeline(tiny):
    half = tiny.backbone()
    half.pipe.to(torch.bfloat16)
    half.dtype = torch.bfloat16
    sampler = Sampler(half)
    ours = sampler.render(sampler.sample(sampler.noise(3), PROMPT))
    assert ours.digest() == half.generate(PROMPT, seed=3).digest()


def test_the_pipeline_generates_as_before_after_a_sampler_ran(tiny):
    backbone = tiny.backbone()
    before = backbone.generate(PROMPT, seed=3).digest()
    sampler = Sampler(backbone, steps=5)
    sampler.sample(sampler.noise(1), PROMPT, first_step=2)
    assert backbone.generate(PROMPT, seed=3).digest() == before


def test_its_noise_levels_are_the_shifted_ones_from_1_to_0(backbone):
    sigmas = Sampler(backbone, steps=4).sigmas
    # diffusers spaces the unshifted levels down to its own least one, 1/1000 shifted by the spec's 3.
    least = float(shifted(torch.tensor(0.001), 3.0))
    torch.testing.assert_close(sigmas[:-1], shifted(torch.linspace(1, least, 4), 3.0), rtol=1e-5, atol=1e-6)
    assert (float(sigmas[0]), float(sigmas[-1])) == (1.0, 0.0)


def test_it_can_start_in_the_middle(backbone):
    sampler = Sampler(backbone, steps=4)
    seen, clean = _seen(sampler)
    assert [step for step, _, _ in seen] == [0, 1, 2, 3]
    assert [sigma for _, sigma, _ in seen] == sampler.sigmas[:-1].tolist()
    assert torch.equal(sampler.sample(seen[2][2], PROMPT, first_step=2), clean)
    assert torch.equal(sampler.sample(clean, PROMPT, first_step=4), clean)


def test_each_step_is_eulers(backbone):
    sampler = Sampler(backbone, steps=3)
    seen, clean = _seen(sampler)
    conditions = sampler.conditions(PROMPT)
    points = [latents for _, _, latents in seen] + [clean]
    for step in range(3):
        sigma, following = sampler.sigmas[step], sampler.sigmas[step + 1]
        velocity = sampler.velocity(points[step], sigma, conditions)
        torch.testing.assert_close(
            points[step + 1], points[step] + (following - sigma) * velocity, rtol=1e-5, atol=1e-6
        )


def test_guidance_leads_away_from_the_negative_prompt(backbone):
    sampler = Sampler(_changed(backbone, negative_prompt="a red star", guidance=3.0))
    latents, sigma, conditions = sampler.noise(0), torch.tensor(0.7), sampler.conditions(PROMPT)
    towards, away = (
        backbone.velocity(latents, torch.tensor([0.7]), backbone.embed(text)) for text in (PROMPT, "a red star")
    )
    expected = away + 3.0 * (towards - away)
    torch.testing.assert_close(sampler.velocity(latents, sigma, conditions), expected, rtol=0, atol=0)


def test_what_before_step_returns_is_what_the_step_starts_from(backbone):
    sampler = Sampler(backbone, steps=3)
    seen, _ = _seen(sampler)
    shift = torch.full_like(seen[1][2], 0.1)
    steered = sampler.sample(
        sampler.noise(3), PROMPT, before_step=lambda step, sigma, latents: latents + shift if step == 1 else latents
    )
    assert torch.equal(steered, sampler.sample(seen[1][2] + shift, PROMPT, first_step=1))


def test_before_step_may_take_gradients_and_none_stays_behind(backbone):
    sampler, norms = Sampler(backbone), []
    embeds = backbone.embed(PROMPT)

    def guide(step, sigma, latents):
        leaf = latents.detach().requires_grad_(True)
        backbone.velocity(leaf, sigma.view(1), embeds).square().sum().backward()
        norms.append(float(leaf.grad.norm()))
        return leaf - 1e-3 * leaf.grad

    clean = sampler.sample(sampler.noise(0), PROMPT, before_step=guide)
    assert len(norms) == 2
    assert min(norms) > 0
    assert not clean.requires_grad


def test_noise_is_of_the_seed_and_leaves_the_global_generator_alone(backbone):
    sampler, state = Sampler(backbone), torch.get_rng_state()
    assert torch.equal(sampler.noise(1), sampler.noise(1))
    assert not torch.equal(sampler.noise(1), sampler.noise(2))
    assert torch.equal(torch.get_rng_state(), state)
    assert sampler.noise(1).shape == sampler.shape


@pytest.mark.parametrize(("strength", "first"), [(0.0, 100), (0.29, 71), (0.5, 50), (0.999, 1), (1.0, 0)])
def test_strength_is_the_share_of_steps_that_are_taken(backbone, strength, first):
    assert Sampler(backbone, steps=100).entry(strength) == first


def test_noising_leads_from_the_clip_to_the_noise(backbone, tiny):
    sampler = Sampler(backbone, steps=4)
    clean, noise = backbone.encode(tiny.video()), sampler.noise(0)
    assert torch.equal(sampler.noised(clean, noise, 0), noise)
    assert torch.equal(sampler.noised(clean, noise, 4), clean)
    level = sampler.sigmas[2]
    torch.testing.assert_close(sampler.noised(clean, noise, 2), (1 - level) * clean + level * noise, rtol=0, atol=0)


def test_progress_counts_the_steps_that_are_taken(backbone):
    sampler, shown = Sampler(backbone, steps=3), []
    sampler.sample(sampler.noise(0), PROMPT, first_step=1, progress=lambda *values: shown.append(values))
    assert shown == [("sampling", 1, 2), ("sampling", 2, 2)]


def test_its_errors_say_what_came_and_what_was_expected(backbone):
    sampler = Sampler(backbone)
    noise = sampler.noise(0)
    with pytest.raises(ValueError, match="first_step is 0 to 2, the number of steps; got 3"):
        sampler.sample(noise, PROMPT, first_step=3)
    with pytest.raises(ValueError, match=r"before_step returned NoneType, expected latents \(1, 4, 5, 8, 8\)"):
        sampler.sample(noise, PROMPT, before_step=lambda step, sigma, latents: None)
    with pytest.raises(ValueError, match=r"before_step returned \(1, 4, 4, 8, 8\), expected"):
        sampler.sample(noise, PROMPT, before_step=lambda step, sigma, latents: latents[:, :, 1:])
    with pytest.raises(ValueError, match=r"a strength lies in \[0, 1\], got 1.5"):
        sampler.entry(1.5)
    with pytest.raises(
        ValueError, match=r"latents \(1, 4, 4, 8, 8\) and noise \(1, 4, 5, 8, 8\) differ in shape; bring"
    ):
        sampler.noised(noise[:, :, 1:], noise, 0)
    with pytest.raises(UsageError, match="a Sampler takes 1 or more steps, got 0"):
        Sampler(backbone, steps=0)


def test_a_pipeline_with_another_loop_is_refused(tiny):
    backbone = tiny.backbone()
    backbone.pipe.register_to_config(boundary_ratio=0.9)
    with pytest.raises(UsageError, match="tiny-wan: this sampling loop is of one transformer, the pipeline has two"):
        Sampler(backbone)
