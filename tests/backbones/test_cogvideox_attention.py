"""Capture, injection, probing, adapters and stretched positions on tiny random CogVideoX transformers."""

import pytest
import torch
from diffusers import CogVideoXPipeline
from diffusers.models.embeddings import get_3d_rotary_pos_embed, get_3d_sincos_pos_embed

from motionbench.backbones import adapter_files, adapters, architecture
from motionbench.backbones.adapters import AdapterPlan
from motionbench.backbones.architecture import COGVIDEOX, WAN
from motionbench.backbones.attention_capture import AttentionFeatures, capture, injection
from motionbench.backbones.attention_probe import probe
from motionbench.backbones.rotary import temporal_scale

VARIANTS = pytest.mark.parametrize("variant", ["rotary", "sines"])
PARTS = ("queries", "keys", "values")
TEXT, TOKENS = 8, 48


@pytest.fixture(scope="module")
def models(cogvideox):
    return {variant: cogvideox.transformer(variant) for variant in cogvideox.VARIANTS}


@pytest.fixture
def latents(cogvideox):
    return cogvideox.latents(batch=2)


def _features(cogvideox, model, latents, layer):
    with capture(model, attention=[layer]) as captured:
        cogvideox.forward(model, latents)
    return captured.attention[layer]


def _watched(module, run):
    """The first positional and the named arguments that a module gets, copied, and its output."""
    seen = []
    handle = module.register_forward_hook(
        lambda module, arguments, named, output: seen.append(
            ([value.clone() for value in arguments], dict(named), output)
        ),
        with_kwargs=True,
    )
    run()
    handle.remove()
    return seen[0]


def _hooks(model):
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules())


def test_architectures_know_their_own(tiny, models):
    assert architecture.of(models["rotary"]) == architecture.of(models["sines"]) == COGVIDEOX
    assert architecture.of(tiny.transformer()) == WAN
    assert COGVIDEOX.heads(models["sines"]) == (2, 2, 2)
    with pytest.raises(ValueError, match="a Linear is not known; expected a WanTransformer3DModel or CogVideoX"):
        architecture.of(torch.nn.Linear(1, 1))


@VARIANTS
def test_a_capture_equals_the_computation_by_hand(cogvideox, models, latents, variant):
    model = models[variant]
    attention = model.transformer_blocks[1].attn1
    _, named, _ = _watched(attention, lambda: cogvideox.forward(model, latents))
    features = _features(cogvideox, model, latents, 1)
    video = named["hidden_states"]
    for part, linear, norm in (
        ("queries", attention.to_q, attention.norm_q),
        ("keys", attention.to_k, attention.norm_k),
        ("values", attention.to_v, None),
    ):
        expected = (video @ linear.weight.T + linear.bias).reshape(2, TOKENS, 2, 16)
        if norm is not None:
            centred = expected - expected.mean(-1, keepdim=True)
            scaled = centred / (centred.square().mean(-1, keepdim=True) + norm.eps).sqrt()
            expected = scaled * norm.weight + norm.bias
        torch.testing.assert_close(getattr(features, part), expected, rtol=1e-4, atol=1e-5)
    assert (features.rotary is not None) == (variant == "rotary")


@VARIANTS
def test_captured_parts_with_the_texts_own_reproduce_what_attention_computes(cogvideox, models, latents, variant):
    model = models[variant]
    attention = model.transformer_blocks[2].attn1
    (joined,), _, _ = _watched(attention.to_out[0], lambda: cogvideox.forward(model, latents))
    _, named, _ = _watched(attention, lambda: cogvideox.forward(model, latents))
    words = named["encoder_hidden_states"]
    text = [linear(words).unflatten(2, (2, 16)) for linear in (attention.to_q, attention.to_k, attention.to_v)]
    text = [attention.norm_q(text[0]), attention.norm_k(text[1]), text[2]]
    video = _features(cogvideox, model, latents, 2).attended()
    queries, keys, values = (torch.cat(pair, dim=1).transpose(1, 2) for pair in zip(text, video, strict=True))
    expected = (queries @ keys.mT / 4).softmax(-1) @ values
    torch.testing.assert_close(joined, expected.transpose(1, 2).flatten(2), rtol=1e-4, atol=1e-5)


