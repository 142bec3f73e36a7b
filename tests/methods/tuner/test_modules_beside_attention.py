"""What ``det`` and ``motion-inversion`` share: modules of their own are trained beside a frozen model."""

import subprocess
import sys
from dataclasses import dataclass

import pytest
import torch

from motionbench import registry
from motionbench.contracts import Method
from motionbench.errors import UsageError
from motionbench.methods.det.options import DetOptions
from motionbench.methods.motion_inversion.options import MotionInversionOptions
from motionbench.methods.tuner import optimising

STEPS = 3


@dataclass(frozen=True)
class Tried:
    """A method at toy size."""

    name: str
    options: type
    file: str
    """What a finished folder holds beside the report."""
    quick: dict

    def __call__(self, backbone):
        return registry.implementation(registry.method(self.name))(backbone, self.quick)


DET = Tried("det", DetOptions, "kernels.safetensors", {"bottleneck": 4, "track_grid": 3, "tracking_below": 1.0})
INVERSION = Tried("motion-inversion", MotionInversionOptions, "embeddings.safetensors", {"blocks": "all"})
for each in (DET, INVERSION):
    each.quick.update(steps=STEPS, learning_rate=0.05, batch_size=2)


@pytest.fixture(scope="module", params=[DET, INVERSION], ids=lambda tried: tried.name)
def tried(request):
    """One method after the other."""
    return request.param


@pytest.fixture(scope="module")
def tuned(tiny, backbone, tried, tmp_path_factory):
    """A finished folder and what tuning reported."""
    folder = tmp_path_factory.mktemp(tried.name)
    return folder, tried(backbone).tune(tiny.case(prompt=""), seed=0, directory=folder)


def test_the_spec_is_whole_and_its_presets_are_valid_options(tried):
    spec = registry.method(tried.name)
    assert (spec.tuned, spec.licence, spec.noise_from) == (True, "Apache-2.0", "seed")
    assert tried.options.of(spec.defaults) == tried.options()
    assert len({tried.options(), *map(tried.options.of, spec.presets.values())}) == 3
    assert spec.preset_of == {"mini-wan": "mini"}
    module = spec.implementation.partition(":")[0].rpartition(".")[0]
    code = f"import sys, {module}.spec; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_class_is_a_method_and_needs_a_backbone(backbone, tried):
    assert isinstance(tried(backbone), Method)
    with pytest.raises(UsageError, match=f"{tried.name} needs a backbone"):
        tried(None)


def test_only_the_modules_are_trained_and_the_model_is_left_as_it_was(tiny, tried, tmp_path):
    backbone = tiny.backbone()
    before = {key: weight.clone() for key, weight in backbone.transformer.state_dict().items()}
    plain, random = backbone.generate(tiny.case().prompt, seed=1).digest(), torch.get_rng_state()
    method = tried(backbone)
    method.tune(tiny.case(prompt=""), seed=0, directory=tmp_path)
    method.generate(tiny.case(), tmp_path, seed=1)
    after = backbone.transformer.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(weight, after[key]) for key, weight in before.items())
    assert backbone.generate(tiny.case().prompt, seed=1).digest() == plain
    assert torch.equal(torch.get_rng_state(), random)


@pytest.mark.parametrize("last", [1, STEPS])
def test_tuning_killed_midway_ends_like_an_undisturbed_one_to_the_byte(
    tiny, backbone, tried, tuned, tmp_path, monkeypatch, last
):
    monkeypatch.setattr(optimising, "CHECKPOINT_SECONDS", 0.0)
    method = tried(backbone)

    def kill(stage, done, total):
        if done == last:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        method.tune(tiny.case(), seed=0, directory=tmp_path, progress=kill)
    with pytest.raises(UsageError, match=f"{tried.name} generates from a finished tuning"):
        method.generate(tiny.case(), tmp_path, seed=0)
    seen = []
    method.tune(tiny.case(), seed=0, directory=tmp_path, progress=lambda stage, done, total: seen.append(done))
    assert seen == list(range(last + 1, STEPS + 1))
    assert {path.name for path in tmp_path.iterdir()} == {"report.json", tried.file}
    assert (tmp_path / tried.file).read_bytes() == (tuned[0] / tried.file).read_bytes()


def test_tuning_again_in_a_finished_folder_does_no_work(tiny, backbone, tried, tuned):
    folder, report = tuned
    again = tried(backbone).tune(tiny.case(), seed=0, directory=folder, progress=lambda *step: pytest.fail(f"{step}"))
    assert again == report


def test_generation_without_a_tuning_is_refused(tiny, backbone, tried, tmp_path):
    for state in (None, tmp_path):
        with pytest.raises(UsageError, match=f"{tried.name} generates from a finished tuning"):
            tried(backbone).generate(tiny.case(), state, seed=0)
