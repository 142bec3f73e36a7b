"""Backbones by name and by address; weights that are there, half there and not there."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from motionbench import registry
from motionbench.backbones import catalog, hub, model_files
from motionbench.backbones.catalog import (
    COGVIDEOX_2B,
    COGVIDEOX_5B,
    HUNYUAN_VIDEO,
    MINI_WAN,
    WAN_1_3B,
    WAN_2_2_5B,
    WAN_14B,
)
from motionbench.errors import MissingResourceError, UsageError
from motionbench.methods.flow_motion.spec import SPEC as FLOW_MOTION
from motionbench.methods.fym.spec import SPEC as FYM

REAL = (WAN_1_3B, WAN_14B, WAN_2_2_5B, COGVIDEOX_2B, COGVIDEOX_5B, HUNYUAN_VIDEO)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub, offline."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def snapshot(cache: Path, spec: Any) -> Path:
    """Where the hub's cache keeps a spec's commit."""
    return cache / f"models--{spec.source.replace('/', '--')}" / "snapshots" / spec.revision


def fill(folder: Path) -> None:
    """The least that a whole pipeline has."""
    for part in ("transformer", "vae", "text_encoder"):
        (folder / part).mkdir(parents=True)
        (folder / part / "model.safetensors").write_bytes(b"")
    (folder / "model_index.json").write_text("{}")


@pytest.mark.parametrize("spec", REAL, ids=lambda spec: spec.name)
def test_names_give_the_specs_and_each_is_pinned_to_a_commit(spec: Any) -> None:
    assert registry.backbone(spec.name) == spec
    assert re.fullmatch(r"[0-9a-f]{40}", spec.revision)
    assert re.fullmatch(r"[\w-]+/[\w.-]+", spec.source)
    assert not spec.fixed


def test_methods_run_on_architectures_and_on_names() -> None:
    assert [FYM.runs_on(spec) for spec in (MINI_WAN, WAN_14B, COGVIDEOX_2B)] == [True, True, True]
    assert [FLOW_MOTION.runs_on(spec) for spec in (MINI_WAN, WAN_14B, COGVIDEOX_2B)] == [True, True, False]


@pytest.mark.parametrize("spec", REAL, ids=lambda spec: spec.name)
def test_absent_weights_are_told_with_the_command_that_fetches_them(cache: Path, spec: Any) -> None:
    with pytest.raises(MissingResourceError) as caught:
        catalog.weights_digest(spec)
    text = str(caught.value)
    assert f"the weights of {spec.name} ({spec.source}, {spec.licence}) are not in the cache" in text
    assert f"\nFetch them: hf download {spec.source} --revision {spec.revision}\n" in text
    assert "--backbone local-dir:FOLDER" in text
    assert caught.value.exit_code == 6


def test_a_download_that_stopped_half_way_is_told_by_its_files(cache: Path) -> None:
    folder = snapshot(cache, WAN_1_3B)
    fill(folder)
    (folder / "model_index.json").write_text(
        '{"_class_name": "WanPipeline", "tokenizer": ["a", "b"], "vae": ["c", "d"]}'
    )
    (folder / "vae" / "model.safetensors").rename(folder / "vae" / "model.bin")
    shards = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (folder / "transformer" / "model.safetensors.index.json").write_text(json.dumps(shards))
    with pytest.raises(
        MissingResourceError,
        match=r"it lacks tokenizer, transformer/model-2\.safetensors, vae/\*\.safetensors; not read",
    ):
        hub.folder(WAN_1_3B)


def test_pickled_weights_are_refused_with_the_reason(cache: Path, tmp_path: Path) -> None:
    fill(snapshot(cache, WAN_1_3B))
    weights = snapshot(cache, WAN_1_3B) / "vae" / "model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(
        MissingResourceError, match=r"it lacks vae/\*\.safetensors; not read, as a pickle can run code: vae/model\.bin"
    ):
        hub.folder(WAN_1_3B)
    own = tmp_path / "own"
    fill(own)
    (own / "model_index.json").write_text('{"_class_name": "WanPipeline"}')
    (own / "transformer" / "model.safetensors").rename(own / "transformer" / "model.pt")
    with pytest.raises(MissingResourceError, match=r"can run code: transformer/model\.pt\nSave it as safetensors: "):
        registry.backbone(f"local-dir:{own}")


def test_a_disk_that_is_too_small_is_told_before_the_download(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = cache / "models--Wan-AI--Wan2.1-T2V-1.3B-Diffusers" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "half").write_bytes(b"x" * 1_000_000)
    monkeypatch.setattr(hub, "free_bytes", lambda _: 28_898_999_999)
    with pytest.raises(MissingResourceError) as caught:
        hub.folder(WAN_1_3B)
    text = str(caught.value)
    assert f"The disk is too small: they take 28.9 GB, {cache} has room for 28.9 GB\n" in text
    assert text.index("export HF_HOME=DIR") < text.index("Fetch them: hf download")
    monkeypatch.setattr(hub, "free_bytes", lambda _: 28_899_000_000)
    with pytest.raises(MissingResourceError) as caught:
        hub.folder(WAN_1_3B)
    assert f"\nThey take 28.9 GB, {cache} has room for 28.9 GB\nFetch them: " in str(caught.value)


def test_gated_weights_are_told_with_where_to_accept_the_terms(cache: Path) -> None:
    gated = dataclasses.replace(WAN_1_3B, gated=True)
    with pytest.raises(
        MissingResourceError, match=r"accept the terms at https://huggingface\.co/Wan-AI/.*hf auth login"
    ):
        hub.folder(gated)


def test_whole_weights_are_found_and_stand_in_keys_by_repository_and_commit(cache: Path) -> None:
    for spec in (WAN_1_3B, COGVIDEOX_5B):
        fill(snapshot(cache, spec))
        with model_files.opened(spec) as folder:
            assert folder == snapshot(cache, spec)
    assert catalog.weights_digest(WAN_1_3B) != catalog.weights_digest(COGVIDEOX_5B)


def test_a_folder_says_of_itself_what_it_is(tiny: Any, cogvideox: Any) -> None:
    wan = registry.backbone(f"local-dir:{tiny.folder()}")
    assert (wan.architecture, wan.implementation, wan.steps) == ("wan", WAN_1_3B.implementation, WAN_1_3B.steps)
    assert (wan.name, wan.source, wan.fixed) == (f"local-dir:{tiny.folder().name}", str(tiny.folder()), False)
    other = registry.backbone(f"local-dir:{cogvideox.folder('sines')}")
    assert (other.architecture, other.max_sequence_length) == ("cogvideox", cogvideox.TEXT)
    assert registry.implementation(other)(other, device="cpu").spec == other


def test_a_folder_that_is_no_text_to_video_pipeline_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match="no model folder at"):
        registry.backbone(f"local-dir:{tmp_path / 'nowhere'}")
    with pytest.raises(MissingResourceError, match=r"model_index\.json cannot be read: .*\nName the folder of a whole"):
        registry.backbone(f"local-dir:{tmp_path}")
    (tmp_path / "model_index.json").write_text('{"_class_name": "FluxPipeline"}')
    with pytest.raises(
        UsageError, match="is a FluxPipeline, expected a folder of a WanPipeline or a CogVideoXPipeline"
    ):
        registry.backbone(f"local-dir:{tmp_path}")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("hub:a/b", "a backbone is a registered name, local-dir:FOLDER or tiny-random:NAME, got 'hub:a/b'"),
        ("tiny-random:wan2.1-1.3", r"no backbone named 'wan2\.1-1\.3'; did you mean 'wan2\.1-1\.3b'"),
        ("tiny-random:tiny-random:mini-wan", "name a registered backbone, such as tiny-random:wan2.1-1.3b"),
    ],
)
def test_an_address_that_is_none_says_what_one_is(address: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        registry.backbone(address)