@VARIANTS
def test_outputs_are_the_videos_tokens_that_a_block_hands_on(cogvideox, models, latents, variant):
    model = models[variant]
    _, named, _ = _watched(model.transformer_blocks[2], lambda: cogvideox.forward(model, latents))
    with capture(model, outputs=[1]) as captured:
        cogvideox.forward(model, latents)
    assert torch.equal(captured.outputs[1], named["hidden_states"])
    assert captured.outputs[1].shape == (2, TOKENS, 32)


@VARIANTS
def test_the_output_is_the_same_to_the_bit_where_nothing_is_replaced(cogvideox, models, latents, variant):
    model = models[variant]
    plain = cogvideox.forward(model, latents)
    with capture(model, attention=[0, 2], outputs=[0, 1, 2]):
        assert torch.equal(cogvideox.forward(model, latents), plain)
    with probe(model, lambda *values: None):
        assert torch.equal(cogvideox.forward(model, latents), plain)
    with injection(model, [0, 1]) as injected:
        assert torch.equal(cogvideox.forward(model, latents), plain)
        injected.put(1, _features(cogvideox, model, cogvideox.latents(5, batch=2), 1))
        assert not torch.equal(cogvideox.forward(model, latents), plain)
        injected.clear()
        assert torch.equal(cogvideox.forward(model, latents), plain)
    assert _hooks(model) == 0


@VARIANTS
def test_putting_back_a_layers_own_features_changes_nothing_to_the_bit(cogvideox, models, latents, variant):
    model = models[variant]
    plain, own = cogvideox.forward(model, latents), _features(cogvideox, model, latents, 1)
    with injection(model, [1]) as injected:
        injected.put(1, own, PARTS)
        assert torch.equal(cogvideox.forward(model, latents), plain)


@VARIANTS
@pytest.mark.parametrize("part", PARTS)
def test_an_injected_part_replaces_the_videos_and_leaves_the_texts(cogvideox, models, latents, variant, part):
    model = models[variant]
    attention = model.transformer_blocks[1].attn1
    module = getattr(attention, architecture.MODULES[part])
    kept = []
    other = _features(cogvideox, model, cogvideox.latents(5), 1)
    with injection(model, [1]) as injected:
        # Behind the injection's own hook; copied, as the model turns queries and keys in place.
        handle = module.register_forward_hook(lambda module, arguments, output: kept.append(output.clone()))
        cogvideox.forward(model, latents)
        injected.put(1, other, [part])
        cogvideox.forward(model, latents)
        handle.remove()
    rows = 1 if part == "values" else 2
    plain, replaced = ((words.narrow(rows, 0, TEXT), words.narrow(rows, TEXT, TOKENS)) for words in kept)
    assert torch.equal(plain[0], replaced[0])
    found = replaced[1].unflatten(2, (2, 16)) if part == "values" else replaced[1].transpose(1, 2)
    assert torch.equal(found, getattr(other, part).expand_as(found))
    assert not torch.equal(plain[1], replaced[1])


@VARIANTS
@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("stop", [False, True])
def test_the_gradient_of_captured_features_is_the_same_stopped_early_and_checkpointed(
    cogvideox, latents, variant, checkpointing, stop
):
    def gradient(stop, checkpointing):
        model, ran = cogvideox.transformer(variant), []
        if checkpointing:
            model.enable_gradient_checkpointing()
        model.transformer_blocks[2].register_forward_pre_hook(lambda *values: ran.append(1))
        leaf = latents.clone().requires_grad_(True)
        with capture(model, attention=[1], outputs=[0], stop=stop) as captured:
            cogvideox.velocity(model, leaf)
        assert bool(ran) == (not stop)
        queries, keys, values = captured.attention[1].attended()
        loss = (queries * keys.roll(1, dims=1)).sum() + values.square().sum()
        (loss + captured.outputs[0].pow(3).sum()).backward()
        return leaf.grad

    expected = gradient(False, False)
    assert float(expected.norm()) > 0
    torch.testing.assert_close(gradient(stop, checkpointing), expected, rtol=1e-5, atol=1e-6)


