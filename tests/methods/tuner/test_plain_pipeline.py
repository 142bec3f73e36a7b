"""A diffusers pipeline without us loads the files of tuned methods and makes the videos that they make."""

import dataclasses

import numpy as np
import pytest
import torch
from diffusers import CogVideoXPipeline, CogVideoXTransformer3DModel, WanPipeline, WanTransformer3DModel
from safetensors.torch import load_file

from motionbench import registry
from motionbench.backbones import adapter_files, adapters, architecture, tiny_random
from motionbench.backbones.adapters import AdapterPlan
from motionbench.types import Video

PIPELINES = {"wan2.1-1.3b": WanPipeline, "cogvideox-5b": CogVideoXPipeline}
NAMES = pytest.mark.parametrize("name", PIPELINES)
LORA = {"rank": 4, "alpha": 8.0, "learning_rate": 0.05}
METHODS = {
    "fym": LORA | {"spatial_steps": 2, "temporal_steps": 2, "head_rule": "paper", "head_table": "clip"},
    "lora": LORA | {"steps": 2},
    "motion-director": LORA | {"spatial_steps": 2, "temporal_steps": 2},
}
KINDS = ("spatial", "temporal")
FILES = {"fym": ("spatial", "temporal"), "lora": ("lora",), "motion-director": ("temporal",)}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The small models' pipelines as folders, as any user of diffusers has theirs."""
    found = {name: tmp_path_factory.mktemp(name) for name in PIPELINES}
    for name, folder in found.items():
        tiny_random.pipeline(registry.backbone(f"tiny-random:{name}")).save_pretrained(folder)
    return found


def _ours(name):
    spec = dataclasses.replace(registry.backbone(f"tiny-random:{name}"), frames=9, height=32, width=48)
    return registry.implementation(spec)(spec, device="cpu")


def _case(tiny, backbone):
    frames = np.random.default_rng(0).integers(0, 255, (9, 32, 48, 3), dtype=np.uint8)
    return tiny.case(reference=Video(frames, backbone.spec.fps))


def _theirs(pipe, spec, prompt):
    """The pipeline as its documentation calls it, with the spec's settings."""
    frames = pipe(
        prompt=prompt,
        negative_prompt=spec.negative_prompt,
        height=spec.height,
        width=spec.width,
        num_frames=spec.frames,
        num_inference_steps=spec.steps,
        guidance_scale=spec.guidance,
        max_sequence_length=spec.max_sequence_length,
        generator=torch.Generator("cpu").manual_seed(1),
        output_type="np",
    ).frames[0]
    return Video(np.round(np.clip(frames, 0, 1) * 255).astype(np.uint8), spec.fps)


@pytest.mark.filterwarnings("ignore:Already found a `peft_config`")
@pytest.mark.parametrize("method", METHODS)
@NAMES
def test_it_loads_the_files_and_makes_the_same_video_to_the_byte(tiny, folders, tmp_path, monkeypatch, name, method):
    # On random weights the rules' ties make all heads one kind; both adapters are wanted here.
    monkeypatch.setattr("motionbench.methods.fym.heads.kind_of", lambda w_s, w_t, rule: KINDS[w_s < w_t])
    backbone = _ours(name)
    case, spec = _case(tiny, backbone), registry.method(method)
    made = registry.implementation(spec)(backbone, {**spec.defaults, **METHODS[method]})
    made.tune(case, seed=0, directory=tmp_path)
    ours = made.generate(case, tmp_path, seed=1)

    dtypes = {"vae": backbone.pipe.vae.dtype, "default": torch.bfloat16}
    pipe = PIPELINES[name].from_pretrained(folders[name], torch_dtype=dtypes)
    pipe.set_progress_bar_config(disable=True)
    assert _theirs(pipe, backbone.spec, case.prompt).digest() != ours.digest()
    for file in FILES[method]:
        pipe.load_lora_weights(tmp_path, weight_name=f"{file}.safetensors", adapter_name=file)
    pipe.set_adapters(list(FILES[method]))
    assert _theirs(pipe, backbone.spec, case.prompt).digest() == ours.digest()


def _real_block(name):
    """A pipeline around a transformer of the real widths and of one block, random weights, bfloat16."""
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        if name.startswith("wan"):
            transformer = WanTransformer3DModel(num_attention_heads=12, ffn_dim=8960, num_layers=1)
            pipe = WanPipeline(None, None, None, None, transformer)
        else:
            transformer = CogVideoXTransformer3DModel(
                num_attention_heads=48, num_layers=1, use_rotary_positional_embeddings=True
            )
            pipe = CogVideoXPipeline(None, None, None, transformer, None)
    return pipe


@pytest.mark.parametrize(("name", "heads", "width"), [("wan2.1-1.3b", 12, 1536), ("cogvideox-5b", 48, 3072)])
def test_at_the_real_width_every_key_and_shape_is_what_diffusers_expects(tmp_path, name, heads, width):
    pipe = _real_block(name)
    kind = architecture.of(pipe.transformer)
    attention = kind.attention(pipe.transformer, 0).to_empty(device="cpu").to(torch.bfloat16)
    generator = torch.Generator().manual_seed(0)
    for parameter in attention.parameters():
        torch.nn.init.normal_(parameter, std=0.02, generator=generator)
    plan = AdapterPlan("spatial", ((True, False) * (heads // 2),), rank=16, alpha=16.0, architecture=kind)
    tokens = torch.randn(1, 5, width, generator=generator).bfloat16()
    path = tmp_path / "spatial.safetensors"
    with adapters.borrowed(pipe.transformer):
        adapters.attach(pipe.transformer, plan, generator)
        for target in plan.targets:
            weight, mask = adapters.masked_weight(pipe.transformer, plan, target)
            torch.nn.init.normal_(weight, generator=generator).data.mul_(mask)
        adapter_files.save(pipe, "spatial", path)
        adapters.settle(pipe.transformer, "spatial")
        expected = [getattr(attention, part)(tokens) for part in ("to_q", "to_k", "to_v")]
    shapes = {f"transformer.{target}.lora_A.weight": (16, width) for target in plan.targets}
    shapes |= {f"transformer.{target}.lora_B.weight": (width, 16) for target in plan.targets}
    assert {key: tuple(value.shape) for key, value in load_file(path).items()} == shapes
    pipe.load_lora_weights(tmp_path, weight_name=path.name, adapter_name="spatial")
    found = [getattr(attention, part)(tokens) for part in ("to_q", "to_k", "to_v")]
    assert all(torch.equal(*pair) for pair in zip(found, expected, strict=True))
