"""What MotionDirector is, as data."""

from __future__ import annotations

import dataclasses

from motionbench.methods.motion_director.options import MotionDirectorOptions
from motionbench.specs import MethodSpec, Options, PaperResult

PAPER: Options = {
    "rank": 32,
    "alpha": 32.0,
    "learning_rate": 5e-4,
    "spatial_steps": 150,
    "temporal_steps": 150,
    "beta": 1.0,
    "gradient_checkpointing": True,
}
"""The public code's numbers for a single clip, chosen there for UNets; its sampler (guidance 12) is not taken over."""

MINI: Options = {
    "rank": 32,
    "alpha": 32.0,
    "projections": "qkv",
    "spatial_steps": 60,
    "temporal_steps": 300,
    "batch_size": 4,
    "learning_rate": 4e-3,
    "spatial_learning_rate": 1e-3,
    "lr_schedule": "cosine",
    "weight_decay": 0.0,
    "tuning_shift": 8.0,
}
"""For ``mini-wan``: Follow-Your-Motion's ``mini`` where the two have the same option, so that they can be compared."""

_FYM = "Follow-Your-Motion's own unreleased set, as that paper reports it"
_FLOW_MOTION = "FlowMotion's own set, as that paper reports it"
_DET = "MTBench, as DeT reports it"

SPEC = MethodSpec(
    name="motion-director",
    implementation="motionbench.methods.motion_director.method:MotionDirector",
    summary="MotionDirector's DiT form: one LoRA learns frames, a second the clip beside it, alone kept",
    version="1",
    paper="MotionDirector: Motion Customization of Text-to-Video Diffusion Models, arXiv 2310.08465",
    licence="Apache-2.0",
    upstream="https://github.com/showlab/MotionDirector@d091910",
    backbones=("wan", "cogvideox"),
    inputs=("reference", "reference_prompt", "prompt"),
    tuned=True,
    noise_from="seed",
    preset_of={"mini-wan": "mini"},
    defaults=dataclasses.asdict(MotionDirectorOptions()),
    presets={"paper": PAPER, "mini": MINI},
    paper_results=(
        PaperResult("text_similarity", 0.292, _FYM, "arXiv 2506.05207, second-hand"),
        PaperResult("motion_fidelity", 0.896, _FYM, "arXiv 2506.05207, second-hand"),
        PaperResult("temporal_consistency", 0.939, _FYM, "arXiv 2506.05207, second-hand"),
        PaperResult("text_similarity", 0.335, _FLOW_MOTION, "arXiv 2603.06289, second-hand"),
        PaperResult("motion_fidelity", 0.801, _FLOW_MOTION, "arXiv 2603.06289, second-hand"),
        PaperResult("temporal_consistency", 0.969, _FLOW_MOTION, "arXiv 2603.06289, second-hand"),
        PaperResult("motion_fidelity", 0.677, _DET, "arXiv 2503.17350, second-hand"),
    ),
)
