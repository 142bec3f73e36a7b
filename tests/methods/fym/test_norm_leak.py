import pytest
import torch

from motionbench.backbones import adapters
from motionbench.backbones.adapters import AdapterPlan
from motionbench.methods.fym.norm_leak import norm_leak, suppressed

OTHERS = slice(2, 4)


@pytest.fixture
def adapted(tiny):
    """A model whose first block has a LoRA on heads 0 and 1."""
    model = tiny.transformer()
    group = ((True, True, False, False), *(((False,) * 4,) * 2))
    adapters.attach(model, AdapterPlan("spatial", group, 4, 4.0), torch.Generator().manual_seed(0))
    for target in ("to_q", "to_k", "to_v"):
        with torch.no_grad():
            model.blocks[0].attn1.get_submodule(target).lora_B["spatial"].weight[:32] = 0.5
    return model


def _queries(model):
    """Normalised queries of the first block's heads for a fixed input, ``[B, S, heads, D]``."""
    attention = model.blocks[0].attn1
    hidden = torch.randn(1, 6, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return attention.norm_q(attention.to_q(hidden)).unflatten(2, (4, -1))


def test_an_adapter_on_some_heads_moves_the_queries_of_the_others(adapted):
    moved = _queries(adapted)
    with adapters.without(adapted):
        plain = _queries(adapted)
    assert not torch.allclose(moved[:, :, OTHERS], plain[:, :, OTHERS])


def test_the_measured_leak_is_the_relative_change_of_the_other_heads(adapted):
    leaks = norm_leak(adapted, lambda: _queries(adapted), adapter="spatial")
    moved = _queries(adapted)
    with adapters.without(adapted):
        plain = _queries(adapted)
    expected = (moved / plain - 1)[:, :, OTHERS].abs().mean()
    assert [(leak.adapter, leak.layer, leak.projection) for leak in leaks] == [("spatial", 0, "q")]
    assert leaks[0].relative == pytest.approx(float(expected), rel=1e-3)
    assert leaks[0].relative > 0.01


def test_a_whole_pass_reports_queries_and_keys_of_every_adapted_layer(tiny, adapted):
    leaks = norm_leak(adapted, lambda: tiny.forward(adapted, tiny.latents()), adapter="spatial")
    assert [(leak.layer, leak.projection) for leak in leaks] == [(0, "q"), (0, "k")]


def test_suppression_leaves_the_other_heads_where_they_were_and_moves_its_own(adapted):
    with suppressed(adapted):
        kept = _queries(adapted)
    with adapters.without(adapted):
        plain = _queries(adapted)
    torch.testing.assert_close(kept[:, :, OTHERS], plain[:, :, OTHERS], rtol=1e-5, atol=1e-6)
    assert not torch.allclose(kept[:, :, :2], plain[:, :, :2])


def test_suppression_changes_nothing_where_the_adapter_does_nothing_and_ends_with_its_context(tiny, adapted):
    before = tiny.forward(adapted, tiny.latents())
    with adapters.without(adapted):
        plain = tiny.forward(adapted, tiny.latents())
        with suppressed(adapted):
            torch.testing.assert_close(tiny.forward(adapted, tiny.latents()), plain, rtol=1e-5, atol=1e-5)
    assert torch.equal(tiny.forward(adapted, tiny.latents()), before)


def test_gradients_pass_through_the_suppression(tiny, adapted):
    adapters.activate(adapted, {"spatial": 1.0}, trainable="spatial")
    with suppressed(adapted):
        embeds = torch.zeros(1, 5, 16)
        adapted(tiny.latents(), torch.tensor([900.0]), embeds, return_dict=False)[0].square().mean().backward()
    assert adapted.blocks[0].attn1.to_q.lora_A["spatial"].weight.grad.abs().sum() > 0
