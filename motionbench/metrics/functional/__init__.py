"""Metrics as pure functions of arrays: no I/O, no model, no randomness.

Tracks are ``xy [N, T, 2]`` in pixels and ``visible [N, T]``; features are ``[T, D]``. Whatever ``numpy.asarray`` takes
is taken, torch tensors on the CPU included.
"""

from motionbench.metrics.functional.clip import clip_text, temporal_consistency_consecutive
from motionbench.metrics.functional.flow_fidelity import fleximmt_flow_fidelity
from motionbench.metrics.functional.motion_det import motion_fidelity_det
from motionbench.metrics.functional.motion_dmt import motion_fidelity_dmt
from motionbench.metrics.functional.motion_fleximmt import motion_fidelity_fleximmt, motion_fidelity_fleximmt_objects
from motionbench.metrics.functional.motion_ivebench import motion_fidelity_ivebench
from motionbench.metrics.functional.motion_local import LocalFidelity, f_score, motion_fidelity_local
from motionbench.metrics.functional.motion_symmetric import SymmetricFidelity, motion_fidelity_symmetric
from motionbench.metrics.functional.tap_vid import TapVid, tap_vid
from motionbench.metrics.functional.tracking import TrackerError, tracker_error

__all__ = [
    "LocalFidelity",
    "SymmetricFidelity",
    "TapVid",
    "TrackerError",
    "clip_text",
    "f_score",
    "fleximmt_flow_fidelity",
    "motion_fidelity_det",
    "motion_fidelity_dmt",
    "motion_fidelity_fleximmt",
    "motion_fidelity_fleximmt_objects",
    "motion_fidelity_ivebench",
    "motion_fidelity_local",
    "motion_fidelity_symmetric",
    "tap_vid",
    "temporal_consistency_consecutive",
    "tracker_error",
]
