"""What every guided method has in common, on a tiny random Wan and for a few steps on mini-wan."""

import dataclasses

import pytest
import torch

from motionbench import registry
from motionbench.backbones.sampling import Sampler
from motionbench.backbones.token_grid import TokenGrid
from motionbench.backbones.wan import WanBackbone
from motionbench.contracts import Method
from motionbench.errors import Declined, UsageError
from motionbench.methods.guidance.descent import descend
from motionbench.methods.guidance.loop import Guidance

NAMES = ["ditflow", "smm", "moft", "motion-clone"]
METHODS = pytest.mark.parametrize("name", NAMES)
QUICK = {
    "blocks": "1",
    "window": 0.5,
    "inner_steps": 2,
    "optimiser": "adam",
    "learning_rate": 0.05,
    "final_learning_rate": 0.05,
    "ramp": 0,
    "init": "noise",
    "inject": "none",
}


@pytest.fixture(scope="module")
def stepped(tiny):
    """The tiny backbone with four steps and no second pass for guidance away from a prompt."""
    backbone = tiny.backbone()
    backbone.spec = dataclasses.replace(backbone.spec, steps=4, guidance=1.0)
    return backbone


@pytest.fixture(scope="module")
def plain(tiny, stepped):
    """Digest of the backbone's own video."""
    return stepped.generate(tiny.case().prompt, seed=3).digest()


def _method(name, backbone, **options):
    spec = registry.method(name)
    quicker = {"channels_from": "reference"} if name == "moft" else {}
    return registry.implementation(spec)(backbone, {**spec.defaults, **QUICK, **quicker, **options})


def _digest(name, backbone, case, seed=3, **options):
    return _method(name, backbone, **options).generate(case, None, seed=seed).digest()


def _histories(monkeypatch):
    """The guidance objects of the generations to come."""
    seen, own = [], Guidance.before_step

    def watch(self, step, sigma, latents):
        if not seen or seen[-1] is not self:
            seen.append(self)
        return own(self, step, sigma, latents)

    monkeypatch.setattr(Guidance, "before_step", watch)
    return seen


@METHODS
@pytest.mark.parametrize(
    "off", [{"window": 0.0}, {"inner_steps": 0}, {"learning_rate": 0.0, "final_learning_rate": 0.0}]
)
def test_switched_off_it_is_the_backbones_own_video(tiny, stepped, plain, name, off):
    assert _digest(name, stepped, tiny.case(), **off) == plain


@METHODS
def test_reference_prompt_and_seed_are_felt_and_the_same_seed_gives_the_same_bytes(tiny, stepped, plain, name):
    state = torch.get_rng_state()
    digests = [_digest(name, stepped, tiny.case()) for _ in range(2)]
    assert torch.equal(torch.get_rng_state(), state)
    assert digests[0] == digests[1]
    digests += [
        _digest(name, stepped, tiny.case(reference=tiny.video(7))),
        _digest(name, stepped, tiny.case(prompt="a red star")),
        _digest(name, stepped, tiny.case(), seed=4),
        plain,
    ]
    assert len(set(digests)) == 5


@METHODS
def test_guidance_lowers_the_loss_of_the_latents(tiny, stepped, name, monkeypatch):
    seen = _histories(monkeypatch)
    _method(name, stepped, inner_steps=6, learning_rate=0.02, final_learning_rate=0.02).generate(
        tiny.case(), None, seed=3
    )
    [guidance] = seen
    assert [updates.step for updates in guidance.history] == [0, 1]
    for updates in guidance.history:
        assert len(updates.losses) == 6
        assert updates.losses[-1] < updates.losses[0]


def _objective(name, backbone, case, **options):
    """The loss of latents at σ = 0.5 to the clean reference, and the latents of the reference."""
    method, sampler = _method(name, backbone, **options), Sampler(backbone)
    clean, level = backbone.encode(case.reference), torch.tensor(0.5)
    grid = TokenGrid.of(sampler.shape, backbone.transformer.config.patch_size)
    wanted, embeds = method.wanted(), backbone.embed(case.prompt)
    with torch.no_grad():
        objective = method.objective_of(case, grid)(wanted.of(backbone, clean, level, embeds))
    return (lambda latents: objective(wanted.of(backbone, latents, level, embeds)).sum()), clean


