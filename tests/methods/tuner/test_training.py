import dataclasses

import pytest
import torch

from motionbench.backbones import adapters
from motionbench.errors import MissingResourceError
from motionbench.methods.fym.losses import StageLoss
from motionbench.methods.fym.norm_leak import suppressed
from motionbench.methods.tuner import optimising, training
from motionbench.methods.tuner.checkpoint import Checkpoint
from motionbench.methods.tuner.optimising import Schedule
from motionbench.methods.tuner.training import Draws, Stage, train

SCHEDULE = Schedule(steps=6, learning_rate=1e-2, lr_schedule="cosine", weight_decay=0.1)
DRAWS = Draws(batch_size=2, shift=5.0, weighting="uniform")


def _stage(tiny, backbone, name="temporal", schedule=SCHEDULE, **changes):
    plan = adapters.AdapterPlan(name, adapters.everywhere(backbone.transformer), 4, 4.0)
    stage = Stage(plan, tiny.latents(), backbone.embed("a red star"), schedule, DRAWS, StageLoss("signed"))
    return dataclasses.replace(stage, **({"position_scale": 2.0} | changes))


def _train(tiny, backbone, path, progress=lambda *step: None, **changes):
    generator = torch.Generator().manual_seed(0)
    with adapters.borrowed(backbone.transformer):
        train(backbone, _stage(tiny, backbone, **changes), generator=generator, checkpoint=path, progress=progress)
        return [weight.detach().clone() for weight in adapters.parameters(backbone.transformer, "temporal")]


class _Stop(Exception):
    pass


@pytest.mark.parametrize("changes", [(), (suppressed,)])
def test_an_interrupted_stage_ends_like_an_undisturbed_one_to_the_bit(tiny, backbone, tmp_path, monkeypatch, changes):
    monkeypatch.setattr(optimising, "CHECKPOINT_SECONDS", 0.0)
    undisturbed = _train(tiny, backbone, tmp_path / "a.pt", changes=changes)

    def stop(name, done, total):
        if done == 3:
            raise _Stop

    with pytest.raises(_Stop):
        _train(tiny, backbone, tmp_path / "b.pt", stop, changes=changes)
    steps = []
    resumed = _train(tiny, backbone, tmp_path / "b.pt", lambda *step: steps.append(step[1]), changes=changes)
    assert steps == [4, 5, 6]
    assert all(torch.equal(*pair) for pair in zip(resumed, undisturbed, strict=True))


def test_the_same_seed_gives_the_same_weights_and_leaves_the_global_random_state(tiny, backbone, tmp_path):
    state = torch.get_rng_state()
    first, second = (_train(tiny, backbone, tmp_path / "a.pt") for _ in range(2))
    assert all(torch.equal(*pair) for pair in zip(first, second, strict=True))
    assert torch.equal(torch.get_rng_state(), state)


def test_the_loss_falls_on_one_clip(tiny, backbone, tmp_path):
    stage = _stage(tiny, backbone, schedule=Schedule(30, 1e-2, "constant", 0.1), position_scale=1.0)

    def loss():
        generator = torch.Generator().manual_seed(5)
        with torch.no_grad():
            return float(sum(training.draw_loss(backbone, stage, generator) for _ in range(6)))

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


def test_a_broken_checkpoint_is_named(tmp_path):
    (tmp_path / "a.pt").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(MissingResourceError, match="is not a checkpoint"):
        Checkpoint.read(tmp_path / "a.pt")
