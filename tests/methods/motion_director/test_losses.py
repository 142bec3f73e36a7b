import math

import pytest
import torch

from motionbench.methods.motion_director.losses import TemporalLoss, debiased
from motionbench.methods.tuner.losses import mean_squared_error

DAMPING = (math.sqrt(2) - 1) ** 2


def _field(seed=0, shape=(2, 4, 5, 3, 3)):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def _over_all_anchors(residual, beta=1.0):
    """Mean square of φ(residual) over anchors, written out."""
    frames = residual.shape[2]
    found = [debiased(residual, torch.full((len(residual),), a), beta=beta).square().mean() for a in range(frames)]
    return float(torch.stack(found).mean())


def test_a_hand_worked_field():
    field = torch.tensor([[1.0, 2.0], [3.0, 5.0]]).view(2, 1, 2, 1, 1)
    found = debiased(field, torch.tensor([0, 1]), beta=0.75)
    expected = torch.tensor([[1.25 - 0.75, 2.5 - 0.75], [3.75 - 3.75, 6.25 - 3.75]]).view_as(field)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)


def test_it_is_the_paper_s_equation_frame_by_frame():
    field, anchor = _field(), torch.tensor([3, 1])
    found = debiased(field, anchor, beta=0.6)
    for item in range(2):
        for frame in range(5):
            expected = math.sqrt(0.6**2 + 1) * field[item, :, frame] - 0.6 * field[item, :, anchor[item]]
            torch.testing.assert_close(found[item, :, frame], expected, rtol=0, atol=1e-12)


def test_it_is_linear():
    one, two, anchor = _field(0), _field(1), torch.tensor([0, 4])
    found = debiased(2 * one - 3 * two, anchor)
    expected = 2 * debiased(one, anchor) - 3 * debiased(two, anchor)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_beta_zero_is_the_field_itself():
    assert torch.equal(debiased(_field(), torch.tensor([1, 2]), beta=0.0), _field())


@pytest.mark.parametrize("beta", [0.5, 1.0, 3.0])
def test_equal_frames_shrink_to_a_known_share_whatever_the_anchor(beta):
    still = _field(shape=(2, 4, 1, 3, 3)).expand(-1, -1, 5, -1, -1)
    for anchor in range(5):
        found = debiased(still, torch.tensor([anchor, 4 - anchor]), beta=beta)
        torch.testing.assert_close(found, (math.sqrt(beta**2 + 1) - beta) * still, rtol=0, atol=1e-12)


def test_the_difference_of_two_frames_keeps_nothing_of_the_anchor():
    """An offset that all frames share cancels in differences of frames, exactly as without debiasing."""
    field, anchor = _field(), torch.tensor([3, 1])
    moved = field + _field(2)[:, :, :1]
    found = debiased(moved, anchor).diff(dim=2)
    torch.testing.assert_close(found, math.sqrt(2) * field.diff(dim=2), rtol=0, atol=1e-12)


def test_independent_frames_have_three_times_the_variance():
    noise = _field(shape=(64, 4, 9, 8, 8))
    anchor = torch.zeros(64, dtype=torch.long)
    away = debiased(noise, anchor)[:, :, 1:]
    assert float(away.var()) == pytest.approx(3.0, rel=0.02)


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_motion_is_amplified_and_appearance_is_damped_by_what_the_docstring_says(beta):
    residual = _field()
    appearance = residual.mean(dim=2, keepdim=True)
    motion = residual - appearance
    damping = (math.sqrt(beta**2 + 1) - beta) ** 2
    expected = (2 * beta**2 + 1) * motion.square().mean() + damping * appearance.square().mean()
    assert _over_all_anchors(residual, beta) == pytest.approx(float(expected), rel=0, abs=1e-9)


def test_the_loss_is_zero_at_identity_and_draws_one_anchor_an_item():
    generator = _generator()
    assert TemporalLoss()(_field(), _field(), generator).tolist() == [0.0, 0.0]
    expected = _generator()
    torch.randint(5, (2,), generator=expected)
    assert torch.equal(generator.get_state(), expected.get_state())


def test_a_shared_offset_costs_a_sixth_of_a_planted_motion_s_in_the_debiased_part():
    target = _field()
    ramp = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0], dtype=torch.float64).view(1, 1, 5, 1, 1)
    planted = target + ramp / ramp.square().mean().sqrt()
    offset = target + 1.0

    def added(predicted):
        plain = mean_squared_error(predicted, target)
        draws = [TemporalLoss()(predicted, target, _generator(seed)) - plain for seed in range(400)]
        return float(torch.stack(draws).mean())

    assert added(offset) == pytest.approx(DAMPING, rel=1e-5)
    # 800 anchors of which each is worth 1 to 5 with a deviation of 1.7: five standard errors.
    assert added(planted) == pytest.approx(3.0, abs=0.3)


def test_without_weight_it_is_the_plain_loss():
    found = TemporalLoss(weight=0.0)(_field(0), _field(1), _generator())
    torch.testing.assert_close(found, mean_squared_error(_field(0), _field(1)), rtol=0, atol=0)


def test_the_sign_of_motion_matters():
    target = _field() - _field().mean(dim=2, keepdim=True)
    assert float(TemporalLoss()(-target, target, _generator()).min()) > 1.0


def test_the_gradient_agrees_with_finite_differences():
    predicted, anchor = _field(0, (1, 2, 3, 2, 2)).requires_grad_(), torch.tensor([1])
    target = debiased(_field(1, (1, 2, 3, 2, 2)), anchor)
    assert torch.autograd.gradcheck(lambda field: (debiased(field, anchor) - target).square().mean(), [predicted])


def test_it_is_computed_in_float32_whatever_comes_in():
    assert TemporalLoss()(_field().bfloat16(), _field(1).bfloat16(), _generator()).dtype == torch.float32


@pytest.mark.parametrize("shape", [(1, 4, 1, 3, 3), (4, 5, 3, 3)])
def test_a_single_frame_has_no_anchor_but_itself(shape):
    with pytest.raises(ValueError, match="F >= 2"):
        debiased(_field(shape=shape), torch.tensor([0]))
