import pytest
import torch
from diffusers import WanPipeline
from safetensors.torch import load_file, save_file

from motionbench.backbones import adapter_files, adapters
from motionbench.backbones.adapters import AdapterPlan
from motionbench.errors import MissingResourceError

SPATIAL = ((True, True, False, False), (True, True, True, True), (False, False, False, False))
TEMPORAL = tuple(tuple(not head for head in layer) for layer in SPATIAL)


def _plan(name="spatial", heads=SPATIAL, **changes):
    return AdapterPlan(**({"name": name, "heads": heads, "rank": 4, "alpha": 8.0} | changes))


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def _attach(model, *plans, filled=True):
    """Attach, and fill the trained factors inside their masks."""
    for seed, plan in enumerate(plans):
        adapters.attach(model, plan, _generator(seed))
        for target in plan.targets if filled else ():
            layer = model.get_submodule(target)
            with torch.no_grad():
                layer.lora_B[plan.name].weight.normal_(generator=_generator(seed + 9))
                weight, mask = adapters.masked_weight(model, plan, target)
                weight.mul_(mask)


def _train(model, tiny, plan, steps=3, weight_decay=0.5, frozen=()):
    parameters = adapters.attach(model, plan, _generator())
    adapters.activate(model, dict.fromkeys((*frozen, plan.name), 1.0), trainable=plan.name)
    optimizer = torch.optim.AdamW(parameters, lr=1e-2, weight_decay=weight_decay)
    embeds = torch.linspace(-1, 1, 80).view(1, 5, 16)
    for step in range(steps):
        optimizer.zero_grad()
        model(tiny.latents(step), torch.tensor([900.0]), embeds, return_dict=False)[0].square().mean().backward()
        optimizer.step()
    return parameters


def test_a_fresh_adapter_leaves_the_output_as_it_is_to_the_bit_biases_included(tiny):
    model, latents = tiny.transformer(), tiny.latents()
    plain = tiny.forward(model, latents)
    _attach(model, _plan(), _plan("temporal", TEMPORAL), filled=False)
    adapters.activate(model, {"spatial": 1.0, "temporal": 1.0})
    assert torch.equal(tiny.forward(model, latents), plain)


def test_pretrained_weights_and_biases_are_untouched_by_training(tiny):
    model = tiny.transformer()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with adapters.borrowed(model):
        _train(model, tiny, _plan())
        after = model.state_dict()
        for name, value in before.items():
            head, _, leaf = name.rpartition(".")
            assert torch.equal(after.get(name, after.get(f"{head}.base_layer.{leaf}")), value)


@pytest.mark.parametrize("projections", ["qkv", "qkvo"])
def test_rows_of_other_heads_stay_zero_under_training_with_weight_decay(tiny, projections):
    model, plan = tiny.transformer(), _plan(projections=projections)
    _train(model, tiny, plan)
    for target in plan.targets:
        weight, mask = adapters.masked_weight(model, plan, target)
        outside = (1 - mask).expand_as(weight).bool()
        assert not weight[outside].any()
        assert weight[~outside].any()


def test_values_of_other_heads_are_the_same_to_the_bit(tiny):
    model, latents = tiny.transformer(), tiny.latents()
    hidden = torch.randn(1, 48, 64, generator=_generator())
    linear = model.blocks[0].attn1.to_v
    plain = linear(hidden).unflatten(2, (tiny.HEADS, -1))
    _attach(model, _plan())
    adapted = model.blocks[0].attn1.to_v(hidden).unflatten(2, (tiny.HEADS, -1))
    assert torch.equal(adapted[:, :, 2:], plain[:, :, 2:])
    assert not torch.equal(adapted[:, :, :2], plain[:, :, :2])
    assert tiny.forward(model, latents).isfinite().all()


def test_an_output_projection_ignores_what_other_heads_send(tiny):
    model, plan = tiny.transformer(), _plan(projections="qkvo")
    _attach(model, plan)
    output = model.blocks[0].attn1.to_out[0]
    sent = torch.zeros(1, 2, 64)
    sent[:, :, 32:] = torch.randn(1, 2, 32, generator=_generator())
    assert torch.equal(output(sent), output.base_layer(sent))
    assert not torch.equal(output(sent.flip(2)), output.base_layer(sent.flip(2)))


