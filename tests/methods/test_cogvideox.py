"""Every method on tiny random CogVideoX pipelines, rotary as the 5B and with added sines as the 2B."""

import pytest
import torch
from safetensors.torch import load_file

from motionbench import registry
from motionbench.backbones import adapter_files, adapters
from motionbench.backbones.adapters import AdapterPlan
from motionbench.backbones.sampling import Sampler
from motionbench.errors import UsageError
from motionbench.methods.fym import stages
from motionbench.methods.fym.head_table import HeadTable
from motionbench.methods.guidance.loop import Guidance
from motionbench.methods.guidance.reference import ReferencePath, invert
from motionbench.methods.tuner.losses import loss_weight
from motionbench.methods.tuner.optimising import Schedule
from motionbench.methods.tuner.training import Draws, Stage, draw_loss

VARIANTS = pytest.mark.parametrize("variant", ["rotary", "sines"])
GUIDED = {"blocks": "1", "window": 0.5, "inner_steps": 2, "learning_rate": 0.05, "final_learning_rate": 0.05}
LORA = {"rank": 4, "alpha": 8, "learning_rate": 0.05, "batch_size": 2}
FYM = {**LORA, "spatial_steps": 2, "temporal_steps": 2, "stride": 2, "head_rule": "paper"}
OPTIONS = {
    "sdedit": {"strength": 0.5},
    "kv-injection": {"blocks": "0,2", "window": 0.75},
    "ditflow": {**GUIDED, "inject": "0"},
    "smm": GUIDED,
    "moft": {**GUIDED, "reference_path": "inverted", "reference_each_step": True},
    "motion-clone": GUIDED,
    "lora": {**LORA, "steps": 2},
    "motion-director": {**LORA, "spatial_steps": 2, "temporal_steps": 2},
    "motion-inversion": {"blocks": "all", "steps": 2, "learning_rate": 0.05, "batch_size": 2},
    "det": {"steps": 2, "learning_rate": 0.05, "batch_size": 2, "bottleneck": 4, "dropped": 0.0, "tracker": "lk"},
    "fym": FYM,
}
FREE = pytest.mark.parametrize("name", ["sdedit", "kv-injection", "ditflow", "smm", "moft", "motion-clone"])
TUNED = pytest.mark.parametrize("name", ["lora", "motion-director", "motion-inversion", "det", "fym"])


@pytest.fixture(scope="module")
def stepped(cogvideox):
    """Each variant with four steps."""
    return {variant: cogvideox.backbone(variant, steps=4) for variant in cogvideox.VARIANTS}


@pytest.fixture(scope="module")
def plain(cogvideox, stepped):
    """Digests of the backbones' own videos."""
    prompt = cogvideox.case().prompt
    return {variant: backbone.generate(prompt, seed=3).digest() for variant, backbone in stepped.items()}


def _method(name, backbone, **changes):
    spec = registry.method(name)
    return registry.implementation(spec)(backbone, {**spec.defaults, **OPTIONS[name], **changes})


def _left_as_it_was(backbone):
    modules = list(backbone.transformer.modules())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in modules)
    assert not any("lora" in name for name, _ in backbone.transformer.named_parameters())
    assert all(weight.grad is None and not weight.requires_grad for weight in backbone.transformer.parameters())


@VARIANTS
@FREE
def test_a_free_method_makes_a_video_of_reference_and_seed(cogvideox, stepped, plain, name, variant):
    backbone, case = stepped[variant], cogvideox.case()
    method = _method(name, backbone)
    video = method.generate(case, None, seed=3)
    assert video.size == (9, 32, 32)
    digests = [
        video.digest(),
        method.generate(cogvideox.case(reference=cogvideox.video(7)), None, seed=3).digest(),
        method.generate(case, None, seed=4).digest(),
        plain[variant],
    ]
    assert len(set(digests)) == 4
    assert method.generate(case, None, seed=3).digest() == digests[0]
    _left_as_it_was(backbone)


@VARIANTS
@pytest.mark.parametrize(
    ("name", "off"),
    [
        ("sdedit", {"strength": 1.0}),
        ("kv-injection", {"window": 0.0}),
        ("ditflow", {"window": 0.0}),
        ("ditflow", {"inner_steps": 0, "inject": "none"}),
    ],
)
def test_switched_off_it_is_the_backbones_own_video(cogvideox, stepped, plain, name, off, variant):
    assert _method(name, stepped[variant], **off).generate(cogvideox.case(), None, seed=3).digest() == plain[variant]


