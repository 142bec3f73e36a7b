"""What SDEdit is, as data."""

from __future__ import annotations

import dataclasses

from motionbench.methods.sdedit.options import SdeditOptions
from motionbench.specs import MethodSpec, Options

LOW: Options = {"strength": 0.25}
"""With 24 steps and the shift 3 it starts at the noise level σ = 0.46: layout and colours stay in part."""

MEDIUM: Options = {"strength": 0.5}
"""Starts at σ = 0.73."""

HIGH: Options = {"strength": 0.75}
"""Starts at σ = 0.90."""

SPEC = MethodSpec(
    name="sdedit",
    implementation="motionbench.methods.sdedit.method:Sdedit",
    summary="SDEdit: the reference noised and sampled on under the prompt; a positive control of leakage",
    version="1",
    paper="SDEdit: Guided Image Synthesis and Editing with Stochastic Differential Equations, arXiv 2108.01073",
    licence="Apache-2.0",
    upstream="https://github.com/ermongroup/SDEdit@df7cd94",
    backbones=("wan", "cogvideox", "hunyuan"),
    inputs=("reference", "prompt"),
    defaults=dataclasses.asdict(SdeditOptions()),
    presets={"low": LOW, "medium": MEDIUM, "high": HIGH},
    noise_from="reference",
    status="runs-on-mini",
)
