"""On a backbone in bfloat16 adapters learn in float32, and whatever loads them has the model's format."""

import dataclasses

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from motionbench import registry
from motionbench.backbones import adapter_files, adapters
from motionbench.methods.fym.method import FollowYourMotion
from motionbench.methods.tuner import optimising
from motionbench.types import Video

FYM = {
    "rank": 4,
    "alpha": 8,
    "spatial_steps": 2,
    "temporal_steps": 2,
    "head_table": "clip",
    "gradient_checkpointing": True,
}


@pytest.fixture(scope="module", params=["wan2.1-1.3b", "cogvideox-5b"])
def half(request):
    """A small backbone in bfloat16."""
    spec = dataclasses.replace(registry.backbone(f"tiny-random:{request.param}"), frames=9, height=32, width=48)
    assert spec.dtype == "bfloat16"
    return registry.implementation(spec)(spec, device="cpu")


@pytest.fixture
def case(tiny, half, monkeypatch):
    kinds = ("spatial", "temporal")
    monkeypatch.setattr("motionbench.methods.fym.heads.kind_of", lambda w_s, w_t, rule: kinds[w_s < w_t])
    frames = np.random.default_rng(0).integers(0, 255, (9, 32, 48, 3), dtype=np.uint8)
    return tiny.case(reference=Video(frames, half.spec.fps))


def _dtypes(half, name):
    return {weight.dtype for weight in adapters.parameters(half.transformer, name)}


def _plan(half):
    heads = adapters.everywhere(half.transformer)
    return adapters.AdapterPlan("one", heads, rank=4, alpha=4.0, architecture=half.architecture)


def test_a_new_adapter_is_in_float32_and_settles_into_the_models_format(half, tmp_path):
    plan, path = _plan(half), tmp_path / "one.safetensors"
    with adapters.borrowed(half.transformer):
        adapters.attach(half.transformer, plan, torch.Generator().manual_seed(0))
        assert _dtypes(half, "one") == {torch.float32}
        adapter_files.save(half.pipe, "one", path)
        adapters.settle(half.transformer, "one")
        settled = [weight.clone() for weight in adapters.parameters(half.transformer, "one")]
    assert {value.dtype for value in load_file(path).values()} == {torch.float32}
    with adapters.borrowed(half.transformer):
        adapter_files.load(half.pipe, "one", path)
        loaded = adapters.parameters(half.transformer, "one")
        assert _dtypes(half, "one") == {torch.bfloat16}
        assert all(torch.equal(*pair) for pair in zip(loaded, settled, strict=True))


def test_a_step_of_the_releases_learning_rate_is_not_lost(half, case, tmp_path):
    """Of A's entries, up to 1 / 8 here, a step of 1e-4 leaves most as they are in bfloat16."""
    method = FollowYourMotion(half, FYM | {"learning_rate": 1e-4, "temporal_steps": 0})
    plans = []

    def watch(stage, done, total):
        if stage == "spatial":
            plans.append([weight.detach().clone() for weight in adapters.parameters(half.transformer, "spatial")])

    method.tune(case, seed=0, directory=tmp_path, progress=watch)
    first, second = plans
    for index in range(0, len(first), 2):  # the factors A
        assert (first[index] != second[index]).float().mean() > 0.99
        assert (first[index].bfloat16() == second[index].bfloat16()).float().mean() > 0.5


@pytest.mark.parametrize("moment", [("spatial", 1), ("spatial", 2), ("temporal", 1)])
def test_an_interruption_changes_no_byte(half, case, tmp_path, monkeypatch, moment):
    monkeypatch.setattr(optimising, "CHECKPOINT_SECONDS", 0.0)
    method = FollowYourMotion(half, FYM | {"learning_rate": 0.05})

    def kill(stage, done, total):
        if (stage, done) == moment:
            raise KeyboardInterrupt

    method.tune(case, seed=0, directory=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        method.tune(case, seed=0, directory=tmp_path / "killed", progress=kill)
    method.tune(case, seed=0, directory=tmp_path / "killed")
    for name in ("spatial", "temporal"):
        whole, killed = (load_file(tmp_path / folder / f"{name}.safetensors") for folder in ("whole", "killed"))
        assert whole.keys() == killed.keys()
        assert all(torch.equal(whole[key], killed[key]) for key in whole)
