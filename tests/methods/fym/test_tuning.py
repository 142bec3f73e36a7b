import dataclasses

import pytest
import torch

from motionbench.backbones import adapters
from motionbench.errors import MissingResourceError
from motionbench.methods.fym import tuning
from motionbench.methods.fym.checkpoint import Checkpoint
from motionbench.methods.fym.tuning import Recipe, Stage, learning_rate, train, weighted_loss

RECIPE = Recipe(
    steps=6,
    learning_rate=1e-2,
    lr_schedule="cosine",
    weight_decay=0.1,
    batch_size=2,
    shift=5.0,
    weighting="uniform",
    motion_loss="signed",
    motion_weight=1.0,
    position_scale=2.0,
    suppress_norm_leak=False,
)


def _stage(tiny, backbone, name="temporal", frozen=(), **changes):
    plan = adapters.AdapterPlan(name, adapters.everywhere(backbone.transformer), 4, 4.0)
    embeds = backbone.embed("a red star")
    return Stage(plan, frozen, tiny.latents(), embeds, dataclasses.replace(RECIPE, **changes))


def _train(tiny, backbone, path, progress=lambda *step: None, **changes):
    generator = torch.Generator().manual_seed(0)
    with adapters.borrowed(backbone.transformer):
        train(backbone, _stage(tiny, backbone, **changes), generator=generator, checkpoint=path, progress=progress)
        return [weight.detach().clone() for weight in adapters.parameters(backbone.transformer, "temporal")]


class _Stop(Exception):
    pass


@pytest.mark.parametrize("suppress", [False, True])
def test_an_interrupted_stage_ends_like_an_undisturbed_one_to_the_bit(tiny, backbone, tmp_path, monkeypatch, suppress):
    monkeypatch.setattr(tuning, "CHECKPOINT_SECONDS", 0.0)
    undisturbed = _train(tiny, backbone, tmp_path / "a.pt", suppress_norm_leak=suppress)

    def stop(name, done, total):
        if done == 3:
            raise _Stop

    with pytest.raises(_Stop):
        _train(tiny, backbone, tmp_path / "b.pt", stop, suppress_norm_leak=suppress)
    steps = []
    resumed = _train(
        tiny, backbone, tmp_path / "b.pt", lambda *step: steps.append(step[1]), suppress_norm_leak=suppress
    )
    assert steps == [4, 5, 6]
    assert all(torch.equal(*pair) for pair in zip(resumed, undisturbed, strict=True))


def test_the_same_seed_gives_the_same_weights_and_leaves_the_global_random_state(tiny, backbone, tmp_path):
    state = torch.get_rng_state()
    first, second = (_train(tiny, backbone, tmp_path / "a.pt") for _ in range(2))
    assert all(torch.equal(*pair) for pair in zip(first, second, strict=True))
    assert torch.equal(torch.get_rng_state(), state)


def test_the_loss_falls_on_one_clip(tiny, backbone, tmp_path):
    stage = _stage(tiny, backbone, steps=30, lr_schedule="constant", position_scale=1.0)

    def loss():
        generator = torch.Generator().manual_seed(5)
        with torch.no_grad():
            return float(sum(tuning.draw_loss(backbone, stage, generator) for _ in range(6)))

    with adapters.borrowed(backbone.transformer):
        before = loss()
        train(
            backbone,
            stage,
            generator=torch.Generator().manual_seed(0),
            checkpoint=tmp_path / "a.pt",
            progress=lambda *step: None,
        )
        assert loss() < 0.9 * before


def test_gradient_checkpointing_gives_the_same_weights(tiny, backbone, tmp_path):
    plain = _train(tiny, backbone, tmp_path / "a.pt")
    backbone.transformer.enable_gradient_checkpointing()
    try:
        frugal = _train(tiny, backbone, tmp_path / "b.pt")
    finally:
        backbone.transformer.disable_gradient_checkpointing()
    for found, expected in zip(frugal, plain, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_cosine_starts_at_the_rate_and_falls_to_a_half_midway():
    assert learning_rate(RECIPE, 0) == 1e-2
    assert learning_rate(RECIPE, 3) == pytest.approx(5e-3)
    assert learning_rate(dataclasses.replace(RECIPE, lr_schedule="constant"), 5) == 1e-2


def test_the_motion_loss_adds_its_weight_only_where_it_is_wanted():
    target = torch.randn(1, 4, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    sigma = torch.tensor([0.7])

    def total(**changes):
        return float(weighted_loss(-target, target, sigma, dataclasses.replace(RECIPE, **changes)))

    error = total(motion_loss="none")
    assert total(motion_weight=0.5) == pytest.approx(error + 1.0, rel=1e-5)
    assert total(motion_loss="release") == pytest.approx(error, rel=1e-5)


def test_a_broken_checkpoint_is_named(tmp_path):
    (tmp_path / "a.pt").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(MissingResourceError, match="is not a checkpoint"):
        Checkpoint.read(tmp_path / "a.pt")
