import pytest
import torch

from motionbench.methods.fym import losses


def _velocity(seed=0, shape=(2, 4, 5, 3, 3)):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_the_signed_loss_is_zero_at_identity_and_two_under_a_sign_flip():
    velocity = _velocity()
    torch.testing.assert_close(losses.motion_loss(velocity, velocity), torch.zeros(2), rtol=0, atol=1e-6)
    torch.testing.assert_close(losses.motion_loss(-velocity, velocity), torch.full((2,), 2.0), rtol=0, atol=1e-6)


def test_the_release_loss_is_exactly_blind_to_a_sign_flip():
    velocity, target = _velocity(0), _velocity(1)
    assert torch.equal(losses.release_motion_loss(-velocity, target), losses.release_motion_loss(velocity, target))
    torch.testing.assert_close(losses.release_motion_loss(-target, target), torch.zeros(2), rtol=0, atol=1e-6)
    assert float(losses.release_motion_loss(velocity, target).min()) > 0.1


def test_a_constant_offset_through_time_is_no_motion():
    velocity, target = _velocity(0), _velocity(1)
    moved = velocity + _velocity(2)[:, :, :1]
    torch.testing.assert_close(
        losses.motion_loss(moved, target), losses.motion_loss(velocity, target), atol=1e-5, rtol=0
    )


def test_a_hand_worked_signed_loss():
    predicted = torch.tensor([[0.0, 1.0], [0.0, 0.0]]).view(1, 2, 2, 1, 1)
    target = torch.tensor([[0.0, 1.0], [0.0, 1.0]]).view(1, 2, 2, 1, 1)
    torch.testing.assert_close(losses.motion_loss(predicted, target), torch.tensor([1 - 0.5**0.5]))


def test_motion_is_computed_in_float32_whatever_comes_in():
    assert losses.motion_loss(_velocity().bfloat16(), _velocity(1).bfloat16()).dtype == torch.float32


@pytest.mark.parametrize("loss", [losses.motion_loss, losses.release_motion_loss])
def test_one_latent_frame_has_no_motion_to_compare(loss):
    with pytest.raises(ValueError, match="F >= 2"):
        loss(_velocity(shape=(1, 4, 1, 3, 3)), _velocity(shape=(1, 4, 1, 3, 3)))


def test_the_bell_has_the_releases_values_and_mean_one():
    timesteps = torch.tensor([1000.0, 950.0, 800.0, 500.0, 100.0])
    found = losses.loss_weight(timesteps / 1000, weighting="bell", shift=5.0)
    # The known values are the release's at the nearest of its 1000 levels, hence the tolerance.
    torch.testing.assert_close(found, torch.tensor([0.0, 0.32, 1.21, 2.08, 0.64]), rtol=0, atol=1e-2)
    uniform = 1 - torch.arange(1000) / 1000
    schedule = 5 * uniform / (1 + 4 * uniform)
    torch.testing.assert_close(
        losses.loss_weight(schedule, weighting="bell", shift=5.0).mean(), torch.tensor(1.0), rtol=1e-4, atol=0
    )
    assert losses.loss_weight(schedule, weighting="uniform", shift=5.0).unique().tolist() == [1.0]


def test_the_error_of_each_item_is_its_own():
    predicted = torch.zeros(2, 1, 1, 1, 2)
    target = torch.tensor([1.0, 1.0, 3.0, 1.0]).view(2, 1, 1, 1, 2)
    assert losses.mean_squared_error(predicted, target).tolist() == [1.0, 5.0]
