"""What key and value injection is, as data."""

from __future__ import annotations

import dataclasses

from motionbench.methods.kv_injection.options import KvInjectionOptions
from motionbench.specs import MethodSpec, Options, PaperResult

DITFLOW: Options = {"blocks": "0", "window": 0.2}
"""What DiTFlow injects beside its guidance: block 0, the first fifth of the steps."""

_DITFLOW = "DiTFlow's own 50 DAVIS clips × 3 prompts, CogVideoX-{}; its ablation with injection only"

SPEC = MethodSpec(
    name="kv-injection",
    implementation="motionbench.methods.kv_injection.method:KvInjection",
    summary="the reference's keys and values in place of the generation's, in some blocks, in the first steps",
    version="1",
    paper="Video Motion Transfer with Diffusion Transformers (DiTFlow, its injection alone), arXiv 2412.07776",
    licence="Apache-2.0",
    upstream="https://github.com/ditflow/ditflow@4db379b",
    backbones=("wan", "cogvideox"),
    inputs=("reference", "prompt"),
    defaults=dataclasses.asdict(KvInjectionOptions()),
    presets={"ditflow": DITFLOW},
    paper_results=(
        PaperResult("motion_fidelity", 0.608, _DITFLOW.format("5B"), "arXiv 2412.07776"),
        PaperResult("text_similarity", 0.319, _DITFLOW.format("5B"), "arXiv 2412.07776"),
        PaperResult("motion_fidelity", 0.544, _DITFLOW.format("2B"), "arXiv 2412.07776"),
        PaperResult("text_similarity", 0.318, _DITFLOW.format("2B"), "arXiv 2412.07776"),
    ),
    noise_from="seed",
    status="mechanism-tested",
)
