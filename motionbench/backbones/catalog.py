"""The backbones that the package knows, as data, and the two kinds of addresses for others.

Steps, guidance and shift are the models' own defaults: those of Wan2.1's ``generate.py`` for text-to-video and of
Wan2.2's ``wan_ti2v_5B``, with the negative prompt in the English of diffusers' documentation; those of CogVideoX's and
HunyuanVideo's model cards. Downloads are what the weights take in the dtype that the repository has them in.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from motionbench import registry
from motionbench.errors import MissingResourceError, UsageError
from motionbench.specs import BackboneSpec, Weights
from motionbench.weights import folder_digest, model_folder

LOCAL, TINY = "local-dir:", "tiny-random:"
TINY_VERSION = "1"
"""Raised whenever a tiny model of random weights is another one: part of its digest."""
RANDOM_WEIGHTS = "random weights: a test of the plumbing, the numbers say nothing of any method."
_WAN, _COGVIDEOX = "motionbench.backbones.wan:WanBackbone", "motionbench.backbones.cogvideox:CogVideoXBackbone"
_UNWANTED = (
    "Bright tones, overexposed, static, blurred details, subtitles, style, works, paintings, images, static, overall "
    "gray, worst quality, low quality, JPEG compression residue, ugly, incomplete, extra fingers, poorly drawn hands, "
    "poorly drawn faces, deformed, disfigured, misshapen limbs, fused fingers, still picture, messy background, three "
    "legs, many people in the background, walking backwards"
)
_UMT5_WORDS, _T5_WORDS, _LLAMA_WORDS = 256_384 * 4096, 32_128 * 4096, 128_320 * 4096

MINI_WAN = BackboneSpec(
    name="mini-wan",
    implementation=_WAN,
    architecture="wan",
    source="package:mini-wan",
    licence="Apache-2.0",
    frames=17,
    fps=8.0,
    height=64,
    width=64,
    steps=24,
    guidance=2.5,
    flow_shift=3.0,
    max_sequence_length=32,
    encoder="mini-clip",
)
WAN_1_3B = BackboneSpec(
    name="wan2.1-1.3b",
    implementation=_WAN,
    architecture="wan",
    source="Wan-AI/Wan2.1-T2V-1.3B-Diffusers",
    revision="0fad780a534b6463e45facd96134c9f345acfa5b",
    licence="Apache-2.0",
    frames=81,
    fps=16.0,
    height=480,
    width=832,
    steps=50,
    guidance=5.0,
    flow_shift=5.0,
    max_sequence_length=512,
    negative_prompt=_UNWANTED,
    dtype="bfloat16",
    fixed=False,
    weights=Weights(1_418_996_800, 30, 5_680_910_336, _UMT5_WORDS, 126_892_531),
    download_bytes=28_900_000_000,
)
WAN_14B = dataclasses.replace(
    WAN_1_3B,
    name="wan2.1-14b",
    source="Wan-AI/Wan2.1-T2V-14B-Diffusers",
    revision="38ec498cb3208fb688890f8cc7e94ede2cbd7f68",
    weights=Weights(14_288_491_584, 40, 5_680_910_336, _UMT5_WORDS, 126_892_531),
    download_bytes=80_400_000_000,
)
WAN_2_2_5B = dataclasses.replace(
    WAN_1_3B,
    name="wan2.2-5b",
    source="Wan-AI/Wan2.2-TI2V-5B-Diffusers",
    revision="b8fff7315c768468a5333511427288870b2e9635",
    frames=121,
    fps=24.0,
    height=704,
    width=1280,
    side=32,
    weights=Weights(4_999_787_712, 30, 5_680_910_336, _UMT5_WORDS, 704_688_668),
    download_bytes=34_200_000_000,
)
COGVIDEOX_5B = BackboneSpec(
    name="cogvideox-5b",
    implementation=_COGVIDEOX,
    architecture="cogvideox",
    source="THUDM/CogVideoX-5b",
    revision="8d6ea3f817438460b25595a120f109b88d5fdfad",
    licence="CogVideoX License",
    frames=49,
    fps=8.0,
    height=480,
    width=720,
    steps=50,
    guidance=6.0,
    flow_shift=1.0,
    max_sequence_length=226,
    dtype="bfloat16",
    fixed=False,
    weights=Weights(5_570_283_072, 42, 4_762_310_656, _T5_WORDS, 215_583_907),
    download_bytes=21_500_000_000,
)
COGVIDEOX_2B = dataclasses.replace(
    COGVIDEOX_5B,
    name="cogvideox-2b",
    source="THUDM/CogVideoX-2b",
    revision="1137dacfc2c9c012bed6a0793f4ecf2ca8e7ba01",
    licence="Apache-2.0",
    weights=Weights(1_693_783_872, 30, 4_762_310_656, _T5_WORDS, 215_583_907),
    download_bytes=13_800_000_000,
)
HUNYUAN_VIDEO = BackboneSpec(
    name="hunyuan-video",
    implementation="motionbench.backbones.hunyuan:HunyuanBackbone",
    architecture="hunyuan",
    source="hunyuanvideo-community/HunyuanVideo",
    revision="e8c2aaa66fe3742a32c11a6766aecbf07c56e773",
    licence="Tencent Hunyuan Community License (not for use in the EU, the UK and South Korea)",
    frames=129,
    fps=24.0,
    height=720,
    width=1280,
    steps=50,
    guidance=6.0,
    flow_shift=7.0,
    max_sequence_length=256,
    dtype="bfloat16",
    fixed=False,
    weights=Weights(12_821_012_544, 60, 7_628_247_296, _LLAMA_WORDS, 246_478_803),
    download_bytes=42_000_000_000,
)
_OF_PIPELINE = {"WanPipeline": WAN_1_3B, "CogVideoXPipeline": COGVIDEOX_5B, "HunyuanVideoPipeline": HUNYUAN_VIDEO}
"""By the pipeline's class: whose settings a folder without a name gets."""


