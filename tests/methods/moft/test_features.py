import pytest
import torch

from motionbench.backbones.token_grid import TokenGrid
from motionbench.methods.moft.features import content_removed, moft_loss, motion_channels

GRID = TokenGrid(4, 2, 3)
ALL = torch.arange(8)


def _features(seed=0, batch=2, grid=GRID, channels=8):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, grid.tokens, channels, generator=generator, dtype=torch.float64)


def _planted(channels=(2, 5), seed=0):
    """Weak noise everywhere, strong content everywhere, motion in two channels only."""
    content = 10 * _features(seed, grid=TokenGrid(1, 2, 3)).repeat(1, 4, 1)
    moving = torch.zeros(8, dtype=torch.float64)
    moving[list(channels)] = torch.tensor([1.0, -1.5], dtype=torch.float64)
    times = torch.linspace(-1, 1, 4, dtype=torch.float64).repeat_interleave(6)[None, :, None]
    return content + times * moving + 0.01 * _features(seed + 1)


def _naive(found, wanted, channels):
    total = torch.zeros(len(found), dtype=found.dtype)
    for s in range(found.shape[1]):
        one, other = found[:, s, channels], wanted[:, s, channels]
        total += 1 - (one * other).sum(-1) / one.norm(dim=-1) / other.norm(dim=-1)
    return total / found.shape[1]


def test_what_all_frames_share_is_removed():
    still = _features(grid=TokenGrid(1, 2, 3)).repeat(1, 4, 1)
    torch.testing.assert_close(content_removed(still, GRID), torch.zeros_like(still), rtol=0, atol=1e-12)
    moving = _features(1)
    torch.testing.assert_close(content_removed(moving + still, GRID), content_removed(moving, GRID), rtol=0, atol=1e-12)


def test_the_mean_of_a_place_over_frames_is_removed_and_no_other():
    features = torch.zeros(1, 24, 1, dtype=torch.float64)
    features[0, GRID.token(3, 1, 2)] = 4.0
    removed = content_removed(features, GRID)
    assert removed[0, GRID.token(3, 1, 2)] == 3.0
    assert [float(removed[0, GRID.token(f, 1, 2), 0]) for f in range(3)] == [-1.0] * 3
    assert int(removed.ne(0).sum()) == 4


def test_planted_motion_channels_are_found():
    found = motion_channels(content_removed(_planted(), GRID), 2)
    assert found.tolist() == [2, 5]


def test_two_independent_motions_need_two_components():
    features = torch.zeros(2, 24, 8, dtype=torch.float64)
    steps = torch.tensor([-3.0, -1.0, 1.0, 3.0], dtype=torch.float64).repeat_interleave(6)
    features[0, :, 1], features[1, :, 6] = steps, 0.9 * steps
    removed = content_removed(features + 1e-3 * _features(), GRID)
    assert motion_channels(removed, 2, components=2).tolist() == [1, 6]
    strengths = [motion_channels(removed, 1, components=number).tolist() for number in (1, 2)]
    assert strengths == [[1], [1]]


def test_it_is_the_equation_written_as_loops():
    found, wanted, channels = _features(0), _features(1), torch.tensor([0, 3, 7])
    torch.testing.assert_close(moft_loss(found, wanted, channels), _naive(found, wanted, channels), rtol=0, atol=1e-9)


def test_it_is_zero_at_identity_and_two_for_opposite_motion():
    wanted = content_removed(_features(), GRID)
    torch.testing.assert_close(moft_loss(wanted, wanted, ALL), torch.zeros(2, dtype=torch.float64), rtol=0, atol=1e-9)
    torch.testing.assert_close(
        moft_loss(-wanted, wanted, ALL), torch.full((2,), 2.0, dtype=torch.float64), rtol=0, atol=1e-9
    )


def test_a_change_outside_the_motion_channels_changes_nothing():
    found, wanted, channels = _features(0), _features(1), torch.tensor([1, 4])
    other = found.clone()
    other[..., [0, 2, 3, 5, 6, 7]] += 5
    assert torch.equal(moft_loss(other, wanted, channels), moft_loss(found, wanted, channels))


def test_the_gradient_is_that_of_finite_differences():
    grid = TokenGrid(2, 1, 2)
    wanted = content_removed(_features(1, grid=grid), grid)
    channels = torch.tensor([0, 2, 5])

    def loss(features):
        return moft_loss(content_removed(features, grid), wanted, channels)

    assert torch.autograd.gradcheck(loss, [_features(0, grid=grid).requires_grad_()], rtol=0, atol=1e-6)


def test_the_gradient_stays_inside_the_mask():
    found = _features().requires_grad_()
    mask = torch.zeros(1, 24, dtype=torch.bool)
    mask[0, :5] = True
    moft_loss(found, _features(1), ALL, mask).sum().backward()
    assert found.grad[:, :5].abs().sum() > 0
    assert not found.grad[:, 5:].any()


def test_a_full_mask_is_no_mask_and_a_part_is_the_mean_of_that_part():
    found, wanted = _features(0), _features(1)
    full = torch.ones(2, 24, dtype=torch.bool)
    torch.testing.assert_close(moft_loss(found, wanted, ALL, full), moft_loss(found, wanted, ALL), rtol=0, atol=1e-12)
    part = full.clone()
    part[:, 6:] = False
    expected = moft_loss(found[:, :6], wanted[:, :6], ALL)
    torch.testing.assert_close(moft_loss(found, wanted, ALL, part), expected, rtol=0, atol=1e-12)


def test_its_errors_say_what_is_wrong():
    with pytest.raises(ValueError, match="motion channels number 1 to 8, as many as features have; got 9"):
        motion_channels(_features(), 9)
    with pytest.raises(ValueError, match=r"two \[B, S, D\], got \(2, 24, 8\) and \(2, 12, 8\)"):
        moft_loss(_features(), _features()[:, :12], ALL)
    with pytest.raises(ValueError, match=r"a mask is \[B or 1, S\] with a true token an item, got \(1, 24\)"):
        moft_loss(_features(), _features(1), ALL, torch.zeros(1, 24, dtype=torch.bool))