def test_a_layer_without_a_head_of_the_group_has_no_adapter():
    assert {target.split(".")[1] for target in _plan().targets} == {"0", "1"}


def test_a_group_without_any_head_is_refused(tiny):
    nothing = tuple((False,) * tiny.HEADS for _ in range(tiny.LAYERS))
    with pytest.raises(ValueError, match="no head in any layer"):
        adapters.attach(tiny.transformer(), _plan(heads=nothing), _generator())


def test_a_group_of_another_model_is_refused(tiny):
    with pytest.raises(ValueError, match=r"the model has \[4, 4, 4\]"):
        adapters.attach(tiny.transformer(), _plan(heads=SPATIAL[:2]), _generator())


def test_injecting_a_second_adapter_silences_the_first_unless_both_are_activated(tiny):
    """The trap of the public release: peft leaves only the last adapter active."""
    model, latents = tiny.transformer(), tiny.latents()
    _attach(model, _plan())
    adapters.activate(model, {"spatial": 1.0})
    alone = tiny.forward(model, latents)
    _attach(model, _plan("temporal", TEMPORAL), filled=False)
    assert not torch.equal(tiny.forward(model, latents), alone)
    with pytest.raises(RuntimeError, match="expected"):
        adapters.check_active(model, {"spatial": 1.0, "temporal": 1.0}, trainable="temporal")
    adapters.activate(model, {"spatial": 1.0, "temporal": 1.0}, trainable="temporal")
    assert torch.equal(tiny.forward(model, latents), alone)


def test_both_adapters_act_and_one_learns(tiny):
    model = tiny.transformer()
    _attach(model, _plan())
    frozen = [weight.clone() for weight in adapters.parameters(model, "spatial")]
    learning = _train(model, tiny, _plan("temporal", TEMPORAL), frozen=("spatial",))
    assert all(torch.equal(*pair) for pair in zip(adapters.parameters(model, "spatial"), frozen, strict=True))
    trainable = {id(parameter) for parameter in model.parameters() if parameter.requires_grad}
    assert trainable == {id(parameter) for parameter in learning}


def test_a_scale_acts_on_its_own_adapter_only(tiny):
    latents, outputs = tiny.latents(), []
    for scales in ({"spatial": 0.0, "temporal": 1.0}, {"temporal": 1.0}, {"spatial": 0.5, "temporal": 1.0}):
        model = tiny.transformer()
        _attach(model, _plan(), _plan("temporal", TEMPORAL))
        adapters.activate(model, scales)
        outputs.append(tiny.forward(model, latents))
    torch.testing.assert_close(outputs[0], outputs[1])
    assert not torch.allclose(outputs[1], outputs[2])


def test_an_unknown_adapter_cannot_be_activated(tiny):
    model = tiny.transformer()
    _attach(model, _plan())
    with pytest.raises(ValueError, match="no adapter named"):
        adapters.activate(model, {"temporal": 1.0})


def test_attaching_leaves_the_global_random_state_alone_and_repeats(tiny):
    state, factors = torch.get_rng_state(), []
    for _ in range(2):
        model = tiny.transformer()
        _attach(model, _plan())
        factors.append(torch.cat([weight.flatten() for weight in adapters.parameters(model, "spatial")]))
    assert torch.equal(*factors)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_borrowed_model_comes_back_as_it_was(tiny):
    model, latents = tiny.transformer().requires_grad_(True), tiny.latents()
    keys, plain = list(model.state_dict()), tiny.forward(model, latents)
    with adapters.borrowed(model):
        _attach(model, _plan())
        assert not torch.equal(tiny.forward(model, latents), plain)
        with adapters.without(model):
            assert torch.equal(tiny.forward(model, latents), plain)
        adapters.check_active(model, {"spatial": 1.0}, trainable="spatial")
    assert torch.equal(tiny.forward(model, latents), plain)
    assert list(model.state_dict()) == keys
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_trainable_numbers_are_those_inside_the_masks(tiny):
    model, plan = tiny.transformer(), _plan()
    _attach(model, plan)
    a, rows = 4 * 64, 4 * 16
    assert adapters.count_trainable(model, plan) == 3 * (a + 2 * rows) + 3 * (a + 4 * rows)


