import dataclasses

import pytest
import torch

from motionbench.backbones.sampling import Sampler
from motionbench.methods.guidance.reference import ReferencePath, invert, low_frequencies_of


@pytest.fixture(scope="module")
def sampler(tiny):
    backbone = tiny.backbone()
    backbone.spec = dataclasses.replace(backbone.spec, steps=4)
    return Sampler(backbone)


@pytest.fixture(scope="module")
def clean(sampler, tiny):
    return sampler.backbone.encode(tiny.video(0))


def test_noised_it_runs_from_noise_to_the_clean_latents(sampler, clean):
    noise = sampler.noise(0)
    path = ReferencePath(sampler, clean, noise)
    assert torch.equal(path.at_step(0), noise)
    assert torch.equal(path.at_step(4), clean)
    level = float(sampler.sigmas[2])
    torch.testing.assert_close(path.at_step(2), (1 - level) * clean + level * noise, rtol=1e-5, atol=1e-6)


def test_a_level_between_the_steps_is_noised_exactly(sampler, clean):
    noise = sampler.noise(0)
    latents, level = ReferencePath(sampler, clean, noise).at_sigma(0.4)
    assert float(level) == pytest.approx(0.4)
    torch.testing.assert_close(latents, 0.6 * clean + 0.4 * noise, rtol=1e-5, atol=1e-6)


def test_inverted_it_starts_clean_and_takes_the_nearest_level(sampler, clean):
    path = ReferencePath(sampler, clean, sampler.noise(0), inverted=True)
    assert torch.equal(path.at_step(4), clean)
    latents, level = path.at_sigma(float(sampler.sigmas[1]) + 0.01)
    assert torch.equal(latents, path.at_step(1))
    assert level == sampler.sigmas[1]
    assert torch.equal(path.at_sigma(0.0)[0], clean)


def test_inversion_is_undone_by_the_sampler_the_better_the_more_steps_there_are(sampler, clean, tiny):
    errors = []
    for steps in (4, 16):
        backbone = tiny.backbone()
        backbone.spec = dataclasses.replace(backbone.spec, steps=steps, guidance=1.0)
        finer = Sampler(backbone)
        noisy = invert(finer, clean)[0]
        errors.append(float((finer.sample(noisy, "") - clean).square().mean()))
    assert errors[1] < 0.5 * errors[0]


def test_an_inversion_step_is_eulers(sampler, clean):
    path = invert(sampler, clean)
    assert len(path) == 5
    backbone, (here, there) = sampler.backbone, (sampler.sigmas[4], sampler.sigmas[3])
    with torch.no_grad():
        velocity = backbone.velocity(clean, here.view(1), backbone.embed(""))
    torch.testing.assert_close(path[3], clean + (there - here) * velocity, rtol=1e-5, atol=1e-6)


def test_low_frequencies_come_from_the_one_and_the_rest_from_the_other():
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(1, 4, 3, 16, 16, generator=generator)
    assert torch.equal(low_frequencies_of(noise, noise), noise)
    even = low_frequencies_of(noise + 2.5, noise)
    torch.testing.assert_close(even, noise + 2.5, rtol=1e-5, atol=1e-5)
    checks = torch.ones(16, 16)
    checks[::2, 1::2] = checks[1::2, ::2] = -1
    torch.testing.assert_close(low_frequencies_of(noise + checks, noise), noise, rtol=0, atol=0.2)


def test_frames_do_not_mix():
    noise, source = torch.zeros(1, 2, 3, 8, 8), torch.zeros(1, 2, 3, 8, 8)
    source[:, :, 1] = 1.0
    found = low_frequencies_of(source, noise)
    torch.testing.assert_close(found, source, rtol=0, atol=1e-6)


def test_a_reference_of_another_size_is_refused(sampler, clean):
    with pytest.raises(ValueError, match=r"bring the video to tiny-wan's frames, height and width"):
        ReferencePath(sampler, clean[:, :, :2], sampler.noise(0))
