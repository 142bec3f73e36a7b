"""The image-text models that the package knows: data only."""

from motionbench.specs import EncoderSpec

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
