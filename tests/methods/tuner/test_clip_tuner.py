import pytest
import torch

from motionbench.backbones import adapters
from motionbench.errors import MissingResourceError, UsageError
from motionbench.methods.tuner import optimising, state
from motionbench.methods.tuner.clip_tuner import ClipTuner
from motionbench.methods.tuner.optimising import Schedule
from motionbench.methods.tuner.training import Draws, Stage


def _silent(*step):
    pass


def _stage(tiny, backbone, name, steps=3, frozen=()):
    plan = adapters.AdapterPlan(name, adapters.everywhere(backbone.transformer), 4, 4.0)
    schedule, draws = Schedule(steps, 0.05, "constant", 0.0), Draws(2, 3.0, "uniform")
    return Stage(plan, tiny.latents(), backbone.embed("a red star"), schedule, draws, frozen=frozen)


def _velocity(tiny, backbone):
    with torch.no_grad():
        return backbone.velocity(tiny.latents(1), torch.tensor([0.8]), backbone.embed("a blue square"))


def _copy(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def test_a_fresh_adapter_leaves_the_output_as_it_was_to_the_bit_and_a_trained_one_does_not(tiny, backbone, tmp_path):
    plain = _velocity(tiny, backbone)
    found = []
    for steps in (0, 1):
        tuner = ClipTuner(backbone, 0, tmp_path / str(steps), _silent)
        with tuner.session() as done:
            tuner.adapter("one", done, lambda steps=steps: _stage(tiny, backbone, "one", steps))
            found.append(_velocity(tiny, backbone))
    assert torch.equal(found[0], plain)
    assert not torch.equal(found[1], plain)


def test_training_changes_nothing_but_the_adapters_own_weights(tiny, backbone, tmp_path):
    pretrained = _copy(backbone.pipe.transformer)
    tuner = ClipTuner(backbone, 0, tmp_path, _silent)
    with tuner.session() as done:
        done = tuner.adapter("one", done, lambda: _stage(tiny, backbone, "one"))
        first = _copy(backbone.transformer)
        tuner.adapter("two", done, lambda: _stage(tiny, backbone, "two", frozen=("one",)))
        both = _copy(backbone.transformer)
    assert all(torch.equal(both[name], value) for name, value in first.items())
    assert {name.split(".")[-2] for name in both.keys() - first.keys()} == {"two"}
    after = _copy(backbone.transformer)
    assert after.keys() == pretrained.keys()
    assert all(torch.equal(after[name], value) for name, value in pretrained.items())


def test_a_trained_adapter_is_loaded_and_not_trained_again(tiny, backbone, tmp_path):
    tuner = ClipTuner(backbone, 0, tmp_path, _silent)
    with tuner.session() as done:
        first = tuner.adapter("one", done, lambda: _stage(tiny, backbone, "one"))
        expected = _velocity(tiny, backbone)
    with tuner.session() as done:
        again = tuner.adapter("one", done, lambda: pytest.fail("there is nothing to prepare"))
        adapters.activate(backbone.transformer, {"one": 1.0})
        assert torch.equal(_velocity(tiny, backbone), expected)
    assert again == first
    assert first.parameters["one"] == 3 * 3 * 2 * 4 * 64


def test_a_stage_with_nothing_to_learn_is_finished_and_leaves_no_adapter(backbone, tmp_path):
    tuner = ClipTuner(backbone, 0, tmp_path, _silent)
    with tuner.session() as done:
        done = tuner.adapter("one", done, lambda: None)
    assert (done.adapters, dict(done.seconds)) == ((), {"one": 0.0})
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_an_interrupted_stage_counts_its_seconds_and_leaves_the_model_as_it_was(tiny, backbone, tmp_path, monkeypatch):
    monkeypatch.setattr(optimising, "CHECKPOINT_SECONDS", 0.0)

    def kill(stage, done, total):
        raise KeyboardInterrupt

    plain = _velocity(tiny, backbone)
    with pytest.raises(KeyboardInterrupt), (tuner := ClipTuner(backbone, 0, tmp_path, kill)).session() as done:
        tuner.adapter("one", done, lambda: _stage(tiny, backbone, "one"))
    assert torch.equal(_velocity(tiny, backbone), plain)
    assert not backbone.transformer.training
    assert state.checkpoint(tmp_path, "one").exists()
    with (tuner := ClipTuner(backbone, 0, tmp_path, _silent)).session() as done:
        done = tuner.adapter("one", done, lambda: _stage(tiny, backbone, "one"))
    assert not state.checkpoint(tmp_path, "one").exists()
    assert done.report().seconds > 0


@pytest.mark.parametrize("before", [False, True])
def test_gradient_checkpointing_is_on_while_it_is_wanted_and_then_as_before(backbone, tmp_path, before):
    transformer = backbone.transformer
    try:
        if before:
            transformer.enable_gradient_checkpointing()
        with ClipTuner(backbone, 0, tmp_path, _silent, gradient_checkpointing=True).session():
            assert transformer.gradient_checkpointing
        assert transformer.gradient_checkpointing == before
    finally:
        transformer.disable_gradient_checkpointing()


def test_only_a_complete_folder_counts_as_finished(tiny, backbone, tmp_path):
    tuner = ClipTuner(backbone, 0, tmp_path, _silent)
    with tuner.session() as done:
        done = tuner.adapter("one", done, lambda: _stage(tiny, backbone, "one", 1))
    with pytest.raises(UsageError, match=r"mine generates from a finished tuning, got .*; run its tune stage first"):
        state.finished(tmp_path, "mine")
    tuner.complete(done)
    assert state.finished(tmp_path, "mine") == tmp_path
    with pytest.raises(UsageError, match="got None"):
        state.finished(None, "mine")


def test_a_broken_report_is_named(tmp_path):
    (tmp_path / "report.json").write_text("[]")
    with pytest.raises(MissingResourceError, match="is not a tuning report"):
        state.read(tmp_path)
