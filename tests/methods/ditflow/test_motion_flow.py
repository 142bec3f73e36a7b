import math

import pytest
import torch

from motionbench.backbones.token_grid import TokenGrid
from motionbench.methods.ditflow.motion_flow import motion_flow, motion_flow_loss

GRID = TokenGrid(3, 2, 4)
WIDE = TokenGrid(3, 3, 8)


def _random(seed=0, batch=2, grid=GRID, heads=3, width=5, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(batch, grid.tokens, heads, width, generator=generator, dtype=dtype) for _ in range(2)]


def _dense(queries, keys, grid, temperature):
    """The whole logit tensor, softmax frame by frame, and displacements token by token."""
    logits = torch.einsum("bshd,bthd->bhst", queries, keys).mean(1) / math.sqrt(queries.shape[-1])
    field = torch.zeros(len(queries), grid.frames, grid.frames, grid.tokens_a_frame, 2, dtype=queries.dtype)
    for s in range(grid.tokens):
        frame, row, column = grid.place(s)
        for other in range(grid.frames):
            targets = range(other * grid.tokens_a_frame, (other + 1) * grid.tokens_a_frame)
            weights = (temperature * logits[:, s, targets.start : targets.stop]).softmax(-1)
            for weight, t in zip(weights.unbind(-1), targets, strict=True):
                _, there, across = grid.place(t)
                step = torch.tensor([across - column, there - row], dtype=queries.dtype)
                field[:, frame, other, s % grid.tokens_a_frame] += weight[:, None] * step
    return field


