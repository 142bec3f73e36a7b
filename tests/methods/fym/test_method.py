import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from motionbench.backbones import adapter_files, adapters
from motionbench.contracts import Method
from motionbench.errors import InvalidOutputError, MissingResourceError, UsageError
from motionbench.methods.fym import stages
from motionbench.methods.fym.head_table import HeadTable
from motionbench.methods.fym.method import FollowYourMotion
from motionbench.methods.tuner import optimising, training

QUICK = {
    "spatial_steps": 3,
    "temporal_steps": 3,
    "rank": 4,
    "alpha": 8,
    "learning_rate": 0.05,
    "stride": 2,
    "head_rule": "paper",
    "batch_size": 2,
}
ADAPTERS = ("spatial", "temporal")


@pytest.fixture(scope="module")
def tuned(tiny, backbone, tmp_path_factory):
    """A finished folder and what tuning reported."""
    folder = tmp_path_factory.mktemp("tuned")
    method = FollowYourMotion(backbone, QUICK)
    return folder, method.tune(tiny.case(), seed=0, directory=folder, progress=lambda *step: None)


def _weights(folder):
    return [load_file(folder / f"{name}.safetensors") for name in ADAPTERS if (folder / f"{name}.safetensors").exists()]


def _equal(first, second):
    return all(
        a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)
        for a, b in zip(_weights(first), _weights(second), strict=True)
    )


def _labels(monkeypatch, kind):
    """Every head gets the same label, as heads of a real layer did."""
    monkeypatch.setattr("motionbench.methods.fym.heads.kind_of", lambda *masses: kind)


def test_it_is_a_method(backbone):
    assert isinstance(FollowYourMotion(backbone, {}), Method)


