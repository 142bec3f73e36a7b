import pytest
import torch

from motionbench.backbones.token_grid import TokenGrid
from motionbench.methods.smm.features import released_smm_loss, smm_loss, spatial_mean

LOSSES = [smm_loss, released_smm_loss]


def _means(seed=0, batch=2, frames=5, channels=6):
    return torch.randn(batch, frames, channels, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _naive(found, wanted):
    frames, total = found.shape[1], torch.zeros(len(found), dtype=found.dtype)
    for i in range(frames):
        for j in range(frames):
            if i != j:
                one, other = found[:, j] - found[:, i], wanted[:, j] - wanted[:, i]
                total += 1 - (one * other).sum(-1) / one.norm(dim=-1) / other.norm(dim=-1)
    return total / (frames * (frames - 1))


def _naive_released(found, wanted):
    frames, channels = found.shape[1:]
    total = torch.zeros(len(found), dtype=found.dtype)
    for i in range(frames):
        for d in range(channels):
            one, other = found[:, :, d] - wanted[:, i, d, None], wanted[:, :, d] - wanted[:, i, d, None]
            total += 1 - (one * other).sum(-1) / one.norm(dim=-1) / other.norm(dim=-1)
    return total / (frames * channels)


def test_the_spatial_mean_is_taken_frame_by_frame():
    grid = TokenGrid(2, 2, 3)
    features = torch.arange(12.0).view(1, 12, 1)
    assert spatial_mean(features, grid).flatten().tolist() == [2.5, 8.5]
    assert spatial_mean(features.bfloat16(), grid).dtype == torch.float32


@pytest.mark.parametrize(("loss", "naive"), [(smm_loss, _naive), (released_smm_loss, _naive_released)])
def test_it_is_the_equation_written_as_loops(loss, naive):
    found, wanted = _means(0), _means(1)
    torch.testing.assert_close(loss(found, wanted), naive(found, wanted), rtol=0, atol=1e-9)


@pytest.mark.parametrize("loss", LOSSES)
def test_it_is_zero_at_identity_and_two_for_opposite_motion(loss):
    wanted = _means()
    torch.testing.assert_close(loss(wanted, wanted), torch.zeros(2, dtype=torch.float64), rtol=0, atol=1e-9)
    if loss is smm_loss:
        torch.testing.assert_close(loss(-wanted, wanted), torch.full((2,), 2.0, dtype=torch.float64), rtol=0, atol=1e-9)
    else:
        assert (loss(-wanted, wanted) > 0.5).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_its_gradient_is_that_of_finite_differences(loss):
    wanted = _means(1, frames=3, channels=4)
    assert torch.autograd.gradcheck(
        lambda found: loss(found, wanted), [_means(0, frames=3, channels=4).requires_grad_()], rtol=0, atol=1e-6
    )


def test_another_look_changes_dmts_form_not_at_all_and_the_released_one_ever_more():
    wanted = _means()
    offset = torch.randn(1, 1, 6, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    looks = [wanted + size * offset for size in (0.1, 0.5, 2.0)]
    for look in looks:
        torch.testing.assert_close(smm_loss(look, wanted), torch.zeros(2, dtype=torch.float64), rtol=0, atol=1e-9)
    pulled = [float(released_smm_loss(look, wanted).mean()) for look in looks]
    assert 0.001 < pulled[0] < pulled[1] < pulled[2]


def test_the_size_of_a_motion_is_free_its_direction_is_not():
    wanted = _means()
    torch.testing.assert_close(smm_loss(3 * wanted, wanted), torch.zeros(2, dtype=torch.float64), rtol=0, atol=1e-9)
    assert (smm_loss(wanted.flip(1), wanted) > 0.7).all()


def test_frames_may_be_renamed_in_both():
    found, wanted = _means(0), _means(1)
    order = torch.tensor([3, 0, 4, 1, 2])
    torch.testing.assert_close(smm_loss(found[:, order], wanted[:, order]), smm_loss(found, wanted), rtol=0, atol=1e-9)


def test_a_still_clip_has_no_direction_and_costs_one():
    still = _means()[:, :1].expand(-1, 5, -1)
    assert torch.equal(smm_loss(still, _means(1)), torch.ones(2, dtype=torch.float64))


def test_a_planted_drift_is_recovered_by_its_gradient():
    times = torch.arange(5, dtype=torch.float64)[None, :, None]
    direction = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    wanted = times * direction
    found = (0.1 * _means(7, batch=1, channels=3)).requires_grad_()
    optimiser = torch.optim.Adam([found], lr=0.05)
    for _ in range(200):
        optimiser.zero_grad()
        smm_loss(found, wanted).sum().backward()
        optimiser.step()
    drift = (found[:, 1:] - found[:, :1]).detach()
    cosines = torch.nn.functional.cosine_similarity(drift, direction.expand_as(drift), dim=-1)
    assert (cosines > 0.99).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_its_error_names_both_shapes(loss):
    with pytest.raises(ValueError, match=r"two \[B, F >= 2, D\], got \(2, 1, 6\) and \(2, 1, 6\)"):
        loss(_means(frames=1), _means(frames=1))
    with pytest.raises(ValueError, match=r"got \(2, 5, 6\) and \(2, 4, 6\)"):
        loss(_means(), _means(frames=4))
