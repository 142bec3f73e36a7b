import pytest
import torch

from motionbench.errors import UsageError
from motionbench.methods.lora.method import Lora
from motionbench.methods.lora.options import LoraOptions
from motionbench.methods.tuner import training
from motionbench.methods.tuner.losses import flow_matching

QUICK = {"steps": 2, "rank": 4, "alpha": 4, "learning_rate": 0.05}


@pytest.fixture(scope="module")
def tuned(tiny, backbone, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lora")
    Lora(backbone, QUICK).tune(tiny.case(), seed=0, directory=folder)
    return folder


def test_it_learns_the_whole_clip_with_its_own_caption_by_the_plain_loss(tiny, backbone, tmp_path, monkeypatch):
    stages = []
    draw = training.draw_loss

    def watch(backbone, stage, generator):
        stages.append(stage)
        return draw(backbone, stage, generator)

    monkeypatch.setattr(training, "draw_loss", watch)
    case = tiny.case(prompt="")
    Lora(backbone, QUICK).tune(case, seed=0, directory=tmp_path)
    assert len(stages) == 2
    stage = stages[0]
    assert torch.equal(stage.latents, backbone.encode(case.reference))
    assert torch.equal(stage.embeds, backbone.embed(case.reference_prompt))
    assert (stage.loss, stage.frozen, stage.position_scale) == (flow_matching, (), 1.0)
    assert all(all(layer) for layer in stage.plan.heads)


@pytest.mark.parametrize(("projections", "modules"), [("qkv", 3), ("qkvo", 4)])
def test_the_output_projection_is_an_option(tiny, backbone, tmp_path, projections, modules):
    report = Lora(backbone, QUICK | {"projections": projections}).tune(tiny.case(), seed=0, directory=tmp_path)
    assert report.trainable_parameters == 3 * modules * 2 * 4 * 64


def test_the_scale_of_the_adapter_is_felt_and_is_never_zero(tiny, backbone, tuned):
    digests = {
        Lora(backbone, QUICK | {"scale": scale}).generate(tiny.case(), tuned, seed=1).digest() for scale in (0.5, 1)
    }
    assert len(digests) == 2
    with pytest.raises(UsageError, match=r"lora\.scale=0\.0; expected a positive number"):
        LoraOptions.of({"scale": 0})


def test_the_file_is_what_diffusers_reads_without_us(tiny, backbone, tuned):
    expected = Lora(backbone, QUICK).generate(tiny.case(), tuned, seed=1)
    pipe = tiny.backbone()
    pipe.pipe.load_lora_weights(tuned, weight_name="lora.safetensors")
    assert pipe.generate(tiny.case().prompt, seed=1).digest() == expected.digest()


def test_no_step_is_refused():
    with pytest.raises(UsageError, match=r"lora\.steps=0; expected 1 or more"):
        LoraOptions.of({"steps": 0})