@pytest.fixture
def saved(tiny, backbone, tmp_path):
    """Files of both adapters, and the output of the model that they were saved from."""
    with adapters.borrowed(backbone.transformer):
        plans = _plan(projections="qkvo"), _plan("temporal", TEMPORAL)
        _attach(backbone.transformer, *plans)
        for plan in plans:
            adapter_files.save(backbone.pipe, plan.name, tmp_path / f"{plan.name}.safetensors")
        adapters.activate(backbone.transformer, {"spatial": 1.0, "temporal": 1.0})
        return tmp_path, tiny.forward(backbone.transformer, tiny.latents())


def test_saved_adapters_load_and_give_the_same_output_to_the_bit(tiny, backbone, saved):
    folder, expected = saved
    with adapters.borrowed(backbone.transformer):
        for name in ("spatial", "temporal"):
            adapter_files.load(backbone.pipe, name, folder / f"{name}.safetensors")
        adapters.activate(backbone.transformer, {"spatial": 1.0, "temporal": 1.0})
        assert torch.equal(tiny.forward(backbone.transformer, tiny.latents()), expected)


@pytest.mark.filterwarnings("ignore:Already found a `peft_config`")
def test_a_plain_pipeline_loads_them_alpha_included_and_merges_them(tiny, saved):
    folder, expected = saved
    pipe = WanPipeline.from_pretrained(tiny.folder())
    for name in ("spatial", "temporal"):
        pipe.load_lora_weights(folder, weight_name=f"{name}.safetensors", adapter_name=name)
    pipe.set_adapters(["spatial", "temporal"], [1.0, 1.0])
    torch.testing.assert_close(tiny.forward(pipe.transformer, tiny.latents()), expected)
    pipe.fuse_lora(adapter_names=["spatial", "temporal"])
    pipe.unload_lora_weights()
    torch.testing.assert_close(tiny.forward(pipe.transformer, tiny.latents()), expected, rtol=1e-3, atol=1e-4)


def test_the_file_names_each_layer_although_peft_shortens_long_lists(tiny, backbone, tmp_path, monkeypatch):
    monkeypatch.setattr("peft.tuners.tuners_utils.MIN_TARGET_MODULES_FOR_OPTIMIZATION", 1)
    path = tmp_path / "spatial.safetensors"
    with adapters.borrowed(backbone.transformer):
        plan = _plan(heads=adapters.everywhere(backbone.transformer))
        _attach(backbone.transformer, plan)
        assert backbone.transformer.peft_config["spatial"].target_modules != set(plan.targets)
        expected = tiny.forward(backbone.transformer, tiny.latents())
        adapter_files.save(backbone.pipe, "spatial", path)
    assert sorted(adapter_files.read(path)[1]["target_modules"]) == sorted(plan.targets)
    with adapters.borrowed(backbone.transformer):
        adapter_files.load(backbone.pipe, "spatial", path)
        adapters.activate(backbone.transformer, {"spatial": 1.0})
        assert torch.equal(tiny.forward(backbone.transformer, tiny.latents()), expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda weights: weights.pop(next(iter(weights))), "missing ['transformer.blocks.0"),
        (lambda weights: weights.update({"transformer.blocks.9.lora_A.weight": torch.zeros(1)}), "unexpected ['trans"),
        (lambda weights: weights.update({next(iter(weights)): torch.zeros(2, 2)}), "another shape ['trans"),
    ],
)
def test_a_file_that_does_not_fit_in_one_key_is_refused(backbone, saved, change, message):
    from safetensors import safe_open

    path = saved[0] / "temporal.safetensors"
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    weights = load_file(path)
    change(weights)
    save_file(weights, path, metadata)
    with adapters.borrowed(backbone.transformer), pytest.raises(MissingResourceError) as error:
        adapter_files.load(backbone.pipe, "temporal", path)
    assert message in str(error.value)


def test_a_file_of_another_backbone_is_refused(tiny, backbone, saved):
    import types

    smaller = types.SimpleNamespace(transformer=tiny.transformer(layers=1))
    with pytest.raises(MissingResourceError, match="another backbone"):
        adapter_files.load(smaller, "temporal", saved[0] / "temporal.safetensors")


def test_a_truncated_file_is_refused(backbone, saved):
    path = saved[0] / "temporal.safetensors"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(MissingResourceError, match="is not a LoRA file"):
        adapter_files.load(backbone.pipe, "temporal", path)