@VARIANTS
def test_gradient_checkpointing_moves_the_latents_the_same_way_injection_included(cogvideox, stepped, variant):
    methods = [_method("ditflow", stepped[variant], gradient_checkpointing=switch) for switch in (False, True)]
    assert len({method.generate(cogvideox.case(), None, seed=3).digest() for method in methods}) == 1
    assert not stepped[variant].transformer.gradient_checkpointing


@VARIANTS
def test_keys_and_values_of_block_0_change_nothing_in_the_first_step(cogvideox, stepped, variant):
    """At σ = 1 the noised reference is the noise itself, and block 0 has not met the text yet.

    A pass of both prompts rounds otherwise than one of a single prompt, so a pixel may differ here and there.
    """
    own, *injected = (
        _method("kv-injection", stepped[variant], blocks="0", window=window).generate(cogvideox.case(), None, seed=3)
        for window in (0.0, 0.25, 1.0)
    )
    changed = [(video.frames != own.frames).mean() for video in injected]
    assert changed[0] < 1e-3
    assert changed[1] > 0.1


@VARIANTS
@TUNED
def test_a_tuned_method_tunes_and_generates(cogvideox, stepped, plain, tmp_path, name, variant):
    backbone, case = stepped[variant], cogvideox.case()
    method = _method(name, backbone)
    report = method.tune(case, seed=0, directory=tmp_path)
    assert report.trainable_parameters > 0
    video = method.generate(case, tmp_path, seed=3)
    assert video.size == (9, 32, 32)
    assert video.digest() != plain[variant]
    assert method.generate(case, tmp_path, seed=3).digest() == video.digest()
    _left_as_it_was(backbone)


@pytest.mark.parametrize("checkpointing", [False, True])
def test_tuning_lowers_the_loss_of_the_clip(cogvideox, stepped, tmp_path, checkpointing):
    """Mean over noise levels of the velocity's error, before and after."""
    backbone, case = stepped["rotary"], cogvideox.case()
    clean, embeds = backbone.encode(case.reference), backbone.embed(case.reference_prompt)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(9))
    sigma = torch.tensor([0.3, 0.6, 0.9])

    def error():
        batch = [part.expand(3, -1, -1, -1, -1) for part in (clean, noise)]
        with torch.no_grad():
            found = backbone.velocity(backbone.process.interpolate(*batch, sigma), sigma, embeds)
        return float((found - backbone.process.velocity_target(*batch, sigma)).square().mean())

    method = _method("lora", backbone, steps=40, learning_rate=0.02, gradient_checkpointing=checkpointing)
    method.tune(case, seed=0, directory=tmp_path)
    before = error()
    with adapters.borrowed(backbone.transformer):
        adapter_files.load(backbone.pipe, "lora", tmp_path / "lora.safetensors")
        adapters.activate(backbone.transformer, {"lora": 1.0})
        assert error() < 0.95 * before


@VARIANTS
def test_fym_labels_heads_by_the_videos_tokens_and_splits_its_adapters(cogvideox, stepped, tmp_path, variant):
    method = _method("fym", stepped[variant])
    method.tune(cogvideox.case(), seed=0, directory=tmp_path)
    table = HeadTable.read(tmp_path / "heads.json")
    assert (table.frames, table.tokens_per_frame) == (5, 16)
    assert [len(layer) for layer in table.kinds] == [2, 2, 2]
    # Each row of P sums to 1 over the video's 80 tokens, so a band holds no more than all rows.
    assert all(0 < mass < 80 for layer in (*table.spatial_mass, *table.temporal_mass) for mass in layer)
    for kind in ("spatial", "temporal"):
        group, path = table.group(kind), tmp_path / f"{kind}.safetensors"
        assert path.exists() == any(any(layer) for layer in group)
        for key, weight in (load_file(path) if path.exists() else {}).items():
            if key.endswith("lora_B.weight"):
                layer = int(key.split(".")[2])
                acts = [bool(head.ne(0).any()) for head in weight.split(16)]
                assert acts == list(group[layer])


def test_where_each_head_is_normed_by_itself_nothing_leaks_and_nothing_is_suppressed(cogvideox, stepped, tmp_path):
    digests = []
    for switch in (False, True):
        method = _method("fym", stepped["rotary"], suppress_norm_leak=switch)
        method.tune(cogvideox.case(), seed=0, directory=tmp_path / str(switch))
        assert HeadTable.read(tmp_path / str(switch) / "heads.json").norm_leak == ()
        digests.append(method.generate(cogvideox.case(), tmp_path / str(switch), seed=3).digest())
    assert digests[0] == digests[1]


