import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from motionbench.backbones.token_grid import TokenGrid

LENGTHS = st.integers(1, 5)
GRIDS = st.builds(TokenGrid, LENGTHS, LENGTHS, LENGTHS)


@given(GRIDS)
def test_tokens_and_places_are_the_same_thing_twice(grid):
    places = [grid.place(token) for token in range(grid.tokens)]
    assert [grid.token(*place) for place in places] == list(range(grid.tokens))
    assert len(set(places)) == grid.tokens == grid.frames * grid.tokens_a_frame


@given(GRIDS)
def test_folding_undoes_unfolding_and_puts_each_token_at_its_place(grid):
    tokens = torch.arange(grid.tokens).view(1, -1, 1).expand(2, -1, 3)
    unfolded = grid.unfold(tokens)
    assert unfolded.shape == (2, *grid.shape, 3)
    assert torch.equal(grid.fold(unfolded), tokens)
    for token in range(grid.tokens):
        assert unfolded[(1, *grid.place(token), 2)] == token


def test_a_hand_worked_place():
    grid = TokenGrid(frames=2, rows=3, columns=4)
    assert grid.place(17) == (1, 1, 1)
    assert grid.token(1, 1, 1) == 17


def test_a_change_of_one_patch_changes_its_token_alone_in_the_model(tiny):
    model, latents = tiny.transformer(), tiny.latents()
    grid = TokenGrid.for_transformer(model, latents)
    assert grid.shape == (3, 4, 4)
    changed = latents.clone()
    changed[:, :, 2, 2 * 1, 2 * 3 + 1] += 1  # inside the patch of frame 2, row 1, column 3
    tokens = []
    handle = model.blocks[0].register_forward_pre_hook(lambda module, arguments: tokens.append(arguments[0]))
    tiny.forward(model, latents)
    tiny.forward(model, changed)
    handle.remove()
    moved = (tokens[0] != tokens[1]).any(dim=-1)[0].nonzero().flatten().tolist()
    assert moved == [grid.token(2, 1, 3)]


def test_patches_may_span_frames():
    assert TokenGrid.of((1, 16, 4, 6, 8), (2, 3, 4)).shape == (2, 2, 2)


def test_its_errors_say_what_came_and_what_was_expected():
    grid = TokenGrid(2, 3, 4)
    with pytest.raises(ValueError, match=r"1 or more frames, rows and columns, got \(0, 3, 4\)"):
        TokenGrid(0, 3, 4)
    with pytest.raises(ValueError, match=r"got shapes \(3, 8, 8\) and \(1, 2, 2\)"):
        TokenGrid.of((3, 8, 8), (1, 2, 2))
    with pytest.raises(
        ValueError, match=r"latents of \(3, 9, 8\) \(F, h, w\) are not whole patches of \(1, 2, 2\); choose"
    ):
        TokenGrid.of((1, 4, 3, 9, 8), (1, 2, 2))
    with pytest.raises(ValueError, match=r"token 24 is outside the token grid \(2, 3, 4\) of 24 tokens"):
        grid.place(24)
    with pytest.raises(ValueError, match=r"\(frame, row, column\) \(0, -1, 0\) is outside"):
        grid.token(0, -1, 0)
    with pytest.raises(ValueError, match=r"unfolds \[B, 24, \.\.\.\], got \(1, 23, 2\)"):
        grid.unfold(torch.zeros(1, 23, 2))
    with pytest.raises(ValueError, match=r"folds \[B, \*\(2, 3, 4\), \.\.\.\], got \(1, 2, 4, 3, 2\)"):
        grid.fold(torch.zeros(1, 2, 4, 3, 2))
