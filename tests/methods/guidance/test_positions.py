"""Rotary positions as what guidance moves, on a tiny random Wan."""

import dataclasses
import functools

import pytest
import torch

from motionbench import registry
from motionbench.backbones.added_angles import added_angles
from motionbench.backbones.attention_capture import capture
from motionbench.backbones.sampling import Sampler
from motionbench.backbones.token_grid import TokenGrid
from motionbench.backbones.wan import WanBackbone
from motionbench.errors import UsageError
from motionbench.methods.guidance.descent import Schedule, descend
from motionbench.methods.guidance.loop import Guidance, Wanted
from motionbench.methods.guidance.positions import moved_positions
from motionbench.methods.guidance.reference import ReferencePath

METHODS = pytest.mark.parametrize("name", ["ditflow", "smm", "moft", "motion-clone"])
QUICK = {
    "target": "rotary",
    "blocks": "1",
    "window": 0.5,
    "inner_steps": 3,
    "optimiser": "adam",
    "learning_rate": 0.05,
    "final_learning_rate": 0.05,
    "ramp": 0,
    "init": "noise",
    "inject": "none",
}
GRID = TokenGrid(3, 4, 4)
"""Of ``tiny.latents()``."""


@pytest.fixture(scope="module")
def stepped(tiny):
    """The tiny backbone with four steps, guided away from the empty prompt in each."""
    backbone = tiny.backbone()
    backbone.spec = dataclasses.replace(backbone.spec, steps=4)
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


def _shifted(model, frames, rows=0, columns=0):
    """Angles that displace every token of ``GRID`` by whole places."""
    angles = []
    for width, shift in zip(
        (model.rope.t_dim, model.rope.h_dim, model.rope.w_dim), (frames, rows, columns), strict=True
    ):
        angles.append(shift * 10000.0 ** -(torch.arange(0, width, 2, dtype=torch.float64) / width))
    return torch.cat(angles).float().expand(GRID.tokens, -1)


def _random_angles(scale=0.5):
    return scale * torch.randn(GRID.tokens, 8, generator=torch.Generator().manual_seed(1))


def _recorded(monkeypatch):
    """(added angles or None, gradient mode, embeddings) of every pass to come, and the guidance objects."""
    passes, guidances, own, before = [], [], WanBackbone.velocity, Guidance.before_step

    def velocity(self, latents, sigma, embeds):
        radians = guidances[-1].positions.applied.radians if guidances else None
        kept = None if radians is None else radians.detach().clone()
        passes.append((float(sigma[0]), kept, torch.is_grad_enabled()))
        return own(self, latents, sigma, embeds)

    def before_step(self, step, sigma, latents):
        guidances.append(self)
        moved = before(self, step, sigma, latents)
        assert moved is latents
        return moved

    monkeypatch.setattr(WanBackbone, "velocity", velocity)
    monkeypatch.setattr(Guidance, "before_step", before_step)
    return passes, guidances


def test_no_angles_and_zero_angles_are_the_native_model_to_the_bit(tiny):
    model, latents = tiny.transformer(), tiny.latents()
    native = tiny.forward(model, latents)
    with added_angles(model) as added:
        assert torch.equal(tiny.forward(model, latents), native)
        added.radians = torch.zeros(GRID.tokens, 8)
        assert torch.equal(tiny.forward(model, latents), native)
        added.radians = _random_angles()
        assert not torch.allclose(tiny.forward(model, latents), native, rtol=0, atol=1e-3)
    assert torch.equal(tiny.forward(model, latents), native)
    assert not model.rope._forward_hooks


@pytest.mark.parametrize("shift", [(2, 0, 0), (0, 3, 0), (0, 0, 1), (4, 1, 2)])
def test_displaced_tokens_have_the_tables_of_the_places_they_are_displaced_to(tiny, shift):
    model = tiny.transformer()
    native = [table.view(9, 8, 8, -1) for table in model.rope(torch.zeros(1, 4, 9, 16, 16))]
    with added_angles(model) as added:
        added.radians = _shifted(model, *shift)
        found = [table.view(*GRID.shape, -1) for table in model.rope(tiny.latents())]
    places = tuple(slice(start, start + length) for start, length in zip(shift, GRID.shape, strict=True))
    for table, expected in zip(found, native, strict=True):
        torch.testing.assert_close(table, expected[places], rtol=0, atol=1e-5)


