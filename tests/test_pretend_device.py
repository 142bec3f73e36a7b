"""The card that is not there refuses what a real one refuses, and computes what the processor does."""

import pytest
import torch
from torch import nn

from tests import pretend_device


@pytest.fixture
def card():
    with pretend_device.card() as card:
        yield card


def test_tensors_of_two_places_do_not_mix(card):
    there, here = torch.ones(3, device=card), torch.ones(3)
    assert there.device == card
    for mixed in (lambda: there + here, lambda: torch.cat([there, here]), lambda: there[:2].mul_(here[:2])):
        with pytest.raises(RuntimeError, match="expected all tensors on one device"):
            mixed()
    assert (there + here.to(card)).cpu().tolist() == [2, 2, 2]


def test_a_single_number_and_indices_of_the_host_may_come_along(card):
    there = torch.arange(4.0, device=card)
    assert (there * torch.tensor(2.0)).device == card
    assert there[torch.tensor([3, 1])].cpu().tolist() == [3, 1]
    with pytest.raises(RuntimeError, match="expected all tensors on one device"):
        torch.arange(4.0)[torch.tensor([1], device=card)]


def test_a_generator_of_the_host_draws_nothing_there(card):
    generator = torch.Generator().manual_seed(0)
    with pytest.raises(RuntimeError, match="expected a generator of"):
        torch.randn(3, device=card, generator=generator)
    with pytest.raises(RuntimeError, match="expected a generator of"):
        nn.init.normal_(torch.empty(3, device=card), generator=generator)
    assert torch.randn(3, generator=generator).to(card).device == card


def test_what_is_there_is_no_array(card):
    with pytest.raises((RuntimeError, TypeError)):
        torch.ones(3, device=card).numpy()


def test_without_doubles_there_is_no_float64():
    with pretend_device.card(doubles=False) as card, pytest.raises(TypeError, match="has no float64"):
        torch.ones(3, dtype=torch.float64).to(card)


def test_a_model_learns_there_what_it_learns_here(card):
    def learnt(place):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(4, 5), nn.SiLU(), nn.Linear(5, 1)).to(place)
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, fused=True)
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.ones(2, 4, device=place)).square().sum().backward()
            optimizer.step()
        assert all(weight.device.type == torch.device(place).type for weight in model.parameters())
        return [weight.detach().cpu() for weight in model.parameters()]

    for here, there in zip(learnt("cpu"), learnt(card), strict=True):
        torch.testing.assert_close(here, there)


def test_attention_and_views_are_those_of_the_processor(card):
    queries = torch.randn(1, 2, 5, 4)
    there = queries.to(card).requires_grad_()
    attended = nn.functional.scaled_dot_product_attention(there, there, there)
    attended.sum().backward()
    with nn.attention.sdpa_kernel(nn.attention.SDPBackend.MATH):
        torch.testing.assert_close(
            attended.detach().cpu(), nn.functional.scaled_dot_product_attention(queries, queries, queries)
        )
    assert there.grad.device == card
    changed = queries.to(card)
    changed[:, 1].zero_()
    assert changed.cpu()[:, 1].abs().sum() == 0


def test_afterwards_nothing_is_left_of_it():
    with pretend_device.card():
        pass
    model = nn.Linear(2, 2)
    weight = model.weight
    assert model.to(torch.float64).weight is weight
    assert not hasattr(torch, "lazy")
