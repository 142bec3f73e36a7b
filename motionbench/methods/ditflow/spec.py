"""What DiTFlow is, as data."""

from __future__ import annotations

import dataclasses

from motionbench.methods.ditflow.options import DitflowOptions
from motionbench.specs import MethodSpec, Options, PaperResult

PAPER: Options = dataclasses.asdict(DitflowOptions())
"""CogVideoX's settings: first fifth of 50 steps, five Adam steps each, the rate falling from 2e-3 to 1e-3."""

_OWN = "its own 50 DAVIS clips × 3 prompts, CogVideoX-{}"

SPEC = MethodSpec(
    name="ditflow",
    implementation="motionbench.methods.ditflow.method:Ditflow",
    summary="DiTFlow: latents guided to the reference's attention motion flow",
    version="1",
    paper="Video Motion Transfer with Diffusion Transformers, arXiv 2412.07776 (CVPR 2025)",
    licence="Apache-2.0",
    upstream="https://github.com/ditflow/ditflow@4db379b",
    backbones=("mini-wan",),
    inputs=("reference", "prompt"),
    defaults=dataclasses.asdict(DitflowOptions()),
    presets={"paper": PAPER},
    paper_results=(
        PaperResult("motion_fidelity", 0.785, _OWN.format("5B"), "arXiv 2412.07776"),
        PaperResult("text_similarity", 0.319, _OWN.format("5B"), "arXiv 2412.07776"),
        PaperResult("motion_fidelity", 0.726, _OWN.format("2B"), "arXiv 2412.07776"),
        PaperResult("text_similarity", 0.317, _OWN.format("2B"), "arXiv 2412.07776"),
        PaperResult("motion_fidelity", 0.691, "FlowMotion's own set, Wan2.1-1.3B", "arXiv 2603.06289, second-hand"),
        PaperResult("motion_fidelity", 0.406, "FastVMT's 130 clips, Wan2.1", "arXiv 2602.05551, second-hand"),
    ),
    status="mechanism-tested",
)
