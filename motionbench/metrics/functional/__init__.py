"""Metrics as pure functions of arrays: no I/O, no model, no randomness.

Tracks are ``xy [N, T, 2]`` in pixels and ``visible [N, T]``; features are ``[T, D]``. Whatever ``numpy.asarray`` takes
is taken, torch tensors on the CPU included.
"""

from motionbench.metrics.functional.clip import clip_text, temporal_consistency_consecutive
from motionbench.metrics.functional.motion_dmt import motion_fidelity_dmt
from motionbench.metrics.functional.motion_local import LocalFidelity, f_score, motion_fidelity_local
from motionbench.metrics.functional.tracking import TrackerError, tracker_error

__all__ = [
    "LocalFidelity",
    "TrackerError",
    "clip_text",
    "f_score",
    "motion_fidelity_dmt",
    "motion_fidelity_local",
    "temporal_consistency_consecutive",
    "tracker_error",
]
