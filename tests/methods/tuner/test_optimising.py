import dataclasses

import pytest
import torch

from motionbench.methods.tuner import optimising
from motionbench.methods.tuner.optimising import Schedule, learning_rate, optimise

SCHEDULE = Schedule(steps=6, learning_rate=1e-2, lr_schedule="cosine", weight_decay=0.0)


def _run(path, progress=lambda *step: None, schedule=SCHEDULE):
    """A weight that follows noisy targets around 3: whoever loses the random state ends elsewhere."""
    weight = torch.nn.Parameter(torch.zeros(4))

    def loss(generator):
        return (weight - 3 - torch.randn(4, generator=generator)).square().mean()

    generator = torch.Generator().manual_seed(0)
    optimise("mine", [weight], loss, schedule, generator=generator, checkpoint=path, progress=progress)
    return weight.detach()


def test_cosine_starts_at_the_rate_and_falls_to_a_half_midway():
    assert learning_rate(SCHEDULE, 0) == 1e-2
    assert learning_rate(SCHEDULE, 3) == pytest.approx(5e-3, rel=1e-9, abs=0)
    assert learning_rate(dataclasses.replace(SCHEDULE, lr_schedule="constant"), 5) == 1e-2


def test_any_parameters_can_be_tuned(tmp_path):
    weight = _run(tmp_path / "a.pt", schedule=Schedule(300, 0.05, "cosine", 0.0))
    assert float((weight - 3).abs().max()) < 0.5


def test_an_interrupted_run_ends_like_an_undisturbed_one_to_the_bit(tmp_path, monkeypatch):
    undisturbed = _run(tmp_path / "a.pt")
    assert not (tmp_path / "a.pt").exists()
    monkeypatch.setattr(optimising, "CHECKPOINT_SECONDS", 0.0)

    def kill(stage, done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path / "a.pt", kill)
    seen = []
    assert torch.equal(_run(tmp_path / "a.pt", lambda *step: seen.append(step)), undisturbed)
    assert seen == [("mine", step, 6) for step in (3, 4, 5, 6)]