def test_a_gradient_flows_through_injected_keys(cogvideox, models, latents):
    own = _features(cogvideox, models["rotary"], latents, 1)
    keys = own.keys.clone().requires_grad_(True)
    with injection(models["rotary"], [1]) as injected:
        injected.put(1, AttentionFeatures(own.queries, keys, own.values), ["keys"])
        cogvideox.velocity(models["rotary"], latents).sum().backward()
    assert float(keys.grad.norm()) > 0


def test_features_of_another_size_do_not_fit(cogvideox, models, latents):
    model = models["sines"]
    features = _features(cogvideox, model, latents, 0)
    with injection(model, [0]) as injected:
        injected.put(0, features)
        with pytest.raises(
            ValueError, match=r"values \(2, 48, 2, 16\) injected into layer 0 do not fit .* \(2, 32, 32\)"
        ):
            cogvideox.forward(model, latents[:, :, :2])


@VARIANTS
def test_the_probe_shows_what_attention_sees(cogvideox, models, latents, variant):
    model, seen = models[variant], {}
    with probe(model, lambda layer, queries, keys: seen.update({layer: (queries, keys)})):
        cogvideox.forward(model, latents)
    assert list(seen) == [0, 1, 2]
    queries, keys, _ = _features(cogvideox, model, latents, 1).attended()
    assert torch.equal(seen[1][0], queries)
    assert torch.equal(seen[1][1], keys)


def _plan(model, heads, projections="qkvo"):
    return AdapterPlan("one", (heads,) * 3, rank=2, alpha=2.0, projections=projections, architecture=COGVIDEOX)


def _disturbed(model, plan):
    parameters = adapters.attach(model, plan, torch.Generator().manual_seed(0))
    with torch.no_grad():
        for target in plan.targets:
            layer = model.get_submodule(target)
            for factor in (layer.lora_A, layer.lora_B):
                factor["one"].weight.normal_(generator=torch.Generator().manual_seed(1))
            weight, mask = adapters.masked_weight(model, plan, target)
            weight.mul_(mask)
    adapters.activate(model, {"one": 1.0}, trainable="one")
    return parameters


def test_a_new_adapter_changes_nothing_and_a_trained_one_leaves_the_other_heads_to_the_bit(cogvideox, latents):
    model = cogvideox.transformer()
    plain, own = cogvideox.forward(model, latents), _features(cogvideox, model, latents, 0)
    plan = _plan(model, (True, False), "qkv")
    with adapters.borrowed(model):
        adapters.attach(model, plan, torch.Generator().manual_seed(0))
        adapters.activate(model, {"one": 1.0}, trainable="one")
        assert torch.equal(cogvideox.forward(model, latents), plain)
        model.unload_lora()
        _disturbed(model, plan)
        adapted = _features(cogvideox, model, latents, 0)
        assert not torch.allclose(cogvideox.forward(model, latents), plain, atol=1e-3)
    for part in PARTS:
        # No leak: each head is normed by itself.
        assert torch.equal(getattr(adapted, part)[:, :, 1], getattr(own, part)[:, :, 1])
        assert not torch.allclose(getattr(adapted, part)[:, :, 0], getattr(own, part)[:, :, 0], atol=1e-3)
    assert torch.equal(cogvideox.forward(model, latents), plain)


def test_a_gradient_reaches_the_groups_rows_only(cogvideox, latents):
    model = cogvideox.transformer("sines")
    plan = _plan(model, (False, True), "qkv")
    with adapters.borrowed(model):
        _disturbed(model, plan)
        cogvideox.velocity(model, latents).square().sum().backward()
        gradient = model.transformer_blocks[1].attn1.to_k.lora_B["one"].weight.grad
    assert gradient[:16].eq(0).all()
    assert gradient[16:].ne(0).any()


