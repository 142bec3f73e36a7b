import pytest
import torch

from motionbench.methods.fym import losses
from motionbench.methods.tuner.losses import mean_squared_error


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


def test_the_motion_loss_adds_its_weight_only_where_it_is_wanted():
    target, generator = _velocity(), torch.Generator()

    def total(motion, weight=1.0):
        return losses.StageLoss(motion, weight)(-target, target, generator)

    error = total("none")
    torch.testing.assert_close(error, mean_squared_error(-target, target), rtol=0, atol=0)
    torch.testing.assert_close(total("signed", 0.5), error + 1.0, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(total("release"), error, rtol=1e-5, atol=1e-6)
