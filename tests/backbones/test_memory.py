"""Where weights wait changes no bit; what rounds weights or cuts pictures into tiles does, and is measured."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from motionbench import registry
from motionbench.backbones import catalog, offloading, quantising
from motionbench.backbones.memory import weight_bytes
from motionbench.backbones.sampling import Sampler
from motionbench.errors import MissingResourceError, UsageError
from motionbench.methods.kv_injection.method import KvInjection
from motionbench.methods.lora.method import Lora
from motionbench.types import Video

KINDS = pytest.mark.parametrize("name", ["wan2.1-1.3b", "wan2.2-5b", "cogvideox-2b", "cogvideox-5b", "hunyuan-video"])
LORA = {"steps": 2, "rank": 4, "alpha": 4, "learning_rate": 0.05}


def built(name: str, **changes: Any) -> Any:
    size = {"frames": 9, "height": 32, "width": 32, "dtype": "float32"}
    spec = dataclasses.replace(registry.backbone(f"tiny-random:{name}"), **(size | changes))
    return registry.implementation(spec)(spec, device="cpu")


def sampled(backbone: Any) -> Video:
    sampler = Sampler(backbone)
    return sampler.render(sampler.sample(sampler.noise(0), "a cat"))


@KINDS
@pytest.mark.parametrize("memory", ["offload", "stream"])
def test_where_weights_wait_changes_no_bit(name: str, memory: str) -> None:
    full, other = built(name), built(name, memory=memory)
    video = full.generate("a cat", seed=0)
    assert other.generate("a cat", seed=0).digest() == video.digest()
    assert sampled(other).digest() == video.digest()
    assert torch.equal(other.encode(video), full.encode(video))
    assert catalog.weights_digest(full.spec) == catalog.weights_digest(other.spec)


@pytest.mark.parametrize("changes", [{"memory": "offload"}, {"checkpointing": True}], ids=["offload", "checkpointing"])
def test_a_tuned_file_and_its_video_are_the_same_to_the_bit(tiny: Any, tmp_path: Path, changes: dict[str, Any]) -> None:
    digests = set()
    for folder, asked in (("full", {}), ("other", changes)):
        (tmp_path / folder).mkdir()
        backbone = tiny.backbone(memory=asked.get("memory", "full"))
        options = {**LORA, "gradient_checkpointing": asked.get("checkpointing", False)}
        method = Lora(backbone, options)
        method.tune(tiny.case(), seed=0, directory=tmp_path / folder)
        digests.add(method.generate(tiny.case(), tmp_path / folder, seed=0).digest())
    assert len(digests) == 1
    files = sorted(path.name for path in (tmp_path / "full").glob("*.safetensors"))
    assert files
    for name in files:
        expected, found = (load_file(tmp_path / folder / name) for folder in ("full", "other"))
        assert expected.keys() == found.keys()
        assert all(torch.equal(expected[key], found[key]) for key in expected)


def test_memory_spared_midway_changes_no_bit_and_is_spared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    backbone, host, placed = built("wan2.1-1.3b"), torch.device("cpu"), offloading.placed
    before = backbone.generate("a cat", seed=0).digest()
    assert not backbone.spare_memory()  # on a processor all parts are in the same memory
    monkeypatch.setattr(offloading, "placed", lambda pipe, device, memory: placed(pipe, host, memory))
    monkeypatch.setattr(backbone, "device", SimpleNamespace(type="cuda"))
    assert (backbone.spare_memory(), backbone.spare_memory()) == (True, False)
    monkeypatch.setattr(backbone, "device", host)
    assert backbone.generate("a cat", seed=0).digest() == before


def test_features_are_injected_into_streamed_blocks(tiny: Any) -> None:
    videos = [
        KvInjection(tiny.backbone(memory=memory), {}).generate(tiny.case(), None, seed=0).digest()
        for memory in ("full", "stream")
    ]
    assert videos[0] == videos[1]


def test_streamed_blocks_give_no_gradient_and_say_so(tiny: Any) -> None:
    backbone = tiny.backbone(memory="stream")
    for wanted in (True, False):
        refused = pytest.raises(
            UsageError, match=r"gives no gradient: a block's weights are gone.*\nUse --memory offload"
        )
        with refused, backbone.checkpointing(wanted=wanted):
            pass


class Part(nn.Module):
    """Notes where it is sent; the meta device stands for an accelerator."""

    def __init__(self, name: str, there: set[str], most: list[int]) -> None:
        super().__init__()
        self.name, self.there, self.most = name, there, most
        self.weight = nn.Parameter(torch.zeros(1))

    def to(self, device: Any, *_: Any, **__: Any) -> Part:  # type: ignore[override]
        self.weight = nn.Parameter(torch.empty(1, device=device))
        (self.there.add if self.weight.is_meta else self.there.discard)(self.name)
        self.most.append(len(self.there))
        return self

    def forward(self) -> set[str]:
        return set(self.there)


def test_one_part_at_a_time_is_on_the_device() -> None:
    there: set[str] = set()
    most: list[int] = []
    names = ("text_encoder", "transformer", "vae")
    parts = {name: Part(name, there, most) for name in names}
    pipe = SimpleNamespace(model_cpu_offload_seq="text_encoder->transformer->transformer_2->vae", **parts)
    turns = offloading.Turns(pipe, torch.device("meta"))
    assert there == set()
    assert [parts[name]() for name in names] == [{name} for name in names]
    turns.leave()
    assert there == set()
    parts["text_encoder"]()
    turns.bring("transformer")
    assert there == {"transformer"}
    assert max(most) == 1


@KINDS
@pytest.mark.parametrize(("to", "most"), [("int8", 0.01), ("float8", 0.03)])
def test_blocks_are_rounded_and_what_leads_to_them_is_not(name: str, to: str, most: float) -> None:
    pytest.importorskip("torchao")
    plain, rounded = built(name), built(name, quantised=to)
    kinds = {key.split(".")[0] for key, value in rounded.transformer.named_parameters() if _rounded(value)}
    assert kinds
    assert kinds <= {"blocks", "transformer_blocks", "single_transformer_blocks"}
    latents, embeds = plain.noise(0), plain.embed("a cat")
    sigma = torch.full((1,), 0.5)
    with torch.no_grad():
        expected, found = (each.velocity(latents, sigma, embeds).float() for each in (plain, rounded))
    error = float((found - expected).norm() / expected.norm())
    assert 0 < error < most


def _rounded(value: torch.Tensor) -> bool:
    return type(value) not in (torch.Tensor, nn.Parameter)


def test_a_lora_on_rounded_weights_is_float_and_learns(tiny: Any, tmp_path: Path) -> None:
    pytest.importorskip("torchao")
    backbone = tiny.backbone(quantised="int8")
    before = backbone.generate("a red star", seed=0).digest()
    Lora(backbone, LORA).tune(tiny.case(), seed=0, directory=tmp_path)
    assert Lora(backbone, LORA).generate(tiny.case(), tmp_path, seed=0).size == backbone.generate("a", seed=0).size
    assert backbone.generate("a red star", seed=0).digest() == before
    [file] = tmp_path.glob("*.safetensors")
    factors = load_file(file)
    assert {factor.dtype for factor in factors.values()} == {torch.float32}
    assert any(bool(factor.any()) for name, factor in factors.items() if "lora_B" in name)


def test_without_torchao_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torchao.quantization", None)
    with pytest.raises(MissingResourceError, match=r"--quantise int8 needs torchao.*\nInstall it: .*\[quantised\]"):
        quantising.quantise(nn.Linear(2, 2), "int8")


def test_tiles_are_used_and_move_the_output_a_little() -> None:
    whole, tiled = (built("wan2.1-1.3b", height=320, width=288, frames=1, tiled=on) for on in (False, True))
    latents = whole.noise(0)
    expected, found = (each.render(latents).frames.astype(float) for each in (whole, tiled))
    difference = abs(expected - found)
    assert 0 < difference.mean() < 0.2
    assert difference.max() < 8
    digests = {catalog.weights_digest(each.spec) for each in (whole, tiled)}
    assert len(digests) == 2


def test_weights_by_mode_are_sums_of_the_parts() -> None:
    spec = catalog.WAN_1_3B
    count = spec.weights
    assert count is not None
    full, offload, stream = (weight_bytes(spec, mode) for mode in ("full", "offload", "stream"))  # type: ignore[arg-type]
    autoencoder = 4 * count.autoencoder
    assert full == 2 * (count.transformer + count.text_encoder) + autoencoder
    assert offload == 2 * count.text_encoder
    assert stream == autoencoder + 2 * count.vocabulary
    rounded = weight_bytes(dataclasses.replace(spec, quantised="int8"))
    assert rounded == full - count.transformer
    assert weight_bytes(catalog.MINI_WAN) is None


def test_every_published_backbone_declares_weights_and_download() -> None:
    published = [value for value in vars(catalog).values() if getattr(value, "revision", "")]
    assert len(published) >= 5
    for spec in published:
        stream, offload, full = (weight_bytes(spec, mode) for mode in ("stream", "offload", "full"))  # type: ignore[arg-type]
        assert 0 < stream < offload < full < spec.download_bytes * 1.2