@METHODS
def test_the_reference_itself_costs_nothing(tiny, stepped, name):
    options = {"hard_reference": False, "moving_only": False} if name == "ditflow" else {}
    loss, clean = _objective(name, stepped, tiny.case(), **options)
    assert float(loss(clean)) == pytest.approx(0, abs=1e-6)
    assert float(loss(Sampler(stepped).noise(0))) > 1e-4


@METHODS
def test_the_gradient_reaches_the_latents_and_leaves_the_model_alone(tiny, stepped, name):
    loss, _ = _objective(name, stepped, tiny.case())
    latents = Sampler(stepped).noise(0).requires_grad_()
    loss(latents).backward()
    assert latents.grad.isfinite().all()
    assert latents.grad.abs().max() > 0
    assert all(weight.grad is None for weight in stepped.transformer.parameters())


@METHODS
def test_the_early_end_gives_the_gradient_of_the_whole_pass(tiny, stepped, name, monkeypatch):
    gradients, runs = [], []
    handle = stepped.transformer.proj_out.register_forward_hook(lambda *arguments: runs.append(1))
    for stop in (True, False):
        if not stop:
            _whole_passes(monkeypatch)
        loss, _ = _objective(name, stepped, tiny.case())
        latents = Sampler(stepped).noise(0).requires_grad_()
        runs.clear()
        gradients.append(torch.autograd.grad(loss(latents), latents)[0])
        assert bool(runs) == (not stop)
    handle.remove()
    assert torch.equal(gradients[0], gradients[1])


def _whole_passes(monkeypatch):
    from motionbench.methods.guidance import loop

    own = loop.capture
    monkeypatch.setattr(loop, "capture", lambda model, **words: own(model, **(words | {"stop": False})))


@METHODS
def test_gradient_checkpointing_moves_the_latents_the_same_way_and_is_off_again_after(tiny, stepped, name):
    digests = {_digest(name, stepped, tiny.case(), gradient_checkpointing=switch) for switch in (False, True)}
    assert len(digests) == 1
    assert not stepped.transformer.gradient_checkpointing


@METHODS
def test_the_model_is_left_as_it_was(tiny, stepped, name):
    _digest(name, stepped, tiny.case(), inject="all")
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in stepped.transformer.modules())


def test_the_reference_is_read_once_or_at_every_guided_step(tiny, stepped, monkeypatch):
    levels, own = [], WanBackbone.velocity

    def watch(self, latents, sigma, embeds):
        levels.append((float(sigma[0]), torch.is_grad_enabled()))
        return own(self, latents, sigma, embeds)

    monkeypatch.setattr(WanBackbone, "velocity", watch)
    sigmas = Sampler(stepped).sigmas.tolist()
    for each_step, read in ((False, [0.25]), (True, sigmas[:2])):
        levels.clear()
        _digest("ditflow", stepped, tiny.case(), reference_sigma=0.25, reference_each_step=each_step)
        without = [level for level, gradient in levels if not gradient]
        for step in sigmas[:-1]:  # the sampler's own passes
            without.remove(step)
        assert without == pytest.approx(read)
        assert sum(gradient for _, gradient in levels) == 2 * 2


def test_injection_acts_in_the_window_only_and_the_first_step_changes_nothing(tiny, stepped, plain):
    found = [_digest("ditflow", stepped, tiny.case(), inject="0", inner_steps=0, window=w) for w in (0, 0.25, 0.5)]
    assert found[0] == found[1] == plain
    assert found[2] != plain


def test_injection_alone_is_the_method_of_that_name(tiny, stepped):
    spec = registry.method("kv-injection")
    theirs = registry.implementation(spec)(stepped, {"blocks": "0,2", "window": 0.5})
    ours = _digest("ditflow", stepped, tiny.case(), inject="0,2", inner_steps=0)
    assert ours == theirs.generate(tiny.case(), None, seed=3).digest()


