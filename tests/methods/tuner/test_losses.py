import torch

from motionbench.methods.tuner import losses


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
