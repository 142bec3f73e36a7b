"""Backbones by name and by address; weights that are there, half there and not there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from motionbench import registry
from motionbench.backbones import catalog, hub, model_files
from motionbench.backbones.catalog import COGVIDEOX_2B, COGVIDEOX_5B, MINI_WAN, WAN_1_3B, WAN_14B
from motionbench.errors import MissingResourceError, UsageError
from motionbench.methods.flow_motion.spec import SPEC as FLOW_MOTION
from motionbench.methods.fym.spec import SPEC as FYM

REAL = (WAN_1_3B, WAN_14B, COGVIDEOX_2B, COGVIDEOX_5B)


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
        MissingResourceError, match=r"it lacks tokenizer, transformer/model-2\.safetensors, vae/\*\.safetensors\n"
    ):
        hub.folder(WAN_1_3B)


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
