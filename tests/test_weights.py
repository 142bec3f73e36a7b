"""Where weights lie and what their digests stand for."""

from __future__ import annotations

from pathlib import Path

import pytest

from motionbench.backbones import catalog as backbones
from motionbench.encoders import catalog as encoders
from motionbench.errors import MissingResourceError
from motionbench.specs import EncoderSpec
from motionbench.weights import file_digest, folder_digest, model_folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "vae").mkdir(parents=True)
    (folder / "vae" / "weights.safetensors").write_bytes(b"1")
    (folder / "config.json").write_text("{}")
    return folder


def encoder(source: str, tag: str = "") -> EncoderSpec:
    return EncoderSpec("e", "motionbench.encoders.open_clip_encoder:OpenClipEncoder", source, tag, "MIT")


def test_a_digest_depends_on_names_and_contents_of_what_decides(model: Path) -> None:
    before = folder_digest(model)
    (model / "README.md").write_text("prose")
    (model / "train.log.jsonl").write_text("{}")
    assert folder_digest(model) == before
    (model / "vae" / "weights.safetensors").write_bytes(b"2")
    changed = folder_digest(model)
    (model / "vae").rename(model / "unet")
    assert len({before, changed, folder_digest(model)}) == 3


def test_a_model_folder_is_found_by_path_and_a_packaged_one_by_name(model: Path) -> None:
    assert model_folder(str(model)) == model
    with pytest.raises(MissingResourceError, match=r"at .*mini/models/none; .*\nReinstall: pip install"):
        model_folder("package:none")
    with pytest.raises(MissingResourceError, match="no model folder at /none; expected a diffusers pipeline or an ope"):
        model_folder("/none")


def test_an_encoder_has_the_digest_of_its_folder_or_of_its_name_and_tag(model: Path) -> None:
    assert encoders.weights_digest(encoder(f"local-dir:{model}")) == folder_digest(model)
    named = {encoders.weights_digest(encoder("ViT-B-32", tag)) for tag in ("openai", "laion400m_e32")}
    assert len(named) == 2
    assert encoders.folder_of(encoder("ViT-B-32", "openai")) is None


def test_a_backbone_has_the_digest_of_its_folder(model: Path) -> None:
    import dataclasses

    spec = dataclasses.replace(backbones.MINI_WAN, source=str(model))
    assert backbones.weights_digest(spec) == folder_digest(model)


def test_a_files_digest_is_its_sha256(model: Path) -> None:
    known = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
    assert file_digest(model / "vae" / "weights.safetensors") == known