def test_one_displacement_of_all_tokens_changes_nothing_as_only_differences_count(tiny):
    model, latents = tiny.transformer(), tiny.latents()
    native = tiny.forward(model, latents)
    with added_angles(model) as added:
        added.radians = _shifted(model, 5, 2, 3)
        torch.testing.assert_close(tiny.forward(model, latents), native, rtol=0, atol=1e-5)


def test_the_tables_stay_rotations(tiny):
    model = tiny.transformer()
    with added_angles(model) as added:
        added.radians = _random_angles(scale=3.0)
        cosines, sines = model.rope(tiny.latents())
    torch.testing.assert_close(cosines.square() + sines.square(), torch.ones_like(cosines), rtol=0, atol=1e-5)


def test_angles_of_another_clip_are_refused(tiny):
    model = tiny.transformer()
    with added_angles(model) as added:
        added.radians = torch.zeros(GRID.tokens, 16)
        with pytest.raises(ValueError, match=r"added angles \(48, 16\) do not fit 48 tokens of 8 angles each"):
            tiny.forward(model, tiny.latents())


def _loss(model, latents, block, radians):
    embeds = torch.linspace(-1, 1, 5 * 16, dtype=latents.dtype).view(1, 5, 16)
    with added_angles(model) as added, capture(model, attention=[block], stop=True) as seen:
        added.radians = radians
        model(latents, torch.tensor([900.0]), embeds)
    queries, keys, _ = seen.attention[block].attended()
    return (queries * keys.roll(1, 1)).square().mean()


def test_the_gradient_is_that_of_finite_differences_and_reaches_the_angles_only(tiny):
    """In the first block: those behind it have norms that compute in float32 whatever they are given."""
    model, latents = tiny.transformer().double(), tiny.latents().double()
    radians = _random_angles().double().requires_grad_()
    _loss(model, latents, 0, radians).backward()
    assert latents.grad is None
    assert all(weight.grad is None for weight in model.parameters())
    for token, pair in ((0, 0), (17, 3), (47, 7)):
        step = torch.zeros_like(radians)
        step[token, pair] = 1e-5
        with torch.no_grad():
            rise = _loss(model, latents, 0, radians + step) - _loss(model, latents, 0, radians - step)
        assert abs(float(radians.grad[token, pair])) > 1e-5
        assert float(radians.grad[token, pair]) == pytest.approx(float(rise) / 2e-5, rel=0, abs=1e-6)


def test_gradient_checkpointing_gives_the_same_gradient_of_a_later_block(tiny):
    model, gradients = tiny.transformer(), []
    for checkpointed in (False, True):
        if checkpointed:
            model.enable_gradient_checkpointing()
        radians = _random_angles().requires_grad_()
        gradients += torch.autograd.grad(_loss(model, tiny.latents(), 2, radians), radians)
    assert gradients[0].any()
    assert torch.equal(*gradients)


def test_planted_angles_are_followed(tiny):
    """Features of a pass on other positions: descending to them from native positions lowers the loss to a tenth."""
    model, latents = tiny.transformer(), tiny.latents()
    embeds = torch.linspace(-1, 1, 5 * 16).view(1, 5, 16)

    def turned():
        with capture(model, attention=[1], stop=True) as seen:
            model(latents, torch.tensor([900.0]), embeds)
        return seen.attention[1].attended()[:2]

    with moved_positions(model, GRID, "ditflow") as positions:
        with torch.no_grad():
            positions.applied.radians = _random_angles()
            wanted = turned()
        losses = positions.descend(
            lambda: sum((found - goal).square().mean() for found, goal in zip(turned(), wanted, strict=True)),
            functools.partial(descend, steps=40, rate=0.05),
        )
        assert losses[-1] < 0.1 * losses[0]
        assert positions.applied.radians is positions.learnt
        positions.withdraw()
        assert positions.applied.radians is None


