"""The open_clip adapter, on a tiny model of the real classes with random weights."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_file

from motionbench import registry
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


class Counting(OpenClipEncoder):
    """Notes how many frames go through the model at once, and which prompts."""

    def __init__(self, spec: EncoderSpec, **settings: int) -> None:
        self.batches: list[int] = []
        self.prompts: list[str] = []
        super().__init__(spec, **settings)

    def _encode_images(self, frames: torch.Tensor) -> NDArray[np.float32]:
        self.batches.append(len(frames))
        return super()._encode_images(frames)

    def _encode_text(self, prompt: str) -> NDArray[np.float32]:
        self.prompts.append(prompt)
        return super()._encode_text(prompt)


def clip(seed: int, frames: int, side: int = 32) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (frames, side, side, 3), dtype=np.uint8)


def test_a_video_or_prompt_is_encoded_once_whatever_comes_in_between(spec: EncoderSpec) -> None:
    encoder = Counting(spec)
    for _ in range(3):
        for seed in range(4):
            encoder.images(clip(seed, 5))
            encoder.text(f"prompt {seed % 2}")
    assert encoder.batches == [5] * 4
    assert encoder.prompts == ["prompt 0", "prompt 1"]


def test_several_videos_share_batches_of_bounded_size(spec: EncoderSpec) -> None:
    encoder = Counting(spec)
    videos = [clip(seed, 17) for seed in range(10)]
    together = encoder.videos([*videos, videos[3]])
    assert encoder.batches == [64, 64, 42]
    assert [len(features) for features in together] == [17] * 11
    alone = OpenClipEncoder(spec)
    for video, features in zip([*videos, videos[3]], together, strict=True):
        np.testing.assert_allclose(features, alone.images(video), atol=1e-6, rtol=1e-5)
        np.testing.assert_array_equal(encoder.images(video), features)
    assert encoder.batches == [64, 64, 42]


def test_videos_of_other_sizes_do_not_share_a_batch(spec: EncoderSpec) -> None:
    encoder = Counting(spec)
    features = encoder.videos([clip(0, 3), clip(1, 4, side=48), clip(2, 2)])
    assert encoder.batches == [5, 4]
    assert [len(one) for one in features] == [3, 4, 2]
    np.testing.assert_allclose(features[2], OpenClipEncoder(spec).images(clip(2, 2)), atol=1e-6, rtol=1e-5)


def test_what_is_remembered_is_bounded_in_bytes(spec: EncoderSpec) -> None:
    one = 5 * 16 * 4
    encoder = Counting(spec, cache_bytes=2 * one)
    for seed in (0, 1, 0, 2, 0, 1):
        encoder.images(clip(seed, 5))
    # Video 1 was asked for longest ago when video 2 came, video 0 stayed.
    assert len(encoder.batches) == 4
    forgetful = Counting(spec, cache_bytes=0)
    assert len({forgetful.images(clip(0, 5)).tobytes() for _ in range(2)}) == 1
    assert forgetful.batches == [5, 5]


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


def test_the_tokens_that_are_not_read_are_counted_and_warned_of_once(spec: EncoderSpec) -> None:
    encoder = OpenClipEncoder(spec)
    assert [encoder.truncated_tokens(" ".join(["star"] * count)) for count in (1, 10, 11, 15, 400)] == [0, 0, 1, 5, 390]
    assert encoder.truncated_tokens("") == 0
    long = " ".join(["star"] * 15)
    with pytest.warns(UserWarning, match="without its last 5: every score of this prompt is of its beginning"):
        encoder.text(long)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoder.text(long)


def test_the_mini_encoder_counts_by_its_own_tokenizer() -> None:
    spec = registry.encoder("mini-clip")
    encoder = OpenClipEncoder(spec)
    limit = encoder._tokenizer.context_length
    assert encoder.truncated_tokens("a red star") == 0
    assert encoder.truncated_tokens(" ".join(["red"] * (limit + 8))) >= 8


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
    with pytest.raises(UsageError, match=r"quick_gelu=True.*quick_gelu=False; write ViT-B-32-quickgelu/openai"):
        OpenClipEncoder(wrong)


def test_a_tag_that_open_clip_does_not_have_is_refused_with_those_it_has(tmp_path: Path) -> None:
    file = tmp_path / "ViT-B-32.pt"
    file.write_bytes(b"weights")
    with pytest.raises(
        UsageError, match=r"no weights .*ViT-B-32\.pt' for ViT-B-32, it has: openai, .*\n.*local-dir:PATH"
    ):
        OpenClipEncoder(EncoderSpec("file", "", "ViT-B-32", str(file), ""))
    with pytest.raises(UsageError, match="no weights for a model 'ViT-B-33'; near: 'ViT-B-32'"):
        OpenClipEncoder(EncoderSpec("typo", "", "ViT-B-33", "openai", ""))


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