def from_address(address: str) -> BackboneSpec:
    """A model without a registered name: ``local-dir:FOLDER`` or ``tiny-random:NAME``.

    Raises UsageError where the address is neither, or what it names is not one that methods run on, and
    MissingResourceError where there is no such folder.
    """
    if address.startswith(LOCAL):
        return _local(model_folder(address.removeprefix(LOCAL)).resolve())
    if address.startswith(TINY):
        return _tiny(registry.backbone(address.removeprefix(TINY)), address)
    raise UsageError(f"a backbone is a registered name, {LOCAL}FOLDER or {TINY}NAME, got {address!r}")


def _local(folder: Path) -> BackboneSpec:
    """The settings of the smallest model of its kind; the length of texts is the folder's."""
    index = _read(folder / "model_index.json")
    kind = index.get("_class_name")
    if kind not in _OF_PIPELINE:
        raise UsageError(f"{folder} is a {kind}, expected a folder of a {' or a '.join(_OF_PIPELINE)}")
    from motionbench.backbones import hub

    hub.checked(folder)
    known = WAN_2_2_5B if index.get("expand_timesteps") else _OF_PIPELINE[kind]
    length = _read(folder / "transformer" / "config.json").get("max_text_seq_length", known.max_sequence_length)
    return dataclasses.replace(
        known,
        # The path is not part of the name: tables of the same weights must agree between machines.
        name=f"{LOCAL}{folder.name}",
        source=str(folder),
        revision="",
        licence="the folder's own",
        max_sequence_length=length,
        weights=None,
        download_bytes=None,
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]
    except (OSError, ValueError) as error:
        raise MissingResourceError(
            f"{path} cannot be read: {error}\nName the folder of a whole diffusers pipeline: --backbone {LOCAL}FOLDER"
        ) from error


def _tiny(spec: BackboneSpec, address: str) -> BackboneSpec:
    if ":" in address.removeprefix(TINY) or not spec.architecture:
        raise UsageError(f"{address!r}: name a registered backbone, such as {TINY}{WAN_1_3B.name}")
    return dataclasses.replace(
        spec,
        name=address,
        source=address,
        revision="",
        licence="none: random weights",
        steps=2,
        fixed=False,
        # What is tested needs no download, and says nothing of quality whoever scores it.
        encoder=MINI_WAN.encoder,
        weights=None,
        download_bytes=None,
        notice=f"{address}: {RANDOM_WEIGHTS}",
    )


def weights_digest(spec: BackboneSpec) -> str:
    """What stands for a backbone's weights and configuration in keys; loads no torch.

    Of their content, or of repository and commit, or of the recipe for random ones; rounded weights and an autoencoder
    in tiles have digests of their own. Raises MissingResourceError where the weights are not there.
    """
    plain = _plain_digest(spec)
    if not spec.quantised and not spec.tiled:
        return plain
    return hashlib.sha256(f"{plain} quantised={spec.quantised} tiled={spec.tiled}".encode()).hexdigest()


def _plain_digest(spec: BackboneSpec) -> str:
    if spec.source.startswith(TINY):
        return hashlib.sha256(f"{spec.source} {TINY_VERSION}".encode()).hexdigest()
    if spec.revision:
        from motionbench.backbones import hub

        hub.folder(spec)
        return hashlib.sha256(f"{spec.source}@{spec.revision}".encode()).hexdigest()
    return folder_digest(model_folder(spec.source))
