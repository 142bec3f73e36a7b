import pytest
import torch

from motionbench.backbones.flow_matching import interpolate, velocity_target
from motionbench.methods.flow_motion.estimates import (
    average_velocity,
    clean_estimate,
    difference_error,
    flow_motion_loss,
    regulated,
)

SHAPE = (2, 3, 4, 2, 3)


def _random(seed, shape=SHAPE):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_true_velocity_gives_the_clean_latent_at_every_level():
    clean, noise = _random(0), _random(1)
    for sigma in (0.0, 0.3, 1.0):
        noised = interpolate(clean, noise, torch.full((2,), sigma, dtype=torch.float64))
        found = clean_estimate(noised, velocity_target(clean, noise), sigma)
        torch.testing.assert_close(found, clean, rtol=0, atol=1e-12)


def test_the_velocity_is_a_constant_for_the_gradient():
    latents, velocity = _random(0).requires_grad_(), _random(1).requires_grad_()
    clean_estimate(latents, velocity, 0.7).sum().backward()
    assert torch.equal(latents.grad, torch.ones(SHAPE, dtype=torch.float64))
    assert velocity.grad is None


def test_the_average_velocity_is_that_of_a_straight_path():
    noise, velocity = _random(0), _random(1)
    first, sigma = torch.tensor(1.0, dtype=torch.float64), torch.tensor(0.6, dtype=torch.float64)
    found = average_velocity(noise + (sigma - first) * velocity, noise, sigma, first)
    torch.testing.assert_close(found, velocity, rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match=r"needs two noise levels, got 1\.0 twice"):
        average_velocity(noise, noise, first, first)


def test_regularisation_of_a_hand_worked_case_shrinks_only_what_lies_across():
    velocity, average = torch.tensor([3.0, 4.0]).view(1, 2, 1, 1, 1), torch.tensor([2.0, 0.0]).view(1, 2, 1, 1, 1)
    assert regulated(velocity, average, 0.5).flatten().tolist() == pytest.approx([3, 2])
    assert regulated(-velocity, average, 0.5).flatten().tolist() == pytest.approx([-3, -2])
    assert regulated(velocity, torch.zeros_like(average), 0.5).flatten().tolist() == pytest.approx([1.5, 2])


def test_regularisation_keeps_all_at_1_and_whatever_is_parallel():
    velocity, average = _random(0), _random(1)
    torch.testing.assert_close(regulated(velocity, average, 1.0), velocity, rtol=0, atol=1e-12)
    torch.testing.assert_close(regulated(-3 * average, average, 0.1), -3 * average, rtol=0, atol=1e-6)


def test_regularisation_is_place_by_place():
    velocity, average = _random(0), _random(1)
    changed = velocity.clone()
    changed[:, :, 1, 0, 2] += 1
    differs = (regulated(changed, average, 0.1) != regulated(velocity, average, 0.1)).any(dim=1)
    assert differs.nonzero()[:, 1:].tolist() == [[1, 0, 2]] * 2


def _twin(estimate, reference):
    """As the paper's code lists them: neighbours, and then every frame against all others."""
    frames = estimate.shape[1]
    pairs = [(frame + 1, frame) for frame in range(frames - 1)]
    pairs += [(centre, other) for centre in range(frames) for other in range(frames) if other != centre]
    maps = [torch.stack([(video[:, i] - video[:, j]).abs() for i, j in pairs]) for video in (estimate, reference)]
    return (maps[0] - maps[1]).square().mean()


@pytest.mark.parametrize("frames", [2, 3, 5])
def test_the_difference_term_is_its_naive_twin(frames):
    shape = (2, 3, frames, 2, 3)
    estimate, reference = _random(0, shape), _random(1, shape)
    expected = torch.stack([_twin(*pair) for pair in zip(estimate, reference, strict=True)])
    torch.testing.assert_close(difference_error(estimate, reference), expected, rtol=0, atol=1e-12)


def test_the_difference_term_sees_neither_direction_nor_a_look_that_all_frames_share():
    estimate, reference = _random(0), _random(1)
    for blind in (-estimate, estimate + _random(2)[:, :, :1]):
        torch.testing.assert_close(
            difference_error(blind, reference), difference_error(estimate, reference), rtol=0, atol=1e-12
        )
    two = _random(0, (1, 3, 2, 2, 2))
    assert float(difference_error(two.flip(2), two)) == 0


def test_a_pan_to_the_left_and_one_to_the_right_differ_in_the_first_term_only():
    row = _random(3, (1, 3, 1, 1, 6))
    right = torch.cat([row, row.roll(1, dims=4)], dim=2)
    left = right.flip(2)
    assert float(flow_motion_loss(left, right, alpha=0, beta=1)) == 0
    assert float(flow_motion_loss(left, right, alpha=1, beta=0)) > 0.1


def test_the_loss_of_the_reference_itself_is_0_and_more_damage_costs_more():
    reference, damage = _random(0), _random(1)
    values = [
        flow_motion_loss(reference + size * damage, reference, alpha=4, beta=1).sum().item()
        for size in (0, 0.1, 0.2, 0.5, 1.0)
    ]
    assert values[0] == 0
    assert values == sorted(values)
    assert len(set(values)) == 5


def test_the_loss_is_the_weighted_sum_of_its_terms():
    estimate, reference = _random(0), _random(1)
    expected = 4 * (estimate - reference).square().mean(dim=(1, 2, 3, 4)) + 3 * difference_error(estimate, reference)
    found = flow_motion_loss(estimate, reference, alpha=4, beta=3)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_the_gradient_of_the_first_term_is_the_difference_to_the_reference():
    estimate, reference = _random(0).requires_grad_(), _random(1)
    flow_motion_loss(estimate, reference, alpha=4, beta=0).sum().backward()
    expected = 4 * 2 * (estimate.detach() - reference) / estimate[0].numel()
    torch.testing.assert_close(estimate.grad, expected, rtol=0, atol=1e-12)


def test_the_gradient_is_that_of_finite_differences():
    estimate, reference = _random(0, (1, 2, 3, 2, 2)).requires_grad_(), _random(1, (1, 2, 3, 2, 2))
    assert torch.autograd.gradcheck(
        lambda moved: flow_motion_loss(clean_estimate(moved, reference, 0.4), reference, alpha=4, beta=1),
        [estimate],
        rtol=0,
        atol=1e-6,
    )


def test_other_shapes_and_single_frames_are_refused():
    with pytest.raises(ValueError, match=r"two \[B, C, F, h, w\], got \(2, 3, 4, 2, 3\) and \(2, 3, 3, 2, 3\)"):
        flow_motion_loss(_random(0), _random(0)[:, :, :3], alpha=1, beta=1)
    with pytest.raises(ValueError, match=r"differences need \[B, C, F >= 2, h, w\], got \[2, 3, 1, 2, 3\]"):
        difference_error(_random(0)[:, :, :1], _random(0)[:, :, :1])
