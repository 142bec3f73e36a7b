import pytest
import torch

from motionbench.methods.guidance.descent import Schedule, descend


def _latents():
    return torch.randn(1, 4, 3, 2, 2, generator=torch.Generator().manual_seed(0))


def _to_one(latents):
    return (latents - 1).square().mean()


@pytest.mark.parametrize(("optimiser", "rate"), [("adam", 0.1), ("gradient", 5.0)])
def test_it_goes_downhill(optimiser, rate):
    start = _latents()
    moved, losses = descend(start, _to_one, steps=10, rate=rate, optimiser=optimiser)
    assert list(losses) == sorted(losses, reverse=True)
    assert losses[0] == pytest.approx(float(_to_one(start)))
    assert _to_one(moved) < losses[-1]


def test_no_steps_give_the_very_same_latents():
    start = _latents()
    moved, losses = descend(start, _to_one, steps=0, rate=1.0)
    assert moved is start
    assert losses == ()


def test_gradient_descent_is_the_gradient_times_the_rate():
    start = _latents()
    moved, _ = descend(start, _to_one, steps=1, rate=0.3, optimiser="gradient")
    torch.testing.assert_close(moved, start - 0.3 * 2 * (start - 1) / start.numel(), rtol=1e-5, atol=1e-6)


def test_adam_moves_by_the_rate_whatever_the_scale_of_the_loss():
    start = _latents()
    for scale in (1.0, 1e4):
        moved, _ = descend(start, lambda latents, scale=scale: scale * _to_one(latents), steps=1, rate=0.01)
        torch.testing.assert_close((moved - start).abs(), torch.full_like(start, 0.01), rtol=1e-3, atol=1e-5)


def test_neither_the_latents_given_nor_other_gradients_are_touched():
    start, weight = _latents(), torch.ones(1, requires_grad=True)
    before = start.clone()
    with torch.no_grad():
        moved, _ = descend(start, lambda latents: weight * _to_one(latents), steps=2, rate=0.1)
    assert torch.equal(start, before)
    assert weight.grad is None
    assert not moved.requires_grad
    assert moved.dtype == start.dtype


def test_low_precision_latents_are_moved_in_float32_and_come_back_as_they_were():
    moved, _ = descend(_latents().bfloat16(), _to_one, steps=3, rate=0.1)
    assert moved.dtype == torch.bfloat16


def test_the_rate_changes_linearly_from_first_to_last():
    schedule = Schedule(0.4, 0.1, steps=4)
    assert [schedule.rate(step) for step in range(4)] == pytest.approx([0.4, 0.3, 0.2, 0.1])
    assert Schedule(0.4, 0.1, steps=1).rate(0) == 0.4


def test_a_ramp_warms_up_and_cools_down():
    schedule = Schedule(1.0, 1.0, steps=6, ramp=2)
    assert [schedule.rate(step) for step in range(6)] == pytest.approx([0.5, 1, 1, 1, 1, 0.5])


@pytest.mark.parametrize(("share", "taken", "steps"), [(0, 10, 0), (0.7, 10, 7), (0.2, 24, 5), (1, 3, 3), (0.4, 0, 0)])
def test_a_window_is_a_share_of_the_steps_taken_rounded_up(share, taken, steps):
    assert Schedule.over(share, taken, 1.0, 1.0, 0).steps == steps
