"""What DeT is, as data."""

from __future__ import annotations

import dataclasses

from motionbench.methods.det.options import DetOptions
from motionbench.specs import MethodSpec, Options, PaperResult

PAPER: Options = {
    "steps": 500,
    "bottleneck": 128,
    "kernel_size": 3,
    "initial": "unit",
    "dropped": 0.65,
    "tracking_weight": 0.1,
    "tracking_below": 0.4,
    "tracker": "cotracker3",
    "learning_rate": 1e-5,
    "weight_decay": 1e-4,
    "tuning_shift": 1.0,
    "gradient_checkpointing": True,
}
"""CogVideoX-5B's settings at 49 frames; there points are drawn inside a subject's mask, here they are on a grid."""

MINI: Options = {
    "steps": 300,
    "bottleneck": 32,
    "initial": "scaled",
    "dropped": 0.0,
    "batch_size": 4,
    "learning_rate": 4e-3,
    "lr_schedule": "cosine",
    "weight_decay": 0.0,
    "tuning_shift": 8.0,
}
"""For ``mini-wan``: few steps, high noise levels, where trajectories are decided; as Follow-Your-Motion's ``mini``.

Kernels act in all six blocks. On seven clips outside the suites fidelity rose from -.02 to .36 (paired gain .38,
standard error .09) and text fell from .88 to .86; without the last two blocks' kernels fidelity was .23 and text .84,
without the last three's, the paper's share, .19 and .87. At these noise levels the tracking
loss counts in one draw of thirteen.
"""

_MTBENCH = "MTBench, 100 videos × 5 prompts, DeT's own metrics; {}"
_FLOW_MOTION = "FlowMotion's own set, CogVideoX-2B, as that paper reports it"

SPEC = MethodSpec(
    name="det",
    implementation="motionbench.methods.det.method:Det",
    summary="DeT: temporal kernels beside attention learn the clip, with a point tracking loss",
    version="1",
    paper=(
        "Decouple and Track: Benchmarking and Improving Video Diffusion Transformers for Motion Transfer, "
        "arXiv 2503.17350 (ICCV 2025)"
    ),
    licence="Apache-2.0",
    upstream="https://github.com/Shi-qingyu/DeT@2a2f4dd",
    backbones=("wan", "cogvideox"),
    inputs=("reference", "reference_prompt", "prompt"),
    tuned=True,
    noise_from="seed",
    preset_of={"mini-wan": "mini"},
    defaults=dataclasses.asdict(DetOptions()),
    presets={"paper": PAPER, "mini": MINI},
    paper_results=(
        PaperResult("text_similarity", 0.312, _MTBENCH.format("CogVideoX-5B"), "arXiv 2503.17350, second-hand"),
        PaperResult("motion_fidelity", 0.858, _MTBENCH.format("CogVideoX-5B"), "arXiv 2503.17350, second-hand"),
        PaperResult("motion_fidelity", 0.859, _MTBENCH.format("HunyuanVideo"), "arXiv 2503.17350, second-hand"),
        PaperResult("text_similarity", 0.340, _FLOW_MOTION, "arXiv 2603.06289, second-hand"),
        PaperResult("motion_fidelity", 0.812, _FLOW_MOTION, "arXiv 2603.06289, second-hand"),
        PaperResult("temporal_consistency", 0.980, _FLOW_MOTION, "arXiv 2603.06289, second-hand"),
        PaperResult("motion_fidelity", 0.612, "FastVMT's 130 clips", "arXiv 2602.05551, second-hand"),
    ),
    status="runs-on-mini",
)
