"""What Motion Inversion is, as data."""

from __future__ import annotations

import dataclasses

from motionbench.methods.motion_inversion.options import MotionInversionOptions
from motionbench.specs import MethodSpec, Options, PaperResult

PAPER: Options = {
    "blocks": "middle",
    "steps": 400,
    "learning_rate": 2e-2,
    "lr_schedule": "constant",
    "weight_decay": 0.01,
    "batch_size": 1,
    "tuning_shift": 1.0,
    "loss": "plain",
    "value_form": "release",
    "gradient_checkpointing": True,
}
"""The public code's numbers, chosen there for ZeroScope's UNet; its sampler (guidance 12) is not taken over."""

MINI: Options = {
    "blocks": "all",
    "steps": 100,
    "batch_size": 4,
    "learning_rate": 2e-2,
    "lr_schedule": "cosine",
    "weight_decay": 0.0,
    "tuning_shift": 8.0,
}
"""For ``mini-wan``: high noise levels, where trajectories are decided, and a quarter of the code's steps.

On eight clips outside the suites fidelity rose from -.02 to .17 (paired gain .19, standard error .08) and text fell
from .89 to .86. The values carry the motion: ``value_form=raw`` gave .44 and a text of .82, with the reference's
layout; queries and keys alone (``none``) gave nothing on two clips.
"""

_FLOW_MOTION = "FlowMotion's own set, as that paper reports it"

SPEC = MethodSpec(
    name="motion-inversion",
    implementation="motionbench.methods.motion_inversion.method:MotionInversion",
    summary="Motion Inversion's DiT form: learns embeddings of queries, keys and values, the last differenced",
    version="1",
    paper="Motion Inversion for Video Customization, arXiv 2403.20193",
    licence="Apache-2.0",
    upstream="https://github.com/EnVision-Research/MotionInversion@31ed7fb",
    backbones=("wan", "cogvideox"),
    inputs=("reference", "reference_prompt", "prompt"),
    tuned=True,
    noise_from="seed",
    preset_of={"mini-wan": "mini"},
    defaults=dataclasses.asdict(MotionInversionOptions()),
    presets={"paper": PAPER, "mini": MINI},
    paper_results=(
        PaperResult("text_similarity", 0.328, _FLOW_MOTION, "arXiv 2603.06289, second-hand"),
        PaperResult("motion_fidelity", 0.839, _FLOW_MOTION, "arXiv 2603.06289, second-hand"),
        PaperResult("temporal_consistency", 0.970, _FLOW_MOTION, "arXiv 2603.06289, second-hand"),
        PaperResult("motion_fidelity", 0.850, "MTBench, as DeT reports it", "arXiv 2503.17350, second-hand"),
        PaperResult("motion_fidelity", 0.652, "FastVMT's 130 clips", "arXiv 2602.05551, second-hand"),
    ),
    status="runs-on-mini",
)
