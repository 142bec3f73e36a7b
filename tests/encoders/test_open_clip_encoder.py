"""The open_clip adapter, on a tiny model of the real classes with random weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from motionbench.encoders.open_clip_encoder import OpenClipEncoder
from motionbench.errors import MissingResourceError, UsageError
from motionbench.specs import EncoderSpec

CONFIG = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8},
    "text_cfg": {"context_length": 12, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}
PREPARATION = {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.4], "interpolation": "bicubic", "resize_mode": "shortest"}
FRAMES = np.random.default_rng(1).integers(0, 256, (3, 48, 64, 3), dtype=np.uint8)


def write_model(folder: Path, seed: int, **preparation: object) -> EncoderSpec:
    folder.mkdir()
    config = {"model_cfg": CONFIG, "preprocess_cfg": PREPARATION | preparation}
    (folder / "open_clip_config.json").write_text(json.dumps(config), encoding="utf-8")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = open_clip.CLIP(**CONFIG)
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return EncoderSpec("tiny", "motionbench.encoders:OpenClipEncoder", f"local-dir:{folder}", "", "Apache-2.0")


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> EncoderSpec:
    return write_model(tmp_path_factory.mktemp("models") / "tiny", seed=0)


@pytest.fixture(scope="module")
def encoder(spec: EncoderSpec) -> OpenClipEncoder:
    return OpenClipEncoder(spec)


def test_features_are_unit_length_float32_and_repeatable(encoder: OpenClipEncoder) -> None:
    images, text = encoder.images(FRAMES), encoder.text("a red star")
    assert (images.shape, text.shape) == ((3, 16), (16,))
    assert images.dtype == text.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(images, axis=1), 1, atol=1e-5, rtol=0)
    np.testing.assert_allclose(np.linalg.norm(text), 1, atol=1e-5, rtol=0)
    encoder.images(FRAMES[:1])
    np.testing.assert_allclose(encoder.images(FRAMES), images, atol=1e-6, rtol=0)


def test_a_caller_cannot_spoil_what_is_remembered(encoder: OpenClipEncoder) -> None:
    encoder.images(FRAMES)[:] = 0
    encoder.text("a red star")[:] = 0
    assert np.abs(encoder.images(FRAMES)).max() > 0
    assert np.abs(encoder.text("a red star")).max() > 0


def test_features_equal_those_of_open_clip_itself(spec: EncoderSpec, encoder: OpenClipEncoder) -> None:
    model, preprocess = open_clip.create_model_from_pretrained(spec.model)
    model.eval()
    square = FRAMES[:, 8:40, 16:48]
    with torch.inference_mode():
        pictures = torch.stack([preprocess(Image.fromarray(frame)) for frame in square])
        images = model.encode_image(pictures, normalize=True).numpy()
        text = model.encode_text(open_clip.get_tokenizer(spec.model)(["a red star"]), normalize=True).numpy()
    np.testing.assert_allclose(encoder.images(square), images, atol=1e-5, rtol=0)
    np.testing.assert_allclose(encoder.text("a red star"), text[0], atol=1e-5, rtol=0)


def test_resizing_agrees_with_open_clips_own_to_the_rounding_of_8_bits(
    spec: EncoderSpec, encoder: OpenClipEncoder
) -> None:
    _, preprocess = open_clip.create_model_from_pretrained(spec.model)
    # Mid-tones: where the filter overshoots black or white, 8-bit images clip between the two passes and ours do not.
    mild = np.uint8(96) + FRAMES // 4
    theirs = torch.stack([preprocess(Image.fromarray(frame)) for frame in mild])
    ours = encoder.preparation(torch.from_numpy(mild))
    assert ours.shape == (3, 3, 32, 32)
    # Two roundings to 1/255, divided by the smallest standard deviation.
    assert float((ours - theirs).abs().max()) < 2.5 / 255 / 0.2


def test_the_signature_names_weights_and_resizing(tmp_path: Path, encoder: OpenClipEncoder) -> None:
    other = OpenClipEncoder(write_model(tmp_path / "other", seed=1)).signature
    squash = OpenClipEncoder(write_model(tmp_path / "squash", seed=0, resize_mode="squash")).signature
    assert len({encoder.signature, other, squash}) == 3
    assert encoder.signature.endswith(",shortest-bicubic-aa-32x32")
    assert encoder.signature.partition(",")[0] == squash.partition(",")[0]


def test_a_prompt_beyond_the_context_is_noticed(encoder: OpenClipEncoder) -> None:
    assert not encoder.truncates("a red star")
    assert not encoder.truncates(" ".join(["star"] * 10))
    long = " ".join(["star"] * 11)
    assert encoder.truncates(long)
    with pytest.warns(UserWarning, match="tiny reads only the first 12 tokens"):
        encoder.text(long)


def test_a_missing_folder_and_missing_weights_say_so(tmp_path: Path) -> None:
    absent = EncoderSpec("absent", "", f"local-dir:{tmp_path / 'none'}", "", "")
    with pytest.raises(MissingResourceError, match=r"no model folder at .*none"):
        OpenClipEncoder(absent)
    (tmp_path / "none").mkdir()
    with pytest.raises(MissingResourceError, match=r"the encoder 'absent' needs .*open_clip_config\.json"):
        OpenClipEncoder(absent)
    hollow = write_model(tmp_path / "hollow", seed=0)
    (tmp_path / "hollow" / "open_clip_model.safetensors").unlink()
    with pytest.raises(MissingResourceError, match="cannot load its weights"):
        OpenClipEncoder(hollow)


def test_openai_weights_without_quick_gelu_are_refused() -> None:
    wrong = EncoderSpec("wrong", "", "ViT-B-32", "openai", "MIT")
    with pytest.raises(UsageError, match="ViT-B-32-quickgelu"):
        OpenClipEncoder(wrong)


def test_unavailable_weights_say_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise RuntimeError("no connection")

    monkeypatch.setattr(open_clip, "create_model", offline)
    spec = EncoderSpec("vit-b-32", "", "ViT-B-32-quickgelu", "openai", "MIT")
    with pytest.raises(
        MissingResourceError, match=r"open_clip\.create_model\('ViT-B-32-quickgelu', pretrained='openai'"
    ):
        OpenClipEncoder(spec)


def test_wrong_frames_raise(encoder: OpenClipEncoder) -> None:
    with pytest.raises(ValueError, match="uint8 frames"):
        encoder.images(FRAMES.astype(np.float32))  # type: ignore[arg-type]
