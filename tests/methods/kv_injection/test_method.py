import dataclasses

import pytest
import torch

from motionbench import registry
from motionbench.backbones.attention_capture import capture
from motionbench.backbones.sampling import Sampler
from motionbench.backbones.wan import WanBackbone
from motionbench.contracts import Method
from motionbench.errors import UsageError
from motionbench.methods.kv_injection.method import KvInjection
from motionbench.methods.kv_injection.options import KvInjectionOptions
from motionbench.methods.kv_injection.spec import SPEC


@pytest.fixture(scope="module")
def stepped(tiny):
    """The tiny backbone with four steps."""
    backbone = tiny.backbone()
    backbone.spec = dataclasses.replace(backbone.spec, steps=4)
    return backbone


def test_without_a_window_it_is_the_backbones_own_video(tiny, stepped):
    video = KvInjection(stepped, {"window": 0}).generate(tiny.case(), None, seed=3)
    assert video.digest() == stepped.generate(tiny.case().prompt, seed=3).digest()


def test_the_first_step_alone_changes_nothing_because_the_noised_reference_is_noise(tiny, stepped):
    video = KvInjection(stepped, {"window": 0.25}).generate(tiny.case(), None, seed=3)
    assert video.digest() == stepped.generate(tiny.case().prompt, seed=3).digest()


def test_the_reference_is_felt_inside_the_window(tiny, stepped):
    method = KvInjection(stepped, {"window": 0.5})
    first = method.generate(tiny.case(), None, seed=3).digest()
    assert first != stepped.generate(tiny.case().prompt, seed=3).digest()
    assert first != method.generate(tiny.case(reference=tiny.video(7)), None, seed=3).digest()
    assert first == method.generate(tiny.case(), None, seed=3).digest()


def test_both_passes_of_a_step_in_the_window_get_the_references_keys_and_values(tiny, stepped, monkeypatch):
    case, sampler = tiny.case(), Sampler(stepped)
    kept, put, own = [], [], stepped.velocity

    def watch(latents, sigma, embeds):
        with capture(stepped.transformer, attention=[0]) as seen:
            output = own(latents, sigma, embeds)
            kept.append((float(sigma), seen.attention[0]))  # not reached by the reference's own pass, which ends early
            return output

    monkeypatch.setattr(stepped, "velocity", watch)
    KvInjection(stepped, {"window": 0.5}).generate(case, None, seed=3)
    monkeypatch.undo()
    clean, noise = stepped.encode(case.reference), sampler.noise(3)
    for step in range(4):
        with capture(stepped.transformer, attention=[0], stop=True) as seen, torch.no_grad():
            stepped.velocity(
                sampler.noised(clean, noise, step), sampler.sigmas[step].view(1), stepped.embed(case.prompt)
            )
        put.append(seen.attention[0])
    steps = [sampler.sigmas.tolist().index(sigma) for sigma, _ in kept]
    assert steps == [0, 0, 1, 1, 2, 2, 3, 3]
    for step, (_, features) in zip(steps, kept, strict=True):
        injected = torch.equal(features.keys, put[step].keys) and torch.equal(features.values, put[step].values)
        assert injected == (step < 2)
        assert step == 0 or not torch.equal(features.queries, put[step].queries)


def test_the_model_is_left_as_it_was(tiny, stepped):
    KvInjection(stepped, {"window": 1, "blocks": "all"}).generate(tiny.case(), None, seed=3)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in stepped.transformer.modules())


def test_on_mini_wan_the_second_step_takes_up_the_reference():
    backbone = WanBackbone(dataclasses.replace(registry.backbone("mini-wan"), steps=2), device="cpu")
    suite = registry.implementation(registry.suite("mini"))("mini")
    case = suite.load(suite.entries[0])
    video = KvInjection(backbone, {"window": 1}).generate(case, None, seed=0)
    assert video.size == (17, 64, 64)
    assert video.digest() != backbone.generate(case.prompt, seed=0).digest()


@pytest.mark.parametrize(("blocks", "layers"), [("0", (0,)), ("2,0,2", (0, 2)), ("all", (0, 1, 2))])
def test_blocks_are_named_by_number(blocks, layers):
    assert KvInjectionOptions.of({"blocks": blocks}).layers(3) == layers


def test_its_errors_say_what_to_type(backbone):
    with pytest.raises(UsageError, match=r"kv-injection\.blocks='first'; expected numbers with commas or all, as in"):
        KvInjectionOptions.of({"blocks": "first"})
    with pytest.raises(UsageError, match=r"kv-injection\.window=1\.5; expected 0 to 1"):
        KvInjectionOptions.of({"window": 1.5})
    with pytest.raises(UsageError, match=r"kv-injection\.blocks=3; the backbone has blocks 0 to 2"):
        KvInjection(backbone, {"blocks": "3"})
    with pytest.raises(UsageError, match="kv-injection needs a backbone; name one with --backbone"):
        KvInjection(None, {})


def test_it_is_a_registered_method_that_learns_nothing(tiny, backbone, tmp_path):
    assert registry.method("kv-injection") is SPEC
    method = KvInjection(backbone, SPEC.presets["ditflow"])
    assert isinstance(method, Method)
    assert method.tune(tiny.case(), seed=0, directory=tmp_path).trainable_parameters == 0