@METHODS
@pytest.mark.parametrize(
    "off", [{"window": 0.0}, {"inner_steps": 0}, {"learning_rate": 0.0, "final_learning_rate": 0.0}]
)
def test_switched_off_it_is_the_backbones_own_video(tiny, stepped, plain, name, off):
    assert _digest(name, stepped, tiny.case(), **off) == plain


@METHODS
def test_the_loss_falls_while_the_latents_stay(tiny, stepped, plain, name, monkeypatch):
    _, guidances = _recorded(monkeypatch)
    digest = _digest(name, stepped, tiny.case(), learning_rate=0.02, final_learning_rate=0.02)
    assert digest != plain
    history = guidances[-1].history
    assert [updates.step for updates in history] == [0, 1]
    for updates in history:
        assert len(updates.losses) == 3
        assert updates.losses[-1] < updates.losses[0]
    assert guidances[-1].positions.learnt.any()


def test_angles_act_in_all_passes_of_guided_steps_live_on_and_leave_reference_and_later_steps_alone(
    tiny, stepped, monkeypatch
):
    passes, guidances = _recorded(monkeypatch)
    _digest("ditflow", stepped, tiny.case(), reference_each_step=True, inject="0")
    first, second, *later = Sampler(stepped).sigmas.tolist()[:-1]
    for sigma, begins_native in ((first, True), (second, False)):
        own = [(angles, gradient) for level, angles, gradient in passes if level == sigma]
        (injected, _), (reference, _), *updates, (prompted, _), (unprompted, _) = own
        assert injected is None
        assert reference is None
        assert len(updates) == 3
        assert all(gradient for _, gradient in updates)
        assert (not updates[0][0].any()) == begins_native
        assert torch.equal(prompted, unprompted)
        assert not torch.equal(prompted, updates[-1][0])
    assert torch.equal(prompted, guidances[-1].positions.learnt)
    afterwards = [angles for level, angles, _ in passes if level in later]
    assert len(afterwards) == 2 * len(later)
    assert all(angles is None for angles in afterwards)


@METHODS
def test_the_model_is_left_as_it_was_and_the_same_seed_gives_the_same_bytes(tiny, stepped, plain, name):
    options = {"inject": "0", "gradient_checkpointing": True}
    digests = [_digest(name, stepped, tiny.case(), **options) for _ in range(2)]
    assert digests[0] == digests[1] != plain
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in stepped.transformer.modules())
    assert stepped.generate(tiny.case().prompt, seed=3).digest() == plain


def test_a_loss_that_positions_do_not_reach_is_refused(tiny, stepped):
    """Queries of the first block before their rotary embedding."""
    sampler, case = Sampler(stepped), tiny.case()
    noise, clean = sampler.noise(0), stepped.encode(case.reference)
    grid = TokenGrid.of(sampler.shape, stepped.transformer.config.patch_size)

    def guidance(block):
        return Guidance(
            stepped,
            Wanted(attention=(block,)),
            lambda reference: (
                lambda seen: (seen.attention[block].queries - reference.attention[block].queries).square()
            ),
            ReferencePath(sampler, clean, noise),
            Schedule(0.01, 0.01, steps=1),
            embeds=stepped.embed(case.prompt),
            empty=stepped.embed(""),
            inner_steps=1,
        )

    with moved_positions(stepped.transformer, grid, "ditflow") as positions:
        blind = guidance(0)
        blind.positions = positions
        with pytest.raises(UsageError, match=r"ditflow\.target=rotary, but its loss does not depend on positions: .*1"):
            blind.before_step(0, sampler.sigmas[0], noise)
        seeing = guidance(1)
        seeing.positions = positions
        assert seeing.before_step(0, sampler.sigmas[0], noise) is noise
    assert positions.learnt.any()


@METHODS
def test_an_unknown_target_is_refused(backbone, name):
    with pytest.raises(UsageError, match=f"{name}\\.target='rope'; expected one of latent, rotary"):
        _method(name, backbone, target="rope")
