"""What Follow-Your-Motion is, as data. Where the paper is silent a preset takes the release's value."""

from __future__ import annotations

import dataclasses

from motionbench.methods.fym.options import FymOptions
from motionbench.specs import MethodSpec, Options, PaperResult

PAPER: Options = {
    "head_rule": "paper",
    "rank": 128,
    "alpha": 128.0,
    "spatial_steps": 3000,
    "temporal_steps": 2000,
    "gradient_checkpointing": True,
}
"""The paper as summarised: decoupled heads, 81 frames → 17, adaptive RoPE, signed motion loss.

Of the probe the paper says nothing: heads are the model's (``head_table``).
"""

RELEASE: Options = {
    "head_table": "clip",
    "sparse_sampling": False,
    "adaptive_rope": False,
    "motion_loss": "release",
    "gradient_checkpointing": True,
}
"""The choices of the public code (rule, a table a clip, ranks, consecutive frames, scale 1, absolute loss), not its
defects."""

MINI: Options = {
    "head_rule": "paper",
    "rank": 32,
    "alpha": 32.0,
    "spatial_steps": 60,
    "temporal_steps": 300,
    "batch_size": 4,
    "learning_rate": 4e-3,
    "spatial_learning_rate": 1e-3,
    "lr_schedule": "cosine",
    "weight_decay_spatial": 0.0,
    "weight_decay_temporal": 0.0,
    "tuning_shift": 8.0,
    "loss_weighting": "uniform",
    "stride": 1,
}
"""For ``mini-wan``: few steps, high noise levels, where trajectories are decided.

The paper's sparse clips have 17 of 81 frames; a clip of ``mini-wan`` has 17 in all, so all are taken.
"""

_TABLE = "main comparison, its own unreleased set; known from a summary of the ICLR 2026 version"

SPEC = MethodSpec(
    name="fym",
    implementation="motionbench.methods.fym.method:FollowYourMotion",
    summary="Follow-Your-Motion, re-implemented: LoRAs split over spatial and temporal heads, tuned on one clip",
    version="1",
    paper="Follow-Your-Motion (EffiVMT), arXiv 2506.05207",
    licence="Apache-2.0",
    upstream="https://github.com/maohanw6-afk/FollowYourMotion@06e82cb",
    backbones=("wan", "cogvideox"),
    inputs=("reference", "reference_prompt", "prompt"),
    tuned=True,
    noise_from="seed",
    preset_of={"mini-wan": "mini"},
    defaults=dataclasses.asdict(FymOptions()),
    presets={"paper": PAPER, "release": RELEASE, "mini": MINI},
    unkeyed={"head_table": "auto"},
    paper_results=(
        PaperResult("text_similarity", 0.380, _TABLE, "arXiv 2506.05207, second-hand"),
        PaperResult("motion_fidelity", 0.971, _TABLE, "arXiv 2506.05207, second-hand"),
        PaperResult("temporal_consistency", 0.976, _TABLE, "arXiv 2506.05207, second-hand"),
    ),
)
