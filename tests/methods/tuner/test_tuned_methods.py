"""What every method on the clip tuner promises."""

import dataclasses
import subprocess
import sys

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from motionbench import registry
from motionbench.backbones import adapter_files, adapters
from motionbench.contracts import Method
from motionbench.errors import InvalidOutputError, UsageError
from motionbench.methods.lora.options import LoraOptions
from motionbench.methods.motion_director.options import MotionDirectorOptions
from motionbench.methods.tuner import optimising
from motionbench.methods.tuner.losses import mean_squared_error
from motionbench.mini.world import Recipe, render
from motionbench.types import Annotation, Case

QUICK = {"rank": 4, "alpha": 8, "learning_rate": 0.05, "batch_size": 2}
STEPS = {"lora": {"steps": 3}, "motion-director": {"spatial_steps": 3, "temporal_steps": 3}}
OPTIONS = {"lora": LoraOptions, "motion-director": MotionDirectorOptions}
MOMENTS = [
    ("lora", ("lora", 1)),
    ("lora", ("lora", 3)),
    ("motion-director", ("spatial", 2)),
    ("motion-director", ("spatial", 3)),
    ("motion-director", ("temporal", 1)),
    ("motion-director", ("temporal", 3)),
]
METHODS = pytest.mark.parametrize("name", list(STEPS))


def _method(name, backbone, **options):
    return registry.implementation(registry.method(name))(backbone, QUICK | STEPS[name] | options)


@pytest.fixture(scope="module")
def tuned(tiny, backbone, tmp_path_factory):
    """Finished folders and what tuning reported, by method."""

    def tune(name):
        folder = tmp_path_factory.mktemp(name)
        case = tiny.case(prompt="")
        return folder, _method(name, backbone).tune(case, seed=0, directory=folder, progress=lambda *step: None)

    return {name: tune(name) for name in STEPS}


def _weights(folder):
    return {path.name: load_file(path) for path in folder.glob("*.safetensors")}


def _same(first, second):
    assert first.keys() == second.keys()
    for name, weights in first.items():
        assert weights.keys() == second[name].keys()
        assert all(torch.equal(weight, second[name][key]) for key, weight in weights.items())


@METHODS
def test_the_spec_is_whole_and_its_presets_are_valid_options(name):
    spec = registry.method(name)
    assert (spec.name, spec.tuned, spec.licence) == (name, True, "Apache-2.0")
    assert OPTIONS[name].of(spec.defaults) == OPTIONS[name]()
    assert set(spec.preset_of.values()) <= set(spec.presets)
    assert all(spec.runs_on(registry.backbone(name)) for name in spec.preset_of)
    assert len({OPTIONS[name](), *(OPTIONS[name].of(preset) for preset in spec.presets.values())}) == 3
    assert spec.inputs == ("reference", "reference_prompt", "prompt")


@METHODS
def test_the_class_is_a_method_and_needs_a_backbone(backbone, name):
    assert isinstance(_method(name, backbone), Method)
    with pytest.raises(UsageError, match=f"{name} needs a backbone"):
        _method(name, None)


@METHODS
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ranks": 4}, "has no option 'ranks'; did you mean 'rank'"),
        ({"rank": 0}, "rank=0; expected 1 or more"),
        ({"projections": "q"}, "expected one of qkv, qkvo"),
        ({"tuning_shift": 0}, "expected a positive number"),
        ({"loss_weighting": "flat"}, "expected one of bell, uniform"),
    ],
)
def test_a_wrong_option_is_refused_under_the_methods_name(backbone, name, options, message):
    with pytest.raises(UsageError) as error:
        _method(name, backbone, **options)
    assert message in str(error.value)
    assert str(error.value).startswith(name)


@METHODS
def test_the_report_adds_up_and_the_folder_holds_adapters_and_nothing_unfinished(tuned, name):
    folder, report = tuned[name]
    stages = {"lora"} if name == "lora" else {"spatial", "temporal"}
    assert {path.name for path in folder.iterdir()} == {"report.json", *(f"{stage}.safetensors" for stage in stages)}
    assert set(report.stages) == stages
    assert report.seconds == pytest.approx(sum(report.stages.values()))
    assert report.trainable_parameters == len(stages) * 3 * 4 * 2 * 4 * 64  # layers, projections, A and B, rank, width


@METHODS
def test_the_same_seed_generates_the_same_video_other_than_the_backbones_which_stays_as_it_was(
    tiny, backbone, tuned, name
):
    plain = backbone.generate(tiny.case().prompt, seed=1)
    first, second = (_method(name, backbone).generate(tiny.case(), tuned[name][0], seed=1) for _ in range(2))
    assert first.digest() == second.digest() != plain.digest()
    assert first.size == plain.size
    assert backbone.generate(tiny.case().prompt, seed=1).digest() == plain.digest()


