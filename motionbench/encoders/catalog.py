"""The image-text models that the package knows, as data."""

from __future__ import annotations

import hashlib
from pathlib import Path

from motionbench.errors import UsageError
from motionbench.specs import EncoderSpec
from motionbench.weights import PACKAGED, folder_digest, model_folder

LOCAL = "local-dir:"
_CLASS = "motionbench.encoders.open_clip_encoder:OpenClipEncoder"

MINI_CLIP = EncoderSpec(
    name="mini-clip",
    implementation=_CLASS,
    model="package:mini-clip",
    pretrained="",
    licence="Apache-2.0",
    protocols=("mini-v1",),
)
VIT_B_32 = EncoderSpec(
    name="vit-b-32",
    implementation=_CLASS,
    model="ViT-B-32-quickgelu",
    pretrained="openai",
    licence="MIT",
)
VIT_L_14 = EncoderSpec(
    name="vit-l-14",
    implementation=_CLASS,
    model="ViT-L-14-quickgelu",
    pretrained="openai",
    licence="MIT",
)


def from_address(address: str) -> EncoderSpec:
    """A model without a registered name: ``local-dir:PATH``, or ``NAME/TAG`` as open_clip names model and weights.

    Raises UsageError where the address is neither, MissingResourceError where there is no such folder.
    """
    if address.startswith(LOCAL):
        folder = model_folder(address.removeprefix(LOCAL)).resolve()
        # The path is not part of the name: signatures of the same weights must agree between machines.
        return EncoderSpec(f"local-dir:{folder.name}", _CLASS, f"{LOCAL}{folder}", "", "the folder's own")
    name, _, tag = address.partition("/")
    if not name or not tag or ":" in address or "/" in tag:
        raise UsageError(f"an encoder is a registered name, local-dir:PATH or NAME/TAG of open_clip, got {address!r}")
    return EncoderSpec(address, _CLASS, name, tag, "its own: see open_clip's table of pretrained models")


def folder_of(spec: EncoderSpec) -> Path | None:
    """The folder that the model lies in; None where open_clip knows it by name and tag."""
    if spec.model.startswith((PACKAGED, LOCAL)):
        return model_folder(spec.model.removeprefix(LOCAL))
    return None


def weights_digest(spec: EncoderSpec) -> str:
    """Of weights and configuration where they lie in a folder, or else of name and tag; loads no torch."""
    folder = folder_of(spec)
    return folder_digest(folder) if folder else hashlib.sha256(f"{spec.model} {spec.pretrained}".encode()).hexdigest()