@VARIANTS
def test_sparse_frames_are_tuned_at_stretched_positions(cogvideox, stepped, tmp_path, variant, monkeypatch):
    seen, own = [], stages.Tuning.sparse_latents
    monkeypatch.setattr(stages.Tuning, "sparse_latents", lambda self: seen.append(own(self)) or own(self))
    weights = []
    for adaptive in (True, False):
        folder = tmp_path / str(adaptive)
        # The whole model, so that both runs train the same adapter.
        method = _method("fym", stepped[variant], adaptive_rope=adaptive, decoupling=False)
        method.tune(cogvideox.case(), seed=0, directory=folder)
        weights.append(load_file(folder / "temporal.safetensors"))
    assert [(tuple(latents.shape), scale) for latents, scale in seen] == [((1, 4, 3, 8, 8), s) for s in (2.0, 1.0)]
    assert any(not torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


def test_an_inverted_reference_follows_the_models_own_ode(cogvideox, stepped, monkeypatch):
    """A model that always points at one noise is inverted onto the path to that noise, and sampled back."""
    backbone = stepped["rotary"]
    sampler, clean, process = Sampler(backbone), backbone.encode(cogvideox.video()), backbone.process
    noise = sampler.noise(0)
    monkeypatch.setattr(
        backbone, "velocity", lambda latents, sigma, embeds: process.velocity_target(clean, noise, sigma), raising=False
    )
    path = invert(sampler, clean)
    for latents, level in zip(path, sampler.sigmas, strict=True):
        torch.testing.assert_close(latents, process.interpolate(clean, noise, level.view(1)), rtol=1e-5, atol=1e-5)
    read, level = ReferencePath(sampler, clean, noise).at_sigma(0.25)
    torch.testing.assert_close(read, process.interpolate(clean, noise, level.view(1)))


def test_the_loss_of_a_draw_is_zero_for_the_true_velocity_of_the_process(cogvideox, stepped, monkeypatch):
    backbone = stepped["sines"]
    clean, process, levels = backbone.encode(cogvideox.video()), backbone.process, []

    def true(latents, sigma, embeds):
        levels.extend(sigma.tolist())
        none, all_of = torch.zeros_like(latents), torch.ones_like(latents)
        noise = (latents - process.interpolate(clean, none, sigma)) / process.interpolate(none, all_of, sigma)
        return process.velocity_target(clean.expand_as(latents), noise, sigma)

    plan = AdapterPlan("one", adapters.everywhere(backbone.transformer), 2, 2.0, "qkv", backbone.architecture)
    draws = Draws(batch_size=8, shift=1.0, weighting="uniform")
    stage = Stage(plan, clean, backbone.embed("a red star"), Schedule(1, 1e-3, "constant", 0.0), draws)
    own = float(draw_loss(backbone, stage, torch.Generator().manual_seed(0)))
    monkeypatch.setattr(backbone, "velocity", true, raising=False)
    assert float(draw_loss(backbone, stage, torch.Generator().manual_seed(0))) < 1e-6 < own
    table = process.table.float()
    assert all(float((table - level).abs().min()) < 1e-6 for level in levels)


def test_the_bell_weighs_the_schedules_own_levels_with_mean_one(stepped):
    process = stepped["rotary"].process
    share = 1 - torch.arange(1000, dtype=torch.float64) / 1000
    for shift in (1.0, 5.0):
        weight = loss_weight(process.levels(share, shift), weighting="bell", shift=shift, process=process)
        assert float(weight.mean()) == pytest.approx(1)


def test_guidance_lowers_the_loss_of_the_latents(cogvideox, stepped, monkeypatch):
    seen, own = [], Guidance.before_step
    monkeypatch.setattr(Guidance, "before_step", lambda self, *values: seen.append(self) or own(self, *values))
    _method("ditflow", stepped["rotary"], inner_steps=6, learning_rate=0.02, final_learning_rate=0.02).generate(
        cogvideox.case(), None, seed=3
    )
    assert [updates.step for updates in seen[0].history] == [0, 1]
    assert all(updates.losses[-1] < updates.losses[0] for updates in seen[0].history)


@VARIANTS
def test_guidance_of_rotary_positions_is_refused(cogvideox, stepped, variant):
    with pytest.raises(UsageError, match=r"moft\.target=rotary moves Wan's positions, not this backbone's"):
        _method("moft", stepped[variant], target="rotary").generate(cogvideox.case(), None, seed=3)


def test_flow_motion_is_refused_where_no_flow_is_matched(stepped):
    with pytest.raises(UsageError, match="flow-motion is of flow matching"):
        registry.implementation(registry.method("flow-motion"))(stepped["rotary"], {})