def test_an_adapter_for_another_architecture_is_refused(cogvideox):
    model = cogvideox.transformer()
    plan = AdapterPlan("one", adapters.everywhere(model), rank=2, alpha=2.0)
    with pytest.raises(ValueError, match="adapter 'one' is for Wan, the model is CogVideoX"):
        adapters.attach(model, plan, torch.Generator())


def test_a_file_is_read_by_a_plain_pipeline_and_gives_the_same_velocity(cogvideox, latents, tmp_path):
    backbone, path = cogvideox.backbone(), tmp_path / "one.safetensors"
    model = backbone.transformer
    with adapters.borrowed(model):
        _disturbed(model, _plan(model, (True, False)))
        expected = cogvideox.forward(model, latents)
        adapter_files.save(backbone.pipe, "one", path)
    plain = CogVideoXPipeline.from_pretrained(cogvideox.folder())
    plain.load_lora_weights(tmp_path, weight_name=path.name, adapter_name="one")
    assert torch.equal(cogvideox.forward(plain.transformer, latents), expected)
    with adapters.borrowed(model):
        adapter_files.load(backbone.pipe, "one", path)
        adapters.activate(model, {"one": 1.0})
        assert torch.equal(cogvideox.forward(model, latents), expected)


def _tables(model, run):
    """The rotary tables that reach the first self-attention."""
    return _watched(model.transformer_blocks[0].attn1, run)[1]["image_rotary_emb"]


@pytest.mark.parametrize("scale", [2.0, 1.5])
def test_rotary_positions_are_stretched_in_time_only(cogvideox, models, scale):
    model, latents = models["rotary"], cogvideox.latents(frames=3)
    native = cogvideox.forward(model, latents)
    with temporal_scale(model, scale):
        cosines, sines = _tables(model, lambda: cogvideox.forward(model, latents))
        assert not torch.equal(cogvideox.forward(model, latents), native)
    assert torch.equal(cogvideox.forward(model, latents), native)
    assert _hooks(model) == 0
    frames = int(2 * scale) + 1
    whole = [t.unflatten(0, (frames, 16)) for t in get_3d_rotary_pos_embed(16, ((0, 0), (4, 4)), (4, 4), frames)]
    for found, table in zip((cosines, sines), whole, strict=True):
        found = found.unflatten(0, (3, 16))
        torch.testing.assert_close(found[2], table[int(2 * scale)], rtol=1e-6, atol=1e-6)
        assert torch.equal(found[0], table[0])
        assert torch.equal(found[1][:, 4:], table[1][:, 4:])


@pytest.mark.parametrize("frames", [3, 5])
def test_added_positions_are_stretched_in_time_only(cogvideox, models, frames):
    """5 latent frames are the native number, whose table the model holds."""
    model, latents = models["sines"], cogvideox.latents(frames=frames)

    def tokens():
        return _watched(model.patch_embed, lambda: cogvideox.forward(model, latents))[2][0, TEXT:]

    native, embedding, forward = tokens(), model.patch_embed, cogvideox.forward(model, latents)
    with temporal_scale(model, 2.0):
        stretched = tokens()
    assert model.patch_embed is embedding
    assert torch.equal(cogvideox.forward(model, latents), forward)
    positions = get_3d_sincos_pos_embed(32, (4, 4), 2 * frames, 1.875, 1.0, output_type="pt")
    expected = (positions[: 2 * frames : 2] - positions[:frames]).flatten(0, 1)
    torch.testing.assert_close(stretched - native, expected.float(), rtol=1e-5, atol=1e-5)


@VARIANTS
def test_scale_one_and_a_single_frame_keep_their_positions_to_the_bit(cogvideox, models, variant):
    model, latents = models[variant], cogvideox.latents()
    with temporal_scale(model, 1.0):
        assert torch.equal(cogvideox.forward(model, latents), cogvideox.forward(models[variant], latents))
    still = cogvideox.latents(frames=1)
    native = cogvideox.forward(model, still)
    with temporal_scale(model, 3.0):
        assert torch.equal(cogvideox.forward(model, still), native)
    with pytest.raises(ValueError, match="a temporal RoPE scale is a positive number, got 0"), temporal_scale(model, 0):
        pass
