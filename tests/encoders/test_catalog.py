"""Encoders by registered name, by folder and by open_clip's name and tag."""

from __future__ import annotations

from pathlib import Path

import open_clip
import pytest

from motionbench import registry
from motionbench.encoders.catalog import weights_digest
from motionbench.errors import MissingResourceError, UsageError
from motionbench.weights import model_folder

MINI = model_folder("package:mini-clip")


def test_a_folder_is_an_encoder_with_the_digest_of_its_weights_and_no_path_in_its_name() -> None:
    spec = registry.encoder(f"local-dir:{MINI}")
    assert spec.name == "local-dir:mini-clip"
    assert weights_digest(spec) == weights_digest(registry.encoder("mini-clip"))
    encoder = registry.implementation(spec)(spec)
    packaged = registry.encoder("mini-clip")
    assert encoder.signature == "local-dir:" + registry.implementation(packaged)(packaged).signature


def test_a_relative_folder_stays_the_same_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(MINI.parent)
    assert registry.encoder("local-dir:mini-clip") == registry.encoder(f"local-dir:{MINI.resolve()}")


def test_name_and_tag_are_open_clips_own() -> None:
    spec = registry.encoder("ViT-B-16/laion2b_s34b_b88k")
    assert (spec.name, spec.model, spec.pretrained) == ("ViT-B-16/laion2b_s34b_b88k", "ViT-B-16", "laion2b_s34b_b88k")
    assert weights_digest(spec) != weights_digest(registry.encoder("ViT-B-16/openai"))


@pytest.mark.parametrize("address", ["hf-hub:someone/model", "ViT-B-32/", "/openai", "a/b/c", "package:mini-clip"])
def test_other_addresses_say_what_is_expected(address: str) -> None:
    with pytest.raises(UsageError, match=r"registered name, local-dir:PATH or NAME/TAG"):
        registry.encoder(address)


def test_a_missing_folder_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match=r"no model folder at .*nowhere"):
        registry.encoder(f"local-dir:{tmp_path / 'nowhere'}")


def test_a_misspelt_name_still_gets_the_near_one() -> None:
    with pytest.raises(UsageError, match="did you mean 'mini-clip'"):
        registry.encoder("mini-clp")


@pytest.mark.parametrize("name", ["vit-b-32", "vit-l-14"])
def test_the_models_with_openais_weights_have_quick_gelu_and_a_tag_that_exists(name: str) -> None:
    spec = registry.encoder(name)
    assert spec.pretrained in open_clip.list_pretrained_tags_by_model(spec.model)
    assert open_clip.get_model_config(spec.model)["quick_gelu"] is True
    assert open_clip.get_pretrained_cfg(spec.model, spec.pretrained)["quick_gelu"] is True
