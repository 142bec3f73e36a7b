"""The backbones that the package knows, as data, and the two kinds of addresses for others.

Steps, guidance and shift are the models' own defaults: those of Wan2.1's ``generate.py`` for text-to-video, with the
negative prompt in the English of diffusers' documentation, and those of CogVideoX's model cards.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from motionbench import registry
from motionbench.errors import MissingResourceError, UsageError
from motionbench.specs import BackboneSpec
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
)
WAN_14B = dataclasses.replace(
    WAN_1_3B,
    name="wan2.1-14b",
    source="Wan-AI/Wan2.1-T2V-14B-Diffusers",
    revision="38ec498cb3208fb688890f8cc7e94ede2cbd7f68",
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
)
COGVIDEOX_2B = dataclasses.replace(
    COGVIDEOX_5B,
    name="cogvideox-2b",
    source="THUDM/CogVideoX-2b",
    revision="1137dacfc2c9c012bed6a0793f4ecf2ca8e7ba01",
    licence="Apache-2.0",
)
_OF_PIPELINE = {"WanPipeline": WAN_1_3B, "CogVideoXPipeline": COGVIDEOX_5B}
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
    kind = _read(folder / "model_index.json").get("_class_name")
    if kind not in _OF_PIPELINE:
        raise UsageError(f"{folder} is a {kind}, expected a folder of a {' or a '.join(_OF_PIPELINE)}")
    known = _OF_PIPELINE[kind]
    length = _read(folder / "transformer" / "config.json").get("max_text_seq_length", known.max_sequence_length)
    return dataclasses.replace(
        known,
        # The path is not part of the name: tables of the same weights must agree between machines.
        name=f"{LOCAL}{folder.name}",
        source=str(folder),
        revision="",
        licence="the folder's own",
        max_sequence_length=length,
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
        notice=f"{address}: {RANDOM_WEIGHTS}",
    )


def weights_digest(spec: BackboneSpec) -> str:
    """What stands for a backbone's weights and configuration in keys; loads no torch.

    Of their content, or of repository and commit, or of the recipe for random ones. Raises MissingResourceError where
    the weights are not there.
    """
    if spec.source.startswith(TINY):
        return hashlib.sha256(f"{spec.source} {TINY_VERSION}".encode()).hexdigest()
    if spec.revision:
        from motionbench.backbones import hub

        hub.folder(spec)
        return hashlib.sha256(f"{spec.source}@{spec.revision}".encode()).hexdigest()
    return folder_digest(model_folder(spec.source))
