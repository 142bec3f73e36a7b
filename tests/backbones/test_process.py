import pytest
import torch
from diffusers import CogVideoXDDIMScheduler

from motionbench.backbones.flow_matching import shifted
from motionbench.backbones.process import FlowMatching, VPrediction


def _scheduler(**changes):
    known = {
        "beta_schedule": "scaled_linear",
        "prediction_type": "v_prediction",
        "rescale_betas_zero_snr": True,
        "timestep_spacing": "trailing",
    }
    return CogVideoXDDIMScheduler(**(known | changes))


def _v_prediction(**changes):
    return VPrediction(tuple(_scheduler(**changes).alphas_cumprod.double().tolist()))


PROCESSES = pytest.mark.parametrize("process", [FlowMatching(), _v_prediction()], ids=["flow", "v"])


def _clip(seed, count=5):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 4, 3, 2, 2, generator=generator, dtype=torch.float64)


X0, NOISE = _clip(0), _clip(1)
SIGMA = torch.tensor([0.0, 0.1, 0.5, 0.9, 1.0], dtype=torch.float64)


@PROCESSES
def test_clip_and_noise_come_back_from_latents_and_velocity_at_every_level(process):
    latents, velocity = process.interpolate(X0, NOISE, SIGMA), process.velocity_target(X0, NOISE, SIGMA)
    x0, noise = process.estimates(latents, velocity, SIGMA)
    torch.testing.assert_close(x0, X0, rtol=0, atol=1e-13)
    torch.testing.assert_close(noise, NOISE, rtol=0, atol=1e-13)


@PROCESSES
def test_the_ends_are_the_clip_and_the_noise_to_the_bit(process):
    latents = process.interpolate(X0, NOISE, SIGMA)
    assert torch.equal(latents[0], X0[0])
    assert torch.equal(latents[-1], NOISE[-1])


@PROCESSES
def test_a_step_with_the_true_velocity_stays_on_the_path(process):
    here, there = SIGMA[[3]], SIGMA[[1]]
    latents, velocity = process.interpolate(X0, NOISE, here), process.velocity_target(X0, NOISE, here)
    moved = process.moved(latents, velocity, here, there)
    torch.testing.assert_close(moved, process.interpolate(X0, NOISE, there), rtol=0, atol=1e-13)


@PROCESSES
def test_a_step_back_undoes_a_step_with_the_same_estimates(process):
    here, there = SIGMA[[3]], SIGMA[[2]]
    latents, velocity = _clip(2), _clip(3)
    forth = process.moved(latents, velocity, here, there)
    estimates = process.estimates(latents, velocity, here)
    back = process.moved(forth, process.velocity_target(*estimates, there), there, here)
    torch.testing.assert_close(back, latents, rtol=0, atol=1e-13)


@PROCESSES
def test_a_level_is_the_noises_share_on_every_process(process):
    signal, noise = torch.ones(1, 1, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64)
    level = SIGMA[[1]]
    ratio = process.interpolate(noise, signal, level) / process.interpolate(signal, noise, level)
    torch.testing.assert_close(ratio.view(1), level / (1 - level), rtol=0, atol=1e-14)


def test_the_velocity_of_v_prediction_is_the_turn_from_clip_to_noise():
    # √ᾱ = cos φ and √(1 − ᾱ) = sin φ: v = dx / dφ.
    process, step = _v_prediction(), 1e-6
    angles = torch.tensor([0.3, 0.3 + step], dtype=torch.float64)
    first, second = process.interpolate(
        X0[:1].expand(2, -1, -1, -1, -1), NOISE[:1].expand(2, -1, -1, -1, -1), process.level(angles.cos().square())
    )
    velocity = process.velocity_target(X0[:1], NOISE[:1], process.level(angles[:1].cos().square()))[0]
    torch.testing.assert_close((second - first) / step, velocity, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_v_prediction_is_the_schedulers_own_algebra(shift):
    scheduler, process = _scheduler(snr_shift_scale=shift), _v_prediction(snr_shift_scale=shift)
    timesteps = torch.tensor([0, 10, 500, 900, 999])
    sigma = process.table[timesteps]
    torch.testing.assert_close(
        process.interpolate(X0, NOISE, sigma), scheduler.add_noise(X0, NOISE, timesteps), rtol=0, atol=1e-12
    )
    torch.testing.assert_close(
        process.velocity_target(X0, NOISE, sigma), scheduler.get_velocity(X0, NOISE, timesteps), rtol=0, atol=1e-12
    )


def test_a_step_of_v_prediction_is_the_schedulers_ddim():
    scheduler, process = _scheduler(), _v_prediction()
    scheduler.set_timesteps(4)
    latents, velocity = _clip(2), _clip(3)
    here, there = process.table[[749]], process.table[[499]]
    expected = scheduler.step(velocity, 749, latents, return_dict=False)[0]
    torch.testing.assert_close(process.moved(latents, velocity, here, there), expected, rtol=0, atol=1e-12)


def test_every_timestep_is_found_again_from_its_level_even_in_single_precision():
    process = _v_prediction(snr_shift_scale=3.0)
    assert torch.equal(process.timesteps(process.table.float()), torch.arange(1000))
    assert process.timesteps(torch.tensor([0.0, 1.0])).tolist() == [0, 999]


def test_tuning_draws_all_timesteps_alike_without_a_shift_and_noisier_ones_with_it():
    process, share = _v_prediction(), 1 - torch.arange(1000, dtype=torch.float64) / 1000
    assert torch.equal(process.levels(share, 1.0), process.table.flip(0))
    assert process.levels(share, 5.0).mean() > process.levels(share, 1.0).mean()
    assert torch.equal(FlowMatching().levels(share, 5.0), shifted(share, 5.0))


@pytest.mark.parametrize("alphas", [(0.9,), (0.9, 0.9), (0.1, 0.9), (1.2, 0.9), (0.5, -0.1)])
def test_a_schedule_that_does_not_fall_is_refused(alphas):
    with pytest.raises(ValueError, match="alphas_cumprod is two numbers or more that fall"):
        VPrediction(alphas)
