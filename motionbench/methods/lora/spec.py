"""What plain LoRA tuning on one clip is, as data."""

from __future__ import annotations

import dataclasses

from motionbench.methods.lora.options import LoraOptions
from motionbench.specs import MethodSpec, Options, PaperResult

USUAL: Options = {
    "rank": 32,
    "alpha": 32.0,
    "steps": 1500,
    "learning_rate": 1e-4,
    "gradient_checkpointing": True,
}
"""For backbones of a billion parameters and more. Fidelity rises with steps and so does leakage: report the curve."""

MINI: Options = {
    "rank": 32,
    "alpha": 32.0,
    "projections": "qkv",
    "steps": 300,
    "batch_size": 4,
    "learning_rate": 4e-3,
    "lr_schedule": "cosine",
    "weight_decay": 0.0,
    "tuning_shift": 8.0,
}
"""For ``mini-wan``: few steps, high noise levels, where trajectories are decided; as Follow-Your-Motion's ``mini``."""

_DET = "MTBench, CogVideoX; as DeT reports its LoRA baseline"
_FLOW_MOTION = "its own set, Wan2.1-1.3B, 8,100 s of tuning; as FlowMotion reports its LoRA baseline"

SPEC = MethodSpec(
    name="lora",
    implementation="motionbench.methods.lora.method:Lora",
    summary="plain LoRA: low-rank adapters on all self-attention, tuned on the clip with its caption",
    version="1",
    paper="LoRA: Low-Rank Adaptation of Large Language Models, arXiv 2106.09685",
    licence="Apache-2.0",
    backbones=("wan", "cogvideox"),
    inputs=("reference", "reference_prompt", "prompt"),
    tuned=True,
    noise_from="seed",
    preset_of={"mini-wan": "mini"},
    defaults=dataclasses.asdict(LoraOptions()),
    presets={"usual": USUAL, "mini": MINI},
    paper_results=(
        PaperResult("motion_fidelity", 0.804, _DET, "arXiv 2503.17350, second-hand"),
        PaperResult("text_similarity", 0.327, _FLOW_MOTION, "arXiv 2603.06289, second-hand"),
        PaperResult("motion_fidelity", 0.782, _FLOW_MOTION, "arXiv 2603.06289, second-hand"),
        PaperResult("temporal_consistency", 0.977, _FLOW_MOTION, "arXiv 2603.06289, second-hand"),
    ),
)
