"""Wan2.2 5B's seam over a tiny random pipeline of its own classes, against diffusers' own loop."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from motionbench import fitting, registry
from motionbench.backbones import catalog, model_files
from motionbench.backbones.sampling import Sampler
from motionbench.backbones.wan import WanBackbone
from motionbench.errors import UsageError
from motionbench.methods.lora.method import Lora
from motionbench.types import Protocol, Video

PROMPT = "a blue square on green"


def built(**changes: Any) -> WanBackbone:
    spec = registry.backbone("tiny-random:wan2.2-5b")
    size = {"frames": 9, "height": 32, "width": 64, "steps": 3, "dtype": "float32"}
    return WanBackbone(dataclasses.replace(spec, **(size | changes)), device="cpu")


@pytest.mark.parametrize("changes", [{}, {"guidance": 1.0}, {"dtype": "bfloat16"}, {"flow_shift": 2.0}])
def test_left_alone_a_sampler_gives_the_bits_of_the_pipeline(changes: dict[str, Any]) -> None:
    backbone = built(**changes)
    sampler, spec = Sampler(backbone), backbone.spec
    clean = sampler.sample(sampler.noise(3), PROMPT)
    expected = backbone.pipe(
        prompt=PROMPT,
        negative_prompt=spec.negative_prompt,
        height=spec.height,
        width=spec.width,
        num_frames=spec.frames,
        num_inference_steps=spec.steps,
        guidance_scale=spec.guidance,
        max_sequence_length=spec.max_sequence_length,
        generator=torch.Generator().manual_seed(3),
        output_type="latent",
    ).frames
    assert torch.equal(clean, expected)
    assert sampler.render(clean).digest() == backbone.generate(PROMPT, seed=3).digest()


def test_the_model_is_told_a_level_for_each_token() -> None:
    backbone, seen = built(), []
    backbone.transformer.register_forward_pre_hook(
        lambda _, __, named: seen.append(named["timestep"]), with_kwargs=True
    )
    with torch.no_grad():
        backbone.velocity(backbone.noise(0).expand(2, -1, -1, -1, -1), torch.tensor([0.25, 0.5]), backbone.embed("a"))
    assert torch.equal(seen[0], torch.tensor([[250.0], [500.0]]).expand(2, 3 * 1 * 2))


def test_latents_are_a_sixteenth_of_the_picture_and_come_back(tiny: Any) -> None:
    backbone = built(width=32)
    latents = backbone.encode(tiny.video())
    assert latents.shape == backbone.latent_shape == (1, 48, 3, 2, 2)
    assert backbone.decode(latents).size == tiny.video().size


def test_it_is_tuned_as_wan_is(tiny: Any, tmp_path: Path) -> None:
    backbone, options = built(width=32), {"steps": 2, "rank": 4, "alpha": 4, "learning_rate": 0.05}
    before = backbone.generate(tiny.case().prompt, seed=1).digest()
    Lora(backbone, options).tune(tiny.case(), seed=0, directory=tmp_path)
    video: Video = Lora(backbone, options).generate(tiny.case(), tmp_path, seed=1)
    assert video.digest() != before
    assert backbone.generate(tiny.case().prompt, seed=1).digest() == before


def test_sizes_are_multiples_of_32() -> None:
    core = Protocol("core", 25, 16.0, 480, 720, tracker="lk", grid=16)
    with pytest.raises(
        UsageError, match=r"wan2\.2-5b cannot make .*: width=720 \(a multiple of 32, such as 704 or 736"
    ):
        fitting.fitted(catalog.WAN_2_2_5B, core)
    native = dataclasses.replace(core, frames=121, fps=24.0, height=704, width=1280)
    assert fitting.fitted(catalog.WAN_2_2_5B, native) == catalog.WAN_2_2_5B


def test_a_folder_of_its_kind_gets_its_settings(tmp_path: Path) -> None:
    with model_files.opened(registry.backbone("tiny-random:wan2.2-5b")) as folder:
        spec = registry.backbone(f"local-dir:{folder}")
    assert (spec.side, spec.fps, spec.weights) == (32, 24.0, None)
