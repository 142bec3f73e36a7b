"""The backbones that ship with the package, as data."""

from __future__ import annotations

from motionbench.specs import BackboneSpec
from motionbench.weights import folder_digest, model_folder

MINI_WAN = BackboneSpec(
    name="mini-wan",
    implementation="motionbench.backbones.wan:WanBackbone",
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


def weights_digest(spec: BackboneSpec) -> str:
    """Digest of a backbone's weights and configuration; loads no torch."""
    return folder_digest(model_folder(spec.source))