def test_tuning_leaves_its_files_and_reports_what_it_cost(tuned):
    folder, report = tuned
    assert {path.name for path in folder.iterdir()} == {
        "heads.json",
        "spatial.safetensors",
        "temporal.safetensors",
        "report.json",
    }
    assert set(report.stages) == {"heads", *ADAPTERS}
    assert report.seconds == pytest.approx(sum(report.stages.values()))
    table = HeadTable.read(folder / "heads.json")
    heads = len(table.kinds) * len(table.kinds[0])
    factors = sum(len(weights) // 2 for weights in _weights(folder))
    assert report.trainable_parameters == factors * 4 * 64 + heads * 3 * 4 * 16


def test_the_table_of_heads_reports_the_leak_of_each_adapter(tuned):
    leaks = HeadTable.read(tuned[0] / "heads.json").norm_leak
    assert {leak.adapter for leak in leaks} == set(ADAPTERS)
    assert all(leak.relative >= 0 for leak in leaks)
    assert max(leak.relative for leak in leaks) > 0


def test_rows_of_the_other_kind_are_zero_in_both_files(tuned):
    table = HeadTable.read(tuned[0] / "heads.json")
    for kind, weights in zip(ADAPTERS, _weights(tuned[0]), strict=True):
        for key, weight in weights.items():
            if "lora_B" in key:
                by_head = weight.unflatten(0, (4, 16)).abs().sum(dim=(1, 2)) > 0
                assert tuple(by_head.tolist()) == table.group(kind)[int(key.split(".")[2])]


def test_adapters_change_the_generation_and_the_backbone_comes_back_unchanged(tiny, backbone, tuned):
    prompt = tiny.case().prompt
    plain = backbone.generate(prompt, seed=1).digest()
    method = FollowYourMotion(backbone, QUICK)
    first, second = (method.generate(tiny.case(), tuned[0], seed=1, progress=lambda *step: None) for _ in range(2))
    assert first.digest() == second.digest() != plain
    assert first.size == backbone.generate(prompt, seed=1).size
    assert backbone.generate(prompt, seed=1).digest() == plain


def test_each_scale_matters(tiny, backbone, tuned):
    def generate(**options):
        return FollowYourMotion(backbone, QUICK | options).generate(tiny.case(), tuned[0], seed=1).digest()

    digests = {generate(), generate(spatial_scale=0), generate(temporal_scale=0), generate(temporal_scale=0.5)}
    assert len(digests) == 4


def test_suppressing_the_leak_changes_the_generation(tiny, backbone, tuned):
    kept, suppressed = (
        FollowYourMotion(backbone, QUICK | {"suppress_norm_leak": choice}).generate(tiny.case(), tuned[0], seed=1)
        for choice in (False, True)
    )
    assert kept.digest() != suppressed.digest()


def test_tuning_again_in_a_finished_folder_does_no_work(tiny, backbone, tuned):
    def fail(*step):
        raise AssertionError(step)

    before = (tuned[0] / "report.json").read_bytes()
    report = FollowYourMotion(backbone, QUICK).tune(tiny.case(), seed=0, directory=tuned[0], progress=fail)
    assert report == tuned[1]
    assert (tuned[0] / "report.json").read_bytes() == before


@pytest.mark.parametrize("moment", [("heads", 2), ("spatial", 2), ("spatial", 3), ("temporal", 1), ("temporal", 3)])
def test_tuning_killed_at_any_stage_ends_like_an_undisturbed_one(tiny, backbone, tuned, tmp_path, monkeypatch, moment):
    monkeypatch.setattr(optimising, "CHECKPOINT_SECONDS", 0.0)
    method = FollowYourMotion(backbone, QUICK)

    def kill(stage, done, total):
        if (stage, done) == moment:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        method.tune(tiny.case(), seed=0, directory=tmp_path, progress=kill)
    with pytest.raises(UsageError, match="finished tuning"):
        method.generate(tiny.case(), tmp_path, seed=0)
    method.tune(tiny.case(), seed=0, directory=tmp_path)
    assert _equal(tmp_path, tuned[0])
    assert HeadTable.read(tmp_path / "heads.json") == HeadTable.read(tuned[0] / "heads.json")


def test_both_adapters_act_and_only_the_temporal_one_learns_in_stage_three(tiny, backbone, tuned, monkeypatch):
    seen = []
    draw = training.draw_loss

    def watch(backbone, stage, generator):
        frozen = dict.fromkeys((*stage.frozen, stage.plan.name), 1.0)
        adapters.check_active(backbone.transformer, frozen, trainable=stage.plan.name)
        seen.append((stage.plan.name, stage.frozen))
        return draw(backbone, stage, generator)

    monkeypatch.setattr(training, "draw_loss", watch)
    folder = tuned[0].parent / "watched"
    FollowYourMotion(backbone, QUICK).tune(tiny.case(), seed=0, directory=folder)
    assert seen == [("spatial", ())] * 3 + [("temporal", ("spatial",))] * 3


@pytest.mark.parametrize("kind", ADAPTERS)
def test_heads_all_of_one_kind_are_legal(tiny, backbone, tmp_path, monkeypatch, kind):
    _labels(monkeypatch, kind)
    method = FollowYourMotion(backbone, QUICK)
    report = method.tune(tiny.case(), seed=0, directory=tmp_path)
    assert [name for name in ADAPTERS if (tmp_path / f"{name}.safetensors").exists()] == [kind]
    assert report.trainable_parameters > 0
    assert method.generate(tiny.case(), tmp_path, seed=1).size == (tiny.FRAMES, tiny.SIZE, tiny.SIZE)


def test_without_decoupling_both_adapters_own_all_heads_and_none_is_classified(tiny, backbone, tmp_path):
    report = FollowYourMotion(backbone, QUICK | {"decoupling": False}).tune(tiny.case(), seed=0, directory=tmp_path)
    assert set(report.stages) == set(ADAPTERS)
    assert not (tmp_path / "heads.json").exists()
    for weights in _weights(tmp_path):
        assert all((weight != 0).all() for key, weight in weights.items() if "lora_B" in key)


def _latents(tiny, backbone, tmp_path, **options):
    method = FollowYourMotion(backbone, QUICK | options)
    case = tiny.case()
    return stages.Tuning(
        backbone, method.options, case.reference, case.reference_prompt, 0, tmp_path, lambda *step: None
    ).sparse_latents()


@pytest.mark.parametrize(
    ("options", "frames", "scale"),
    [
        ({}, 3, 2.0),
        ({"rope_scale": "frame-ratio"}, 3, 9 / 5),
        ({"rope_scale": "latent-ratio"}, 3, 5 / 3),
        ({"adaptive_rope": False}, 3, 1.0),
        ({"sparse_sampling": False}, 5, 1.0),
    ],
)
def test_sparse_frames_are_encoded_again_at_stretched_positions(tiny, backbone, tmp_path, options, frames, scale):
    latents, found = _latents(tiny, backbone, tmp_path, **options)
    assert latents.shape[2] == frames
    assert found == pytest.approx(scale)


def test_the_stretched_positions_are_in_force_while_the_temporal_adapter_learns(tiny, backbone, tmp_path, monkeypatch):
    scales = []
    draw = training.draw_loss

    def watch(backbone, stage, generator):
        rope = backbone.transformer.rope
        scales.append((stage.plan.name, round(float(torch.atan2(rope.freqs_sin[1, 0], rope.freqs_cos[1, 0])), 4)))
        return draw(backbone, stage, generator)

    monkeypatch.setattr(training, "draw_loss", watch)
    FollowYourMotion(backbone, QUICK).tune(tiny.case(), seed=0, directory=tmp_path)
    assert set(scales) == {("spatial", 1.0), ("temporal", 2.0)}


def test_single_frames_are_what_the_spatial_adapter_sees(tiny, backbone, tmp_path, monkeypatch):
    shapes = []
    draw = training.draw_loss

    def watch(backbone, stage, generator):
        shapes.append((stage.plan.name, tuple(stage.latents.shape[:3])))
        return draw(backbone, stage, generator)

    monkeypatch.setattr(training, "draw_loss", watch)
    FollowYourMotion(backbone, QUICK).tune(tiny.case(), seed=0, directory=tmp_path)
    assert set(shapes) == {("spatial", (tiny.FRAMES, 4, 1)), ("temporal", (1, 4, 3))}


def test_an_adapter_that_changes_nothing_is_an_error(tiny, backbone, tuned, tmp_path):
    for name in ADAPTERS:
        path = tuned[0] / f"{name}.safetensors"
        _, description = adapter_files.read(path)
        metadata = {
            "format": "pt",
            "lora_adapter_metadata": json.dumps({f"transformer.{key}": value for key, value in description.items()}),
        }
        weights = load_file(path)
        save_file({key: weight * ("lora_A" in key) for key, weight in weights.items()}, tmp_path / path.name, metadata)
    for name in ("heads.json", "report.json"):
        (tmp_path / name).write_bytes((tuned[0] / name).read_bytes())
    with pytest.raises(InvalidOutputError, match="do not change the backbone's output"):
        FollowYourMotion(backbone, QUICK).generate(tiny.case(), tmp_path, seed=1)


def test_an_adapter_that_is_missing_from_a_finished_folder_is_an_error(tiny, backbone, tuned, tmp_path):
    (tmp_path / "report.json").write_bytes((tuned[0] / "report.json").read_bytes())
    with pytest.raises(MissingResourceError, match=r"spatial\.safetensors is not a LoRA file"):
        FollowYourMotion(backbone, QUICK).generate(tiny.case(), tmp_path, seed=1)


def test_generating_without_tuning_or_with_both_scales_at_zero_is_refused(tiny, backbone, tuned):
    with pytest.raises(UsageError, match="finished tuning, got None"):
        FollowYourMotion(backbone, QUICK).generate(tiny.case(), None, seed=1)
    silent = FollowYourMotion(backbone, QUICK | {"spatial_scale": 0, "temporal_scale": 0})
    with pytest.raises(UsageError, match="no trained adapter on"):
        silent.generate(tiny.case(), tuned[0], seed=1)


def test_a_missing_backbone_is_refused():
    with pytest.raises(UsageError, match="needs a backbone"):
        FollowYourMotion(None, {})
