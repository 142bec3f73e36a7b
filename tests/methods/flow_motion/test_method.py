import dataclasses
import subprocess
import sys

import pytest
import torch

from motionbench import registry
from motionbench.backbones.wan import WanBackbone
from motionbench.contracts import Method
from motionbench.errors import UsageError
from motionbench.methods.flow_motion.estimates import clean_estimate
from motionbench.methods.flow_motion.method import FlowMotion
from motionbench.methods.flow_motion.options import FlowMotionOptions
from motionbench.methods.flow_motion.spec import SPEC

QUICK = {"window": 0.5, "inner_steps": 2, "learning_rate": 0.1}


@pytest.fixture(scope="module")
def stepped(tiny):
    """The tiny backbone with four steps and guidance, as a pair of passes a step."""
    backbone = tiny.backbone()
    backbone.spec = dataclasses.replace(backbone.spec, steps=4)
    return backbone


@pytest.fixture(scope="module")
def plain(tiny, stepped):
    return stepped.generate(tiny.case().prompt, seed=3).digest()


def _method(backbone, **options):
    return FlowMotion(backbone, QUICK | options)


def _digest(backbone, case, seed=3, **options):
    return _method(backbone, **options).generate(case, None, seed=seed).digest()


@pytest.mark.parametrize("off", [{"window": 0.0}, {"inner_steps": 0}, {"learning_rate": 0.0}])
def test_switched_off_it_is_the_backbones_own_video(tiny, stepped, plain, off):
    assert _digest(stepped, tiny.case(), **off) == plain


@pytest.mark.parametrize("source", ["predicted", "clean"])
def test_reference_prompt_and_seed_are_felt_and_the_same_seed_gives_the_same_bytes(tiny, stepped, plain, source):
    state, options = torch.get_rng_state(), {"reference_estimate": source}
    digests = [_digest(stepped, tiny.case(), **options) for _ in range(2)]
    assert torch.equal(torch.get_rng_state(), state)
    assert digests[0] == digests[1]
    digests += [
        _digest(stepped, tiny.case(reference=tiny.video(7)), **options),
        _digest(stepped, tiny.case(prompt="a red star"), **options),
        _digest(stepped, tiny.case(), seed=4, **options),
        plain,
    ]
    assert len(set(digests)) == 5


@pytest.mark.parametrize(
    ("change", "felt"),
    [({"beta": 0.0}, True), ({"perpendicular": 1.0}, True), ({"reference_estimate": "clean"}, True), ({}, False)],
)
def test_every_term_is_felt(tiny, stepped, change, felt):
    assert (_digest(stepped, tiny.case(), **change) != _digest(stepped, tiny.case())) is felt


def test_passes_are_counted_and_none_is_differentiated(tiny, stepped, monkeypatch):
    levels, own = [], WanBackbone.velocity

    def watch(self, latents, sigma, embeds):
        levels.append((float(sigma[0]), torch.is_grad_enabled()))
        return own(self, latents, sigma, embeds)

    monkeypatch.setattr(WanBackbone, "velocity", watch)
    _digest(stepped, tiny.case(), inner_steps=3)
    assert not any(gradient for _, gradient in levels)
    first = levels[0][0]
    # A guided step: the reference once, three updates and the step itself under guidance, two passes each.
    assert [level for level, _ in levels].count(first) == 1 + 2 * (3 + 1)
    assert len(levels) == 2 * (1 + 2 * (3 + 1)) + 2 * 2


def test_latents_move_no_further_than_rate_times_updates(tiny, stepped):
    guidance = _method(stepped, inner_steps=3, learning_rate=0.003).guidance(tiny.case(), seed=3)
    moved = guidance.before_step(0, guidance.sampler.sigmas[0], guidance.noise)
    distance = (moved - guidance.noise).abs()
    # Adam's first three steps are at most 1.004 of its rate.
    assert 0.002 < float(distance.max()) <= 1.005 * 3 * 0.003


def test_guidance_brings_the_clean_estimate_nearer_to_the_references(tiny, stepped):
    guidance = _method(stepped, inner_steps=20, learning_rate=0.05, reference_estimate="clean").guidance(
        tiny.case(), seed=3
    )
    sigma, before = guidance.sampler.sigmas[0], guidance.noise
    after = guidance.before_step(0, sigma, before)

    def error(latents):
        velocity = guidance.sampler.velocity(latents, sigma, guidance.conditions)
        return float((clean_estimate(latents, velocity, sigma) - guidance.clean).square().mean())

    with torch.no_grad():
        assert error(after) < 0.8 * error(before)
    [updates] = guidance.history
    assert updates.losses[-1] < updates.losses[0]


def test_only_the_window_is_guided(tiny, stepped):
    guidance = _method(stepped, window=0.5).guidance(tiny.case(), seed=3)
    sigmas = guidance.sampler.sigmas
    assert guidance.before_step(2, sigmas[2], guidance.noise) is guidance.noise
    assert guidance.before_step(1, sigmas[1], guidance.noise) is not guidance.noise
    assert [updates.step for updates in guidance.history] == [1]


def test_a_reference_of_another_size_is_refused(tiny, stepped):
    with pytest.raises(UsageError, match=r"flow-motion: the reference's latents are .*; bring the video to tiny-wan's"):
        _digest(stepped, tiny.case(reference=tiny.video(0, frames=5)))


def test_the_spec_is_whole_and_its_presets_are_valid_options():
    assert registry.method("flow-motion") is SPEC
    assert registry.implementation(SPEC) is FlowMotion
    assert (SPEC.tuned, SPEC.noise_from, SPEC.licence) == (False, "seed", "Apache-2.0")
    assert FlowMotionOptions.of(SPEC.defaults) == FlowMotionOptions() == FlowMotionOptions.of(SPEC.presets["paper"])
    assert FlowMotionOptions.of(SPEC.presets["mini"]) != FlowMotionOptions()
    assert set(SPEC.preset_of.values()) <= set(SPEC.presets)
    code = "import sys, motionbench.methods.flow_motion.spec; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_it_is_a_method_that_learns_nothing_and_needs_a_backbone(tiny, backbone, tmp_path):
    method = _method(backbone)
    assert isinstance(method, Method)
    assert method.tune(tiny.case(), seed=0, directory=tmp_path).trainable_parameters == 0
    assert not list(tmp_path.iterdir())
    with pytest.raises(UsageError, match="flow-motion needs a backbone; name one with --backbone"):
        _method(None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 3}, "flow-motion has no option 'steps'"),
        ({"window": 1.5}, "flow-motion.window=1.5; expected 0 to 1"),
        ({"perpendicular": -0.1}, "flow-motion.perpendicular=-0.1; expected 0 to 1"),
        ({"alpha": -1}, "flow-motion.alpha=-1.0; expected 0 or more"),
        ({"reference_estimate": "noised"}, "expected one of predicted, clean"),
    ],
)
def test_a_wrong_option_is_refused(backbone, options, message):
    with pytest.raises(UsageError) as error:
        _method(backbone, **options)
    assert message in str(error.value)
