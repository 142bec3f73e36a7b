import pytest
import torch
from safetensors.torch import load_file

from motionbench.backbones import adapters
from motionbench.errors import UsageError
from motionbench.methods.motion_director.losses import TemporalLoss
from motionbench.methods.motion_director.method import MotionDirector
from motionbench.methods.motion_director.options import MotionDirectorOptions
from motionbench.methods.tuner import training
from motionbench.methods.tuner.losses import flow_matching

QUICK = {"spatial_steps": 2, "temporal_steps": 2, "rank": 4, "alpha": 4, "learning_rate": 0.05}


@pytest.fixture(scope="module")
def tuned(tiny, backbone, tmp_path_factory):
    folder = tmp_path_factory.mktemp("motion-director")
    MotionDirector(backbone, QUICK).tune(tiny.case(), seed=0, directory=folder)
    return folder


def _watched(tiny, backbone, folder, monkeypatch, **options):
    """The stages as they were drawn from, one a step, with the adapters checked and weights at the start of each."""
    seen = []
    draw = training.draw_loss

    def watch(backbone, stage, generator):
        name = stage.plan.name
        adapters.check_active(backbone.transformer, dict.fromkeys((*stage.frozen, name), 1.0), trainable=name)
        seen.append(stage)
        return draw(backbone, stage, generator)

    monkeypatch.setattr(training, "draw_loss", watch)
    MotionDirector(backbone, QUICK | options).tune(tiny.case(prompt=""), seed=0, directory=folder)
    return {stage.plan.name: stage for stage in seen}


def test_the_spatial_adapter_sees_frames_and_the_temporal_one_the_clip_beside_it(tiny, backbone, tmp_path, monkeypatch):
    stages = _watched(tiny, backbone, tmp_path, monkeypatch, beta=0.5, debias_weight=2.0)
    case = tiny.case()
    spatial, temporal = stages["spatial"], stages["temporal"]
    assert spatial.latents.shape[:3] == (tiny.FRAMES, 4, 1)
    assert torch.equal(temporal.latents, backbone.encode(case.reference))
    assert (spatial.loss, spatial.frozen) == (flow_matching, ())
    assert (temporal.loss, temporal.frozen) == (TemporalLoss(0.5, 2.0), ("spatial",))
    assert all(torch.equal(stage.embeds, backbone.embed(case.reference_prompt)) for stage in stages.values())


def test_the_spatial_adapter_stands_still_while_the_temporal_one_learns(tiny, backbone, tuned, tmp_path):
    longer = MotionDirector(backbone, QUICK | {"temporal_steps": 5})
    longer.tune(tiny.case(), seed=0, directory=tmp_path)
    first, second = (load_file(folder / "spatial.safetensors") for folder in (tuned, tmp_path))
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_the_temporal_adapter_depends_on_the_frozen_spatial_one(tiny, backbone, tuned, tmp_path):
    MotionDirector(backbone, QUICK | {"spatial_steps": 4}).tune(tiny.case(), seed=0, directory=tmp_path)
    first, second = (load_file(folder / "temporal.safetensors") for folder in (tuned, tmp_path))
    assert not all(torch.equal(first[key], second[key]) for key in first)


def test_generation_reads_the_temporal_adapter_only(tiny, backbone, tuned, tmp_path):
    expected = MotionDirector(backbone, QUICK).generate(tiny.case(), tuned, seed=1)
    for name in ("report.json", "temporal.safetensors"):
        (tmp_path / name).write_bytes((tuned / name).read_bytes())
    assert MotionDirector(backbone, QUICK).generate(tiny.case(), tmp_path, seed=1).digest() == expected.digest()
    quieter = MotionDirector(backbone, QUICK | {"temporal_scale": 0.5}).generate(tiny.case(), tuned, seed=1)
    assert quieter.digest() != expected.digest()


def test_without_spatial_steps_the_temporal_adapter_learns_alone(tiny, backbone, tmp_path, monkeypatch):
    stages = _watched(tiny, backbone, tmp_path, monkeypatch, spatial_steps=0)
    assert set(stages) == {"temporal"}
    assert stages["temporal"].frozen == ()
    assert not (tmp_path / "spatial.safetensors").exists()
    assert MotionDirector(backbone, QUICK).generate(tiny.case(), tmp_path, seed=1).size == tiny.case().reference.size


def test_the_spatial_adapter_may_have_a_rate_of_its_own(tiny, backbone, tmp_path, monkeypatch):
    stages = _watched(tiny, backbone, tmp_path, monkeypatch, spatial_learning_rate=0.01)
    assert [stages[name].schedule.learning_rate for name in ("spatial", "temporal")] == [0.01, 0.05]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beta": -1}, "motion-director.beta=-1.0; expected 0 or more"),
        ({"debias_weight": -0.5}, "motion-director.debias_weight=-0.5; expected 0 or more"),
        ({"temporal_steps": 0}, "motion-director.temporal_steps=0; expected 1 or more"),
        ({"temporal_scale": 0}, "motion-director.temporal_scale=0.0; expected a positive number"),
    ],
)
def test_a_wrong_option_is_refused(options, message):
    with pytest.raises(UsageError) as error:
        MotionDirectorOptions.of(options)
    assert message in str(error.value)
