import math

import pytest
import torch

from motionbench.backbones.token_grid import TokenGrid
from motionbench.methods.motion_clone.attention import sparse, sparse_attention_loss, temporal_attention

GRID = TokenGrid(4, 2, 3)
LONG = TokenGrid(5, 2, 2)


def _random(seed=0, batch=2, grid=GRID, heads=2, width=5):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(batch, grid.tokens, heads, width, generator=generator, dtype=torch.float64) for _ in range(2)]


def _dense(queries, keys, grid):
    """The whole logit tensor with every other place masked away."""
    logits = torch.einsum("bshd,bthd->bhst", queries, keys) / math.sqrt(queries.shape[-1])
    places = torch.arange(grid.tokens) % grid.tokens_a_frame
    logits = logits.masked_fill(places[:, None] != places[None], -torch.inf)
    attention = logits.softmax(-1).unflatten(-1, (grid.frames, -1)).unflatten(2, (grid.frames, -1))
    return torch.stack([attention[:, :, :, n, :, n] for n in range(grid.tokens_a_frame)], dim=1)


def _planted(offset, grid=LONG):
    """Attention of each frame to the one ``offset`` later, as far as there is one."""
    codes = 8 * torch.eye(grid.frames, dtype=torch.float64)
    keys = codes.repeat_interleave(grid.tokens_a_frame, dim=0)[None, :, None]
    targets = (torch.arange(grid.frames) + offset).clamp(0, grid.frames - 1)
    queries = codes[targets].repeat_interleave(grid.tokens_a_frame, dim=0)[None, :, None]
    return queries, keys, targets


def test_it_equals_the_dense_attention_of_equal_places():
    queries, keys = _random()
    torch.testing.assert_close(temporal_attention(queries, keys, GRID), _dense(queries, keys, GRID), rtol=0, atol=1e-12)


@pytest.mark.parametrize("offset", [1, -1, 2])
def test_a_planted_attention_is_recovered(offset):
    queries, keys, targets = _planted(offset)
    kept = sparse(temporal_attention(queries, keys, LONG))
    assert kept.frames.shape == (1, 4, 1, 5, 1)
    assert (kept.frames[0, :, 0, :, 0] == targets).all()
    assert (kept.values > 0.99).all()


def test_the_mask_keeps_one_frame_of_all_and_the_largest():
    attention = temporal_attention(*_random(), GRID)
    assert sparse(attention).density == 1 / 4
    assert sparse(attention, 3).density == 3 / 4
    assert torch.equal(sparse(attention).values[..., 0], attention.amax(-1))


def test_it_is_zero_at_identity_whatever_is_kept():
    attention = temporal_attention(*_random(), GRID)
    for count in range(1, 5):
        assert torch.equal(sparse_attention_loss(attention, sparse(attention, count)), torch.zeros(2).double())


def test_the_reversed_attention_costs_nearly_all_there_is():
    grid = LONG
    forwards, backwards = (temporal_attention(*_planted(offset)[:2], grid) for offset in (1, -1))
    loss = sparse_attention_loss(backwards, sparse(forwards))
    # No frame follows the last and none precedes the first, so each looks at itself; no frame agrees otherwise.
    assert float(loss) == pytest.approx(1.0, abs=0.01)


def test_it_is_the_masked_square_of_the_paper():
    reference, attention = (temporal_attention(*_random(seed), GRID) for seed in (0, 1))
    mask = torch.zeros_like(reference).scatter(-1, reference.argmax(-1, keepdim=True), 1.0)
    expected = (mask * (reference - attention)).square().sum((1, 2, 3, 4)) / mask.sum((1, 2, 3, 4))
    found = sparse_attention_loss(attention, sparse(reference))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_all_entries_kept_is_the_plain_square():
    reference, attention = (temporal_attention(*_random(seed), GRID) for seed in (0, 1))
    found = sparse_attention_loss(attention, sparse(reference, 4))
    expected = (reference - attention).square().mean((1, 2, 3, 4))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_the_gradient_is_that_of_finite_differences():
    grid = TokenGrid(3, 1, 2)
    reference = sparse(temporal_attention(*_random(5, grid=grid), grid))

    def loss(queries, keys):
        return sparse_attention_loss(temporal_attention(queries, keys, grid), reference)

    tensors = [part.requires_grad_() for part in _random(3, grid=grid)]
    assert torch.autograd.gradcheck(loss, tensors, rtol=0, atol=1e-6)


def test_what_happens_at_one_place_is_not_seen_at_another():
    queries, keys = _random()
    moved = keys.clone()
    moved[:, GRID.token(2, 1, 1)] += 3
    changed = (temporal_attention(queries, moved, GRID) - temporal_attention(queries, keys, GRID)).abs()
    here = GRID.token(0, 1, 1)
    assert changed[:, here].max() > 0.01
    assert not changed[:, [n for n in range(6) if n != here]].any()


def test_its_errors_say_what_is_wrong():
    queries, keys = _random()
    attention = temporal_attention(queries, keys, GRID)
    with pytest.raises(ValueError, match=r"takes queries and keys \[B, S, heads, head_dim\], got \(2, 24, 2, 5\) and"):
        temporal_attention(queries, keys[:, :6], GRID)
    with pytest.raises(ValueError, match="1 to 4 frames can be kept, as many as there are; got 5"):
        sparse(attention, 5)
    with pytest.raises(ValueError, match=r"does not fit the reference's kept entries \(2, 6, 2, 4, 1\); take both"):
        sparse_attention_loss(attention[:, :3], sparse(attention))