def _planted(shift, grid=WIDE, seed=3):
    """Queries and keys of a world of distinct tokens that the camera passes by ``shift`` columns a frame."""
    wide = grid.columns + 2 * abs(shift) * grid.frames
    codes = torch.randn(grid.rows, wide, 64, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    codes = 6 * torch.nn.functional.normalize(codes, dim=-1)
    start = abs(shift) * grid.frames
    frames = [codes[:, start - shift * f : start - shift * f + grid.columns] for f in range(grid.frames)]
    tokens = torch.stack(frames)[None].flatten(1, 3)
    return tokens.unflatten(-1, (4, 16)), grid


def _inside(field, shift, grid):
    """The displacements, by pairs of frames, of tokens that stay in view throughout."""
    margin = abs(shift) * (grid.frames - 1)
    unfolded = field.unflatten(3, (grid.rows, grid.columns))
    return unfolded[:, :, :, :, margin : grid.columns - margin]


@pytest.mark.parametrize("frames_at_once", [1, 2, 3, None])
def test_chunks_give_the_dense_field(frames_at_once):
    queries, keys = _random()
    found = motion_flow(queries, keys, GRID, temperature=1.7, frames_at_once=frames_at_once)
    torch.testing.assert_close(found, _dense(queries, keys, GRID, 1.7), rtol=0, atol=1e-12)


def test_chunks_give_the_dense_gradient():
    tensors = [part.requires_grad_() for part in _random(1)]
    weights = torch.randn(2, 3, 3, 8, 2, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    found = torch.autograd.grad((motion_flow(*tensors, GRID, frames_at_once=2) * weights).sum(), tensors)
    expected = torch.autograd.grad((_dense(*tensors, GRID, 2.0) * weights).sum(), tensors)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


def test_the_gradient_is_that_of_finite_differences():
    grid = TokenGrid(2, 2, 2)
    tensors = [part.requires_grad_() for part in _random(2, batch=1, grid=grid, heads=2, width=2)]
    reference = motion_flow(*_random(5, batch=1, grid=grid, heads=2, width=2), grid, hard=True)

    def loss(queries, keys):
        return motion_flow_loss(motion_flow(queries, keys, grid), reference)

    assert torch.autograd.gradcheck(loss, tensors, rtol=0, atol=1e-6)


def test_memory_never_holds_the_full_logits_even_under_a_gradient():
    grid = TokenGrid(4, 4, 4)
    queries, keys = (part.requires_grad_() for part in _random(batch=1, grid=grid))
    sizes = []
    with torch.autograd.graph.saved_tensors_hooks(
        lambda saved: sizes.append(saved.numel()) or saved, lambda kept: kept
    ):
        motion_flow(queries, keys, grid, frames_at_once=1)
    assert max(sizes) <= queries.numel() < grid.tokens**2


@pytest.mark.parametrize("shift", [1, -1, 2])
@pytest.mark.parametrize("hard", [True, False])
def test_a_planted_motion_is_recovered(shift, hard):
    tokens, grid = _planted(shift, TokenGrid(3, 3, 12))
    field = _inside(motion_flow(tokens, tokens, grid, temperature=30.0, hard=hard), shift, grid)
    for first in range(3):
        for second in range(3):
            expected = torch.tensor([shift * (second - first), 0.0], dtype=torch.float64)
            found = field[0, first, second]
            torch.testing.assert_close(found, expected.expand_as(found), rtol=0, atol=1e-3)


def test_the_reversed_clip_has_the_opposite_field():
    tokens, grid = _planted(1)
    backwards = grid.fold(grid.unfold(tokens).flip(1))
    found = _inside(motion_flow(tokens, tokens, grid, hard=True), 1, grid)
    reversed_field = _inside(motion_flow(backwards, backwards, grid, hard=True), 1, grid)
    torch.testing.assert_close(reversed_field, -found, rtol=0, atol=0)


def test_the_soft_field_nears_the_hard_one_as_the_temperature_grows():
    queries, keys = _random(4)
    hard = motion_flow(queries, keys, GRID, hard=True)
    distances = [
        float((motion_flow(queries, keys, GRID, temperature=temperature) - hard).abs().max())
        for temperature in (1.0, 10.0, 1e6)
    ]
    assert distances[0] > distances[1] > distances[2]
    assert distances[2] < 1e-6


def test_rows_and_columns_are_not_confused():
    grid = TokenGrid(2, 3, 2)
    codes = 20 * torch.eye(grid.rows, dtype=torch.float64)
    tokens = torch.stack([codes, codes.roll(1, 0)])[:, :, None].expand(-1, -1, 2, -1)[None].flatten(1, 3)
    field = motion_flow(tokens[:, :, None], tokens[:, :, None], grid).unflatten(3, (3, 2))
    # The codes do not say which column: half a token towards the middle, and one row down in the second frame.
    expected = torch.tensor([[0.5, 1.0], [-0.5, 1.0]], dtype=torch.float64)
    torch.testing.assert_close(field[0, 0, 1, 0], expected, rtol=0, atol=1e-9)


def test_low_precision_features_are_computed_in_float32():
    queries, keys = _random(dtype=torch.float32)
    field = motion_flow(queries.bfloat16(), keys.bfloat16(), GRID)
    expected = motion_flow(queries.bfloat16().float(), keys.bfloat16().float(), GRID)
    assert torch.equal(field, expected)


def test_the_loss_of_a_field_to_itself_is_zero_and_to_its_opposite_four_times_its_square():
    field = motion_flow(*_random(6), GRID)
    assert torch.equal(motion_flow_loss(field, field), torch.zeros(2, dtype=torch.float64))
    opposite = motion_flow_loss(-field, field, moving_only=False)
    torch.testing.assert_close(opposite, 4 * field.square().mean((1, 2, 3, 4)), rtol=0, atol=1e-12)


def test_only_tokens_that_move_in_the_reference_count():
    reference = torch.zeros(2, 2, 2, 3, 2, dtype=torch.float64)
    reference[0, 0, 1, 2] = torch.tensor([0.0, 2.0])
    reference[1, 1, 0, :2] = torch.tensor([1.0, 0.0])
    field = torch.full_like(reference, 1.0)
    # (1 + 1) / 2 for the only token of the first item; (0 + 1) / 2 for both of the second.
    expected = torch.tensor([1.0, 0.5], dtype=torch.float64)
    torch.testing.assert_close(motion_flow_loss(field, reference), expected, rtol=0, atol=1e-12)
    field[0, 0, 0] = 50.0
    torch.testing.assert_close(motion_flow_loss(field, reference), expected, rtol=0, atol=1e-12)
    assert motion_flow_loss(field, reference, moving_only=False)[0] > 100


def test_following_the_gradient_turns_a_field_around():
    tokens, grid = _planted(1)
    reference = -motion_flow(tokens, tokens, grid, hard=True)
    moved = tokens.clone().requires_grad_()
    optimiser = torch.optim.Adam([moved], lr=0.05)
    losses = []
    for _ in range(30):
        loss = motion_flow_loss(motion_flow(moved, moved, grid), reference).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]


def test_its_errors_say_what_is_wrong():
    queries, keys = _random()
    with pytest.raises(ValueError, match=r"motion flow takes queries and keys \[B, 24, heads, head_dim\] .*\(2, 20, 3"):
        motion_flow(queries[:, :20], keys[:, :20], GRID)
    with pytest.raises(ValueError, match="a temperature of attention is a positive number, got 0"):
        motion_flow(queries, keys, GRID, temperature=0)
    with pytest.raises(ValueError, match=r"fields are two \[B, F, F, N, 2\], got"):
        motion_flow_loss(torch.zeros(1, 2, 2, 3, 2), torch.zeros(1, 2, 2, 4, 2))
    with pytest.raises(ValueError, match=r"zero everywhere, so nothing guides; compare all tokens instead"):
        motion_flow_loss(torch.ones(1, 2, 2, 3, 2), torch.zeros(1, 2, 2, 3, 2))
