"""What MOFT is, as data."""

from __future__ import annotations

import dataclasses

from motionbench.methods.moft.options import MoftOptions
from motionbench.specs import MethodSpec, Options, PaperResult

PAPER: Options = dataclasses.asdict(MoftOptions())
"""The paper's channels (about 50 of 1,280, from pans) and loss; window, steps and rate as in DiTFlow's comparison."""

DITFLOW: Options = {
    "channels_from": "reference",
    "reference_path": "noised",
    "reference_each_step": False,
    "inject": "0",
}
"""What DiTFlow's public code runs under this name: the reference once, clean, and its own channels."""

MINI: Options = {
    "blocks": "3",
    "window": 0.4,
    "inner_steps": 3,
    "learning_rate": 0.05,
    "final_learning_rate": 0.05,
    "channel_share": 0.25,
}
"""For ``mini-wan``: more of its 192 channels and a rate that its small latents need.

On the eight clips outside the suites that it was chosen on, fidelity rose from -.02 to .32 (paired gain .34, standard
error .09) and text fell from .89 to .88.
"""

_DITFLOW = "DiTFlow's own 50 DAVIS clips × 3 prompts, CogVideoX-{}, its port"

SPEC = MethodSpec(
    name="moft",
    implementation="motionbench.methods.moft.method:Moft",
    summary="MOFT: latents guided to the reference's features without content, on motion channels",
    version="1",
    paper="Video Diffusion Models are Training-free Motion Interpreter and Controller, arXiv 2405.14864 (NeurIPS 2024)",
    licence="Apache-2.0",
    upstream="https://github.com/xizaoqu/MOFT@7b5d74e",
    backbones=("wan", "cogvideox"),
    inputs=("reference", "prompt"),
    noise_from="seed",
    preset_of={"mini-wan": "mini"},
    defaults=dataclasses.asdict(MoftOptions()),
    presets={"paper": PAPER, "mini": MINI, "ditflow": DITFLOW},
    paper_results=(
        PaperResult("motion_fidelity", 0.726, _DITFLOW.format("5B"), "arXiv 2412.07776"),
        PaperResult("text_similarity", 0.318, _DITFLOW.format("5B"), "arXiv 2412.07776"),
        PaperResult("motion_fidelity", 0.504, _DITFLOW.format("2B"), "arXiv 2412.07776"),
        PaperResult("text_similarity", 0.312, _DITFLOW.format("2B"), "arXiv 2412.07776"),
        PaperResult("motion_fidelity", 0.525, "MTBench, as DeT reports it", "arXiv 2503.17350, second-hand"),
        PaperResult("motion_fidelity", 0.582, "FlowMotion's own set", "arXiv 2603.06289, second-hand"),
    ),
    status="runs-on-mini",
)
