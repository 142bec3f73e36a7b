"""The image-text models that the package knows, as data."""

from __future__ import annotations

import hashlib
from pathlib import Path

from motionbench.specs import EncoderSpec
from motionbench.weights import PACKAGED, folder_digest, model_folder

LOCAL = "local-dir:"

MINI_CLIP = EncoderSpec(
    name="mini-clip",
    implementation="motionbench.encoders.open_clip_encoder:OpenClipEncoder",
    model="package:mini-clip",
    pretrained="",
    licence="Apache-2.0",
)
VIT_B_32 = EncoderSpec(
    name="vit-b-32",
    implementation="motionbench.encoders.open_clip_encoder:OpenClipEncoder",
    model="ViT-B-32-quickgelu",
    pretrained="openai",
    licence="MIT",
)


def folder_of(spec: EncoderSpec) -> Path | None:
    """The folder that the model lies in; None where open_clip knows it by name and tag."""
    if spec.model.startswith((PACKAGED, LOCAL)):
        return model_folder(spec.model.removeprefix(LOCAL))
    return None


def weights_digest(spec: EncoderSpec) -> str:
    """Of weights and configuration where they lie in a folder, or else of name and tag; loads no torch."""
    folder = folder_of(spec)
    return folder_digest(folder) if folder else hashlib.sha256(f"{spec.model} {spec.pretrained}".encode()).hexdigest()