def test_initial_latents_are_noise_or_made_of_the_reference(tiny, stepped, plain):
    off = {"inner_steps": 0}
    # The noised reference is the noise itself where σ = 1.
    noised = {"reference_path": "noised", **off}
    assert _digest("smm", stepped, tiny.case(), init="sdedit", strength=1.0, **noised) == plain
    assert _digest("smm", stepped, tiny.case(), init="lowpass", **noised) == plain
    sdedit = registry.implementation(registry.method("sdedit"))(stepped, {"strength": 0.5})
    expected = sdedit.generate(tiny.case(), None, seed=3).digest()
    assert _digest("smm", stepped, tiny.case(), init="sdedit", strength=0.5, **noised) == expected
    assert _digest("smm", stepped, tiny.case(), init="lowpass", reference_path="inverted", **off) != plain


def test_the_window_counts_from_the_first_step_taken(tiny, stepped, monkeypatch):
    seen = _histories(monkeypatch)
    _digest("smm", stepped, tiny.case(), init="sdedit", strength=0.5, window=0.5)
    assert [updates.step for updates in seen[0].history] == [2]


def test_descending_the_loss_gives_the_references_motion(tiny, stepped):
    """Latents of another clip end nearer to the reference's field than they began."""
    loss, _ = _objective("ditflow", stepped, tiny.case(), moving_only=False)
    start = stepped.encode(tiny.video(9))
    moved, _ = descend(start, loss, steps=20, rate=0.03)
    assert loss(moved) < 0.9 * loss(start)


def test_a_reference_without_displacements_is_declined(tiny, stepped, monkeypatch):
    from motionbench.methods.ditflow import method as module

    own = module.motion_flow
    monkeypatch.setattr(module, "motion_flow", lambda *arguments, **words: 0 * own(*arguments, **words))
    with pytest.raises(Declined, match=r"flow is zero everywhere, .* --set ditflow\.moving_only=false compares still"):
        _digest("ditflow", stepped, tiny.case())


def test_the_released_form_of_smm_is_another_method(tiny, stepped):
    digests = {_digest("smm", stepped, tiny.case(), form=form) for form in ("dmt", "ditflow-release")}
    assert len(digests) == 2


def test_motion_channels_of_pans_and_of_the_reference_differ(tiny, stepped):
    digests = {_digest("moft", stepped, tiny.case(), channels_from=source) for source in ("pans", "reference")}
    assert len(digests) == 2


def test_more_entries_than_frames_cannot_be_kept(tiny, stepped):
    with pytest.raises(UsageError, match=r"motion-clone\.kept=6; expected 1 to 5, the backbone's latent frames"):
        _digest("motion-clone", stepped, tiny.case(), kept=6)


@METHODS
def test_the_spec_is_whole_and_its_presets_are_valid_options(name, backbone):
    spec = registry.method(name)
    kind = registry.implementation(spec).OPTIONS
    assert (spec.name, spec.tuned, spec.licence, kind.METHOD) == (name, False, "Apache-2.0", name)
    assert kind.of(spec.defaults) == kind()
    for preset in spec.presets.values():
        kind.of({**spec.defaults, **preset})
    assert set(spec.preset_of.values()) <= set(spec.presets)
    assert all(spec.runs_on(registry.backbone(name)) for name in spec.preset_of)
    assert spec.paper_results
    assert all(result.source for result in spec.paper_results)


@METHODS
def test_it_is_a_method_that_learns_nothing_and_needs_a_backbone(tiny, backbone, tmp_path, name):
    method = _method(name, backbone)
    assert isinstance(method, Method)
    assert method.tune(tiny.case(), seed=0, directory=tmp_path).trainable_parameters == 0
    assert not list(tmp_path.iterdir())
    with pytest.raises(UsageError, match=f"{name} needs a backbone; name one with --backbone"):
        _method(name, None)
    with pytest.raises(UsageError, match=rf"{name}\.blocks=3; the backbone has blocks 0 to 2"):
        _method(name, backbone, blocks="3")
