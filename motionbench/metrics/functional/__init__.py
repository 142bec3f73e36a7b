"""Metrics as pure functions of arrays: no I/O, no model, no randomness.

Tracks are ``xy [N, T, 2]`` in pixels and ``visible [N, T]``; features are ``[T, D]``. Whatever ``numpy.asarray`` takes
is taken, torch tensors on the CPU included.
"""

from motionbench.metrics.functional.camera_motion import (
    CameraFit,
    CameraPathError,
    ResidualTracks,
    camera_path_error,
    fit_camera,
    subject_residual,
)
from motionbench.metrics.functional.clip import clip_text
from motionbench.metrics.functional.consistency import (
    temporal_consistency_all_pairs,
    temporal_consistency_consecutive,
    temporal_consistency_first_previous,
    temporal_consistency_first_previous_det,
    temporal_flicker,
)
from motionbench.metrics.functional.curves import PathDistance, discrete_frechet, dtw, same_point_frechet
from motionbench.metrics.functional.flow_fidelity import fleximmt_flow_fidelity
from motionbench.metrics.functional.leakage import Leakage, leakage
from motionbench.metrics.functional.motion_det import motion_fidelity_det
from motionbench.metrics.functional.motion_dmt import motion_fidelity_dmt
from motionbench.metrics.functional.motion_fleximmt import motion_fidelity_fleximmt, motion_fidelity_fleximmt_objects
from motionbench.metrics.functional.motion_ivebench import motion_fidelity_ivebench
from motionbench.metrics.functional.motion_local import LocalFidelity, f_score, motion_fidelity_local
from motionbench.metrics.functional.motion_summary import Measured, direction_cosine, dynamic_degree, speed_ratio
from motionbench.metrics.functional.motion_symmetric import SymmetricFidelity, motion_fidelity_symmetric
from motionbench.metrics.functional.pose import COCO_KAPPA, PoseAgreement, oks, pck
from motionbench.metrics.functional.tap_vid import TapVid, tap_vid
from motionbench.metrics.functional.tracking import TrackerError, tracker_error

__all__ = [
    "COCO_KAPPA",
    "CameraFit",
    "CameraPathError",
    "Leakage",
    "LocalFidelity",
    "Measured",
    "PathDistance",
    "PoseAgreement",
    "ResidualTracks",
    "SymmetricFidelity",
    "TapVid",
    "TrackerError",
    "camera_path_error",
    "clip_text",
    "direction_cosine",
    "discrete_frechet",
    "dtw",
    "dynamic_degree",
    "f_score",
    "fit_camera",
    "fleximmt_flow_fidelity",
    "leakage",
    "motion_fidelity_det",
    "motion_fidelity_dmt",
    "motion_fidelity_fleximmt",
    "motion_fidelity_fleximmt_objects",
    "motion_fidelity_ivebench",
    "motion_fidelity_local",
    "motion_fidelity_symmetric",
    "oks",
    "pck",
    "same_point_frechet",
    "speed_ratio",
    "subject_residual",
    "tap_vid",
    "temporal_consistency_all_pairs",
    "temporal_consistency_consecutive",
    "temporal_consistency_first_previous",
    "temporal_consistency_first_previous_det",
    "temporal_flicker",
    "tracker_error",
]
