import pytest
import torch
from diffusers.models.attention_dispatch import dispatch_attention_fn

from motionbench.backbones import adapters
from motionbench.backbones.attention_capture import AttentionFeatures, capture, injection
from motionbench.backbones.attention_probe import rotated


@pytest.fixture(scope="module")
def model(tiny):
    return tiny.transformer()


@pytest.fixture
def latents(tiny):
    return tiny.latents(batch=2)


def _hooks(model):
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules())


def _features(tiny, model, latents, layer, sigma=0.9):
    with capture(model, attention=[layer]) as captured:
        tiny.forward(model, latents, sigma=sigma)
    return captured.attention[layer]


def _computed_by_hand(model, layer, tokens):
    """Q, K, V of a block from the tokens that enter its self-attention, head by head."""
    attention, width = model.blocks[layer].attn1, tokens.shape[-1]

    def normed(features, norm):
        return features / (features.square().mean(-1, keepdim=True) + norm.eps).sqrt() * norm.weight

    features = (tokens @ linear.weight.T + linear.bias for linear in (attention.to_q, attention.to_k, attention.to_v))
    queries, keys, values = features
    queries, keys = normed(queries, attention.norm_q), normed(keys, attention.norm_k)
    heads = attention.heads
    return [part.reshape(*part.shape[:2], heads, width // heads) for part in (queries, keys, values)]


def test_a_capture_equals_the_computation_by_hand(tiny, model, latents):
    entered = []
    handle = model.blocks[1].attn1.register_forward_pre_hook(lambda module, arguments: entered.append(arguments))
    features = _features(tiny, model, latents, 1)
    handle.remove()
    tokens, _, _, rotary = entered[0]
    for part, expected in zip(
        (features.queries, features.keys, features.values), _computed_by_hand(model, 1, tokens), strict=True
    ):
        torch.testing.assert_close(part, expected, rtol=1e-4, atol=1e-5)
    queries, keys, values = features.attended()
    assert torch.equal(queries, rotated(features.queries, *rotary))
    assert torch.equal(keys, rotated(features.keys, *rotary))
    assert torch.equal(values, features.values)
    unplaced = AttentionFeatures(features.queries, features.keys, features.values)
    assert torch.equal(unplaced.attended()[0], features.queries)


def test_captured_parts_reproduce_what_attention_computes(tiny, model, latents):
    attended = []
    handle = (
        model.blocks[2]
        .attn1.to_out[0]
        .register_forward_pre_hook(lambda module, arguments: attended.append(arguments[0]))
    )
    features = _features(tiny, model, latents, 2)
    handle.remove()
    expected = dispatch_attention_fn(*features.attended()).flatten(2)
    torch.testing.assert_close(attended[0], expected, rtol=1e-5, atol=1e-6)


def test_outputs_are_what_a_block_hands_to_the_next(tiny, model, latents):
    entered = []
    handle = model.blocks[2].register_forward_pre_hook(lambda module, arguments: entered.append(arguments[0]))
    with capture(model, outputs=[1]) as captured:
        tiny.forward(model, latents)
    handle.remove()
    assert torch.equal(captured.outputs[1], entered[0])
    assert list(captured.outputs) == [1]
    assert not captured.attention


def test_the_output_is_the_same_to_the_bit_where_nothing_is_replaced(tiny, model, latents):
    plain = tiny.forward(model, latents)
    with capture(model, attention=[0, 2], outputs=[0, 1, 2]):
        assert torch.equal(tiny.forward(model, latents), plain)
    with injection(model, [0, 1]) as injected:
        assert torch.equal(tiny.forward(model, latents), plain)
        injected.put(1, _features(tiny, model, tiny.latents(5, batch=2), 1))
        assert not torch.equal(tiny.forward(model, latents), plain)
        injected.clear()
        assert torch.equal(tiny.forward(model, latents), plain)
    assert torch.equal(tiny.forward(model, latents), plain)


def test_putting_back_a_layers_own_features_changes_nothing_to_the_bit(tiny, model, latents):
    plain = tiny.forward(model, latents)
    with injection(model, [1]) as injected:
        injected.put(1, _features(tiny, model, latents, 1), ("queries", "keys", "values"))
        assert torch.equal(tiny.forward(model, latents), plain)


@pytest.mark.parametrize("part", ["queries", "keys", "values"])
def test_each_part_alone_takes_effect_and_only_behind_its_block(tiny, model, latents, part):
    other = _features(tiny, model, tiny.latents(5, batch=2), 1)
    outputs = []
    with injection(model, [1]) as injected:
        for parts in ([], [part]):
            injected.put(1, other, parts)
            with capture(model, outputs=[0, 1], stop=True) as captured:
                tiny.forward(model, latents)
            outputs.append(captured.outputs)
    plain, replaced = outputs
    assert torch.equal(plain[0], replaced[0])
    assert not torch.equal(plain[1], replaced[1])


def test_injected_features_are_what_attention_then_works_with(tiny, model, latents):
    other = _features(tiny, model, tiny.latents(5), 1)
    with injection(model, [1]) as injected:
        injected.put(1, other)
        mixed = _features(tiny, model, latents, 1)
    own = _features(tiny, model, latents, 1)
    assert torch.equal(mixed.keys, other.keys.expand_as(own.keys)), "one item serves the whole batch"
    assert torch.equal(mixed.values, other.values.expand_as(own.values))
    assert torch.equal(mixed.queries, own.queries)


def test_a_pass_stops_behind_the_last_block_asked_for(tiny, model, latents):
    ran = []
    handles = [
        block.register_forward_pre_hook(lambda module, arguments, layer=layer: ran.append(layer))
        for layer, block in enumerate(model.blocks)
    ]
    reached = False
    with capture(model, attention=[0], outputs=[1], stop=True) as captured:
        tiny.forward(model, latents)
        reached = True
    for handle in handles:
        handle.remove()
    assert ran == [0, 1]
    assert not reached
    with capture(model, attention=[0], outputs=[1]) as full:
        tiny.forward(model, latents)
    assert torch.equal(captured.outputs[1], full.outputs[1])
    assert torch.equal(captured.attention[0].keys, full.attention[0].keys)


def test_a_stop_inside_another_capture_ends_its_own_only(tiny, model, latents):
    with capture(model, attention=[2], stop=True) as outer:
        with capture(model, attention=[0], stop=True) as inner:
            tiny.forward(model, latents)
        assert list(inner.attention) == [0]
        assert not outer.attention
        tiny.forward(model, latents)
    assert list(outer.attention) == [2]


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("stop", [False, True])
def test_the_gradient_of_captured_features_is_the_same_stopped_early_and_checkpointed(
    tiny, latents, checkpointing, stop
):
    def gradient(stop, checkpointing):
        model = tiny.transformer()
        if checkpointing:
            model.enable_gradient_checkpointing()
        leaf = latents.clone().requires_grad_(True)
        embeds = torch.linspace(-1, 1, 80).view(1, 5, 16).expand(2, -1, -1)
        with capture(model, attention=[1], outputs=[0], stop=stop) as captured:
            model(leaf, torch.full((2,), 900.0), embeds)
        queries, keys, values = captured.attention[1].attended()
        loss = (queries * keys).sum() + values.square().sum()
        (loss + captured.outputs[0].pow(3).sum()).backward()
        assert all(parameter.grad is None for parameter in model.parameters())
        return leaf.grad

    expected = gradient(False, False)
    assert float(expected.norm()) > 0
    torch.testing.assert_close(gradient(stop, checkpointing), expected, rtol=1e-5, atol=1e-6)
    assert torch._C._autograd._saved_tensors_hooks_is_enabled()
    leaf = torch.ones(1, requires_grad=True)
    leaf.square().backward()
    assert leaf.grad.item() == 2


def test_a_gradient_flows_through_injected_features(tiny, model, latents):
    own = _features(tiny, model, latents, 1)
    values = own.values.clone().requires_grad_(True)
    embeds = torch.zeros(2, 5, 16)
    with injection(model, [1]) as injected:
        injected.put(1, AttentionFeatures(own.queries, own.keys, values), ["values"])
        model(latents, torch.full((2,), 900.0), embeds, return_dict=False)[0].sum().backward()
    assert float(values.grad.norm()) > 0


def test_an_adapter_on_the_value_projection_is_seen(tiny, latents):
    model = tiny.transformer()
    plain = _features(tiny, model, latents, 0)
    plan = adapters.AdapterPlan("probe", adapters.everywhere(model), rank=2, alpha=2.0)
    with adapters.borrowed(model):
        for parameter in adapters.attach(model, plan, torch.Generator().manual_seed(0)):
            torch.nn.init.constant_(parameter, 0.1)
        adapters.activate(model, {"probe": 1.0})
        adapted = _features(tiny, model, latents, 0)
    assert not torch.allclose(plain.values, adapted.values)
    assert torch.equal(_features(tiny, model, latents, 0).values, plain.values)


def test_no_hook_stays_behind_even_after_an_exception(tiny, model, latents):
    with capture(model, attention=[0], outputs=[1], stop=True):
        tiny.forward(model, latents)
    with pytest.raises(KeyError), injection(model, [0, 2]), capture(model, attention=[1], outputs=[2]):
        raise KeyError
    assert _hooks(model) == 0


def test_only_the_first_pass_in_the_context_is_taken(tiny, model, latents):
    with capture(model, outputs=[1]) as captured:
        tiny.forward(model, latents)
        first = captured.outputs[1]
        tiny.forward(model, -latents)
    assert captured.outputs[1] is first


def test_its_errors_say_what_came_and_what_to_do(tiny, model, latents):
    with pytest.raises(ValueError, match="no layer is named; the transformer has layers 0 to 2"), capture(model):
        pass
    with pytest.raises(ValueError, match=r"layers \[3\] are not there; the transformer"), injection(model, [0, 3]):
        pass
    features = _features(tiny, model, latents, 0)
    with injection(model, [0]) as injected:
        with pytest.raises(ValueError, match=r"layer 1 is not open for injection; opened: \[0\]"):
            injected.put(1, features)
        injected.put(0, features)
        with pytest.raises(ValueError, match=r"values \(2, 48, 4, 16\) injected into layer 0 do not fit"):
            tiny.forward(model, tiny.latents(batch=3))
        with pytest.raises(ValueError, match=r"\(2, 32, 64\); take them from latents of the same size"):
            tiny.forward(model, latents[:, :, :2])


def test_fused_projections_are_refused(tiny):
    model = tiny.transformer()
    model.fuse_qkv_projections()
    with (
        pytest.raises(ValueError, match=r"fused, .*; transformer\.unfuse_qkv_projections\(\)"),
        capture(model, attention=[0]),
    ):
        pass