@METHODS
def test_seed_prompt_and_tuning_seed_all_matter(tiny, backbone, tuned, tmp_path, name):
    method = _method(name, backbone)
    method.tune(tiny.case(), seed=1, directory=tmp_path)
    case, folder = tiny.case(), tuned[name][0]
    digests = {
        method.generate(case, folder, seed=1).digest(),
        method.generate(case, folder, seed=2).digest(),
        method.generate(dataclasses.replace(case, prompt="a green star moves"), folder, seed=1).digest(),
        method.generate(case, tmp_path, seed=1).digest(),
    }
    assert len(digests) == 4


@pytest.mark.parametrize(("name", "moment"), MOMENTS)
def test_tuning_killed_midway_ends_like_an_undisturbed_one_to_the_bit(
    tiny, backbone, tuned, tmp_path, monkeypatch, name, moment
):
    monkeypatch.setattr(optimising, "CHECKPOINT_SECONDS", 0.0)
    method = _method(name, backbone)

    def kill(stage, done, total):
        if (stage, done) == moment:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        method.tune(tiny.case(), seed=0, directory=tmp_path, progress=kill)
    with pytest.raises(UsageError, match=f"{name} generates from a finished tuning"):
        method.generate(tiny.case(), tmp_path, seed=0)
    seen = []
    method.tune(tiny.case(), seed=0, directory=tmp_path, progress=lambda *step: seen.append(step[:2]))
    assert moment not in seen
    _same(_weights(tmp_path), _weights(tuned[name][0]))
    expected = method.generate(tiny.case(), tuned[name][0], seed=1).digest()
    assert method.generate(tiny.case(), tmp_path, seed=1).digest() == expected


@METHODS
def test_tuning_again_in_a_finished_folder_does_no_work(tiny, backbone, tuned, name):
    folder, report = tuned[name]
    before = (folder / "report.json").read_bytes()
    again = _method(name, backbone).tune(
        tiny.case(), seed=0, directory=folder, progress=lambda *step: pytest.fail(f"{step}")
    )
    assert again == report
    assert (folder / "report.json").read_bytes() == before


@METHODS
def test_tuning_leaves_the_global_random_state(tiny, backbone, tmp_path, name):
    before = torch.get_rng_state()
    _method(name, backbone).tune(tiny.case(), seed=0, directory=tmp_path)
    assert torch.equal(torch.get_rng_state(), before)


@METHODS
def test_adapters_that_change_nothing_are_an_error(tiny, backbone, tuned, tmp_path, name):
    for path in tuned[name][0].iterdir():
        if path.suffix == ".json":
            (tmp_path / path.name).write_bytes(path.read_bytes())
            continue
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
        weights = {key: weight * ("lora_A" in key) for key, weight in load_file(path).items()}
        save_file(weights, tmp_path / path.name, metadata)
    with pytest.raises(InvalidOutputError, match=f"{name}: the adapters do not change the backbone's output"):
        _method(name, backbone).generate(tiny.case(), tmp_path, seed=1)


def test_reading_the_specs_loads_no_torch():
    code = (
        "import sys, motionbench.methods.lora.spec, motionbench.methods.motion_director.spec;"
        "sys.exit(sorted({'torch', 'diffusers', 'peft', 'numpy'} & set(sys.modules)) != [])"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.slow
@METHODS
def test_a_few_steps_change_mini_wans_video_and_lower_its_loss(name, tmp_path):
    spec = registry.backbone("mini-wan")
    mini = registry.implementation(spec)(dataclasses.replace(spec, steps=2))
    clip = render(Recipe("camera", "pan", 1_300_000, 1_300_001))
    case = Case(
        "pan/0", "mine", "camera", clip.video, "pan", "a blue square on a green field", clip.caption, Annotation()
    )
    preset = {**registry.method(name).presets["mini"], **dict.fromkeys(STEPS[name], 5), "lr_schedule": "constant"}
    method = registry.implementation(registry.method(name))(mini, preset)
    method.tune(case, seed=0, directory=tmp_path)
    tuned, plain = method.generate(case, tmp_path, seed=0), mini.generate(case.prompt, seed=0)
    assert tuned.digest() != plain.digest()

    @torch.no_grad()
    def error():
        latents, generator = mini.encode(case.reference), torch.Generator().manual_seed(3)
        noise = torch.randn((8, *latents.shape[1:]), generator=generator)
        sigma = torch.full((8,), 0.9)
        noisy = 0.1 * latents + 0.9 * noise
        found = mini.velocity(noisy, sigma, mini.embed(case.reference_prompt))
        return float(mean_squared_error(found, noise - latents).mean())

    before = error()
    with adapters.borrowed(mini.transformer):
        kept = "lora" if name == "lora" else "temporal"
        adapter_files.load(mini.pipe, kept, tmp_path / f"{kept}.safetensors")
        adapters.activate(mini.transformer, {kept: 1.0})
        assert error() < before
