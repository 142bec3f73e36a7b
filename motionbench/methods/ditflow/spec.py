"""What DiTFlow is, as data."""

from __future__ import annotations

import dataclasses

from motionbench.methods.ditflow.options import DitflowOptions
from motionbench.specs import MethodSpec, Options, PaperResult

PAPER: Options = dataclasses.asdict(DitflowOptions())
"""CogVideoX's settings: first fifth of 50 steps, five Adam steps each, the rate falling from 2e-3 to 1e-3."""

MINI: Options = {
    "blocks": "2,3",
    "window": 0.4,
    "inner_steps": 3,
    "learning_rate": 0.1,
    "final_learning_rate": 0.05,
    "inject": "none",
}
"""For ``mini-wan``: two middle blocks of six, a rate fifty times the paper's for latents of 16 tokens a frame.

Without injection, which took most of the gain away on six clips. On eight clips outside the suites fidelity did
not rise: paired gain -.09, standard error .07; text fell from .89 to .85.

Nor with ``target=rotary``, of which there is therefore no preset: in six settings on the same clips, two of them with
a displacement of places in place of angles or with angles that stay behind the window, the paired gains were -.05 to
.03, standard errors .02 to .06. The angles met the loss without the content: in the tenth and last guided step of this
preset on four clips it was .005 to .05 on the angles learnt, and on native positions .49 to .50, where the unguided
latents had .50 to .53.
"""

_OWN = "its own 50 DAVIS clips × 3 prompts, CogVideoX-{}"

SPEC = MethodSpec(
    name="ditflow",
    implementation="motionbench.methods.ditflow.method:Ditflow",
    summary="DiTFlow: latents guided to the reference's attention motion flow",
    version="1",
    paper="Video Motion Transfer with Diffusion Transformers, arXiv 2412.07776 (CVPR 2025)",
    licence="Apache-2.0",
    upstream="https://github.com/ditflow/ditflow@4db379b",
    backbones=("wan", "cogvideox"),
    inputs=("reference", "prompt"),
    noise_from="seed",
    preset_of={"mini-wan": "mini"},
    defaults=dataclasses.asdict(DitflowOptions()),
    presets={"paper": PAPER, "mini": MINI},
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
