import torch

from motionbench.backbones.attention_probe import probe, rotated


def _seen(tiny, model, latents):
    seen = []
    with probe(model, lambda layer, queries, keys: seen.append((layer, queries, keys))):
        output = tiny.forward(model, latents)
    return seen, output


def test_the_output_is_the_same_to_the_bit_with_the_probe_on_and_after_it(tiny):
    model, latents = tiny.transformer(), tiny.latents()
    plain = tiny.forward(model, latents)
    seen, probed = _seen(tiny, model, latents)
    assert torch.equal(probed, plain)
    assert torch.equal(tiny.forward(model, latents), plain)
    assert [layer for layer, _, _ in seen] == list(range(tiny.LAYERS))


def test_no_hook_stays_behind(tiny):
    model = tiny.transformer()
    _seen(tiny, model, tiny.latents())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_queries_and_keys_reproduce_the_attention_that_the_block_computes(tiny):
    model, latents = tiny.transformer(), tiny.latents(batch=2)
    attention = model.blocks[1].attn1
    values, outputs = [], []
    handles = [
        attention.to_v.register_forward_hook(lambda module, arguments, output: values.append(output)),
        attention.to_out[0].register_forward_pre_hook(lambda module, arguments: outputs.append(arguments[0])),
    ]
    seen, _ = _seen(tiny, model, latents)
    for handle in handles:
        handle.remove()
    _, queries, keys = seen[1]
    weights = torch.einsum("bihd,bjhd->bhij", queries, keys).div(queries.shape[-1] ** 0.5).softmax(-1)
    value = values[0].unflatten(2, (tiny.HEADS, -1))
    torch.testing.assert_close(
        torch.einsum("bhij,bjhd->bihd", weights, value).flatten(2), outputs[0], rtol=1e-4, atol=1e-5
    )


def test_rotation_by_a_quarter_turn_sends_x_to_y_and_y_to_minus_x():
    features = torch.tensor([1.0, 2.0, 3.0, 4.0]).view(1, 1, 1, 4)
    turned = rotated(features, torch.zeros(1, 1, 1, 4), torch.ones(1, 1, 1, 4))
    assert turned.flatten().tolist() == [-2.0, 1.0, -4.0, 3.0]
