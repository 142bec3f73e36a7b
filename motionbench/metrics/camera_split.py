"""The metrics ``camera_path_error`` and ``subject_fidelity``: camera and subject apart.

No mask of a generation is known, so its background is what most of its tracks agree on, by RANSAC on all of them. A
subject that fills most of the frame is therefore taken for the camera.
"""

from __future__ import annotations

import functools

from motionbench import registry
from motionbench.contracts import Encoder, Evidence
from motionbench.errors import Undefined
from motionbench.metrics import functional
from motionbench.metrics.functional.motion_local import NOTHING_MOVES_REFERENCE
from motionbench.metrics.motion_fidelity_local import SIGMA
from motionbench.metrics.signatures import noise_field, require_tracks, track_signature, trimmed
from motionbench.specs import MetricSpec, TrackerSpec
from motionbench.types import Protocol, Tracks

SEED = 0
LEAST_TOLERANCE = 0.005
"""Share of the diagonal within which a track follows the camera, whatever the tracker's noise."""
NOISE = 2.0
"""Noise of scenery that moves, in noise floors, which are measured on still scenery."""

CAMERA_SPEC = MetricSpec(
    name="camera_path_error",
    implementation="motionbench.metrics.camera_split:CameraPathError",
    summary="how far the camera's path carries the frame's corners from where the reference's camera carries them",
    unit="share of diagonal",
    better="lower",
    bounds=(0.0, float("inf")),
    source="ours: root mean square over frames and corners, a similarity per frame by RANSAC",
    version="1",
    needs=("tracks",),
    status="diagnostic",
)
SUBJECT_SPEC = MetricSpec(
    name="subject_fidelity",
    implementation="motionbench.metrics.camera_split:SubjectFidelity",
    summary="motion_fidelity[local] of what is left of the tracks when each video's own camera motion is taken out",
    unit="agreement",
    better="higher",
    bounds=(-1.0, 1.0),
    source="ours: motion_fidelity[local] of residual tracks, a similarity per frame by RANSAC",
    version="1",
    needs=("tracks",),
    status="diagnostic",
)


@functools.lru_cache(maxsize=8)
def _camera(tracks: Tracks, tolerance: float) -> functional.CameraFit:
    """The fit of tracks, remembered: both metrics ask for it, and a reference comes again with every method."""
    return functional.fit_camera(tracks.xy, tolerance=tolerance, seed=SEED, visible=tracks.visible)


def _tolerance(protocol: Protocol, tracker: TrackerSpec) -> float:
    """Pixels: twice as far as the tracker's noise walks in a still clip."""
    walk: float = tracker.noise_floor * (protocol.frames - 1) ** 0.5
    return max(LEAST_TOLERANCE, 2 * walk) * protocol.diagonal


class CameraPathError:
    """The error of the camera's path, all parts in one."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None = None) -> None:
        tracker = registry.tracker(protocol.tracker)
        self._size = protocol.width, protocol.height
        self._tolerance = _tolerance(protocol, tracker)
        own = (f"tol:{self._tolerance:.4g}", f"seed:{SEED}", "mask:none")
        self.signature = track_signature(CAMERA_SPEC, protocol, tracker, *own)

    def __call__(self, evidence: Evidence) -> float:
        """A value >= 0; Undefined where a video has no camera path."""
        found = self.parts(evidence)
        if found.corners is None:
            raise Undefined(found.reason or "undefined")
        return found.corners

    def parts(self, evidence: Evidence) -> functional.CameraPathError:
        """Rotation, zoom and translation apart."""
        generated, reference = require_tracks(CAMERA_SPEC, evidence)
        width, height = self._size
        fits = _camera(generated, self._tolerance), _camera(reference, self._tolerance)
        return functional.camera_path_error(*fits, width=width, height=height)


class SubjectFidelity:
    """F of precision and recall of residual tracks."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None = None) -> None:
        tracker = registry.tracker(protocol.tracker)
        self._diagonal = protocol.diagonal
        self._tolerance = _tolerance(protocol, tracker)
        self._tau = NOISE * tracker.noise_floor * protocol.diagonal
        own = (
            f"sigma:{trimmed(SIGMA)}",
            noise_field(tracker, self._tau),
            f"tol:{self._tolerance:.4g}",
            f"seed:{SEED}",
            "mask:none",
        )
        self.signature = track_signature(SUBJECT_SPEC, protocol, tracker, *own)

    def __call__(self, evidence: Evidence) -> float:
        """F in [−1, 1]; 0 where no subject moves in the generation, Undefined for such a reference or camera."""
        generated, reference = require_tracks(SUBJECT_SPEC, evidence)
        ours, theirs = (self._residual(*side) for side in ((generated, "generated"), (reference, "reference")))
        found = functional.motion_fidelity_local(
            ours.xy,
            theirs.xy,
            diagonal=self._diagonal,
            sigma=SIGMA,
            tau=self._tau,
            visible_generated=ours.visible,
            visible_reference=theirs.visible,
        )
        if found.f is None and found.reason == NOTHING_MOVES_REFERENCE:
            raise Undefined("nothing but the camera moves in the reference video")
        if found.f is None:
            raise Undefined(found.reason or "undefined")
        return found.f

    def _residual(self, tracks: Tracks, name: str) -> functional.ResidualTracks:
        camera = _camera(tracks, self._tolerance)
        if camera.reason is not None:
            raise Undefined(f"no camera path of the {name} video: {camera.reason}")
        return functional.subject_residual(tracks.xy, camera, visible=tracks.visible)
