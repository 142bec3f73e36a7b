"""Blocks over several cards: who gets which, and that inputs follow and outputs return."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from motionbench import registry
from motionbench.backbones import catalog, spreading
from motionbench.backbones.memory import weight_bytes
from motionbench.backbones.spreading import share_out
from motionbench.errors import UsageError
from tests import pretend_device
from tests.pretend_device import CARD, SECOND


@pytest.mark.parametrize(
    ("sizes", "cards", "beside", "expected"),
    [
        ([1, 1, 1, 1], 2, 0, [0, 0, 1, 1]),
        ([1] * 6, 3, 0, [0, 0, 1, 1, 2, 2]),
        ([1, 1, 1, 1], 2, 2, [0, 1, 1, 1]),
        ([1, 1, 1], 2, 100, [0, 1, 1]),  # every card has one, whatever the first has already
        ([1, 1], 2, 0, [0, 1]),
        ([3, 1, 1, 1], 2, 0, [0, 1, 1, 1]),
        ([1, 1, 1], 1, 5, [0, 0, 0]),
    ],
)
def test_blocks_are_shared_out_in_order_by_weight(sizes, cards, beside, expected):
    assert share_out(sizes, cards, beside) == expected


@pytest.mark.parametrize("cards", [2, 3, 4, 8])
@pytest.mark.parametrize("beside", [0, 3, 30, 300])
def test_no_card_has_more_than_a_block_above_its_share_but_the_first(cards, beside):
    sizes = [10] * 40
    shares = share_out(sizes, cards, beside)
    assert shares == sorted(shares)
    assert set(shares) == set(range(cards))
    filled = [beside + 10 * shares.count(0), *(10 * shares.count(card) for card in range(1, cards))]
    share = (beside + sum(sizes)) / cards
    assert all(load <= share + 10 for load in filled) or filled[0] - 10 == beside


def spec_of(name, **changes):
    size = {"frames": 9, "height": 32, "width": 32, "memory": "spread"}
    return dataclasses.replace(catalog.from_address(f"tiny-random:{name}"), **(size | changes))


@pytest.mark.parametrize("name", ["wan2.1-1.3b", "cogvideox-5b", "hunyuan-video"])
def test_everything_has_its_place_and_the_video_comes_back(name, monkeypatch):
    monkeypatch.setattr(spreading, "cards", lambda first: [CARD, SECOND])
    spec = spec_of(name)
    with pretend_device.card():
        backbone = registry.implementation(spec)(spec, device=str(CARD))
        transformer = backbone.pipe.transformer
        lists = [getattr(transformer, name) for name in spreading.BLOCK_LISTS if hasattr(transformer, name)]
        places = [weight.device for blocks in lists for block in blocks for weight in block.parameters()]
        assert places == sorted(places, key=lambda place: place.index)
        assert set(places) == {CARD, SECOND}
        inside = {id(weight) for blocks in lists for weight in blocks.parameters()}
        rest = [weight for part in (transformer, backbone.pipe.vae) for weight in part.parameters()]
        assert {weight.device for weight in rest if id(weight) not in inside} == {CARD}
        assert backbone.generate("a cat", seed=0).size == (9, 32, 32)


def test_one_card_is_not_enough():
    with pytest.raises(UsageError, match=r"needs several cards, and this process sees 0\nUse --memory offload"):
        spreading.cards(torch.device("cpu"))


@pytest.mark.parametrize(("first", "expected"), [("cuda", [0, 1, 2]), ("cuda:1", [1, 2, 0])])
def test_the_card_asked_for_is_the_first(monkeypatch, first, expected):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    assert [card.index for card in spreading.cards(torch.device(first))] == expected


def test_the_larger_share_of_two_cards_is_what_weights_take():
    spec = registry.backbone("wan2.1-14b")
    whole, share = (weight_bytes(spec, memory) for memory in ("full", "spread"))
    assert whole // 2 <= share < whole
