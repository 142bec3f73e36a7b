"""Camera against subject: a robust similarity of the background per frame, its path, and what is left of the tracks.

The background is what most tracks agree on: each frame's similarity to frame 0 is fitted by RANSAC. Conventions: M_t
``[3, 3]`` maps a point of frame 0 to its place in frame t, homogeneous pixels; float64 inside. A similarity has no
parallax and no shear: of a camera that travels through depth it is the best rigid account.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motionbench.metrics.functional.arrays import as_tracks, as_visible
from motionbench.metrics.functional.scale import unit_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEAST_POINTS = 4
"""Twice what a similarity needs: two points are always explained."""
LEAST_FRAMES = 0.5
"""Share of the frames after the first that must have a fit."""
LARGEST_ZOOM = 1e3
_TRIALS = 100
"""At three inliers in ten, a pair of them is missed once in 12,000 times."""
_CONFIDENCE = 0.9999


@dataclass(frozen=True, eq=False)
class CameraFit:
    """The camera's path, and how much of the background it explains."""

    matrices: Floats
    """M_t, ``[T, 3, 3]``; the identity where there is no fit."""
    fitted: Bools
    """``[T]``."""
    inliers: float
    """Share of background points within the tolerance, mean over fitted frames after the first; in [0, 1]."""
    reason: str | None = None
    """Why there is no path; None where at least half of the frames have a fit."""


@dataclass(frozen=True)
class CameraPathError:
    """Root-mean-square differences of two camera paths over the frames that both have, or None and the reason."""

    rotation: float | None
    """Radians; turns are counted, so that a full turn too many is 2π."""
    zoom: float | None
    """Natural logarithm of the ratio of zooms."""
    translation: float | None
    """Distance of where the frame's centre goes, as a share of the diagonal."""
    corners: float | None
    """Distance of where the frame's four corners go, as a share of the diagonal: all three parts in one."""
    inliers_generated: float
    inliers_reference: float
    reason: str | None = None


@dataclass(frozen=True, eq=False)
class ResidualTracks:
    """Tracks as a camera would see them that stays where it was in frame 0."""

    xy: Floats
    """``[N, T, 2]`` pixels of frame 0."""
    visible: Bools
    """``[N, T]``; False in frames without a fit too."""


def fit_camera(
    tracks: ArrayLike,
    *,
    tolerance: float,
    seed: int,
    visible: ArrayLike | None = None,
    background: ArrayLike | None = None,
    least_inliers: float = 0.3,
) -> CameraFit:
    """Fit, per frame, the similarity to frame 0 that most background tracks agree on.

    ``M_t = argmax_M |{n : ‖M x_n,0 − x_n,t‖ < tolerance}|`` over similarities through two tracks, refined by least
    squares on those inliers. A frame has a fit where at least four points and ``least_inliers`` of the background's
    points that are visible in it and in frame 0 are inliers.

    Args:
        tracks: ``[N, T, 2]`` pixels.
        tolerance: pixels, > 0.
        seed: of the draws of RANSAC.
        visible: ``[N, T]``; None: all.
        background: ``[N]``, True for tracks on the background; None: all, and the majority decides.
        least_inliers: share in (0, 1].

    Raises:
        ValueError: a shape is wrong, a visible position is not finite, or a parameter is out of range.

    Source: Fischler and Bolles (CACM 24, 1981), as in ``skimage.measure.ransac``.
    """
    if not (0 < tolerance < np.inf and 0 < least_inliers <= 1):
        raise ValueError(f"need tolerance > 0 and least_inliers in (0, 1], got {tolerance} and {least_inliers}")
    xy = as_tracks(tracks, "video's", np.float64)
    seen = as_visible(visible, xy, "video's")
    if not np.isfinite(xy[seen]).all():
        raise ValueError("the tracks have a visible position that is not finite")
    placed = np.where(seen[..., None], xy, 0.0)
    unit = unit_of(placed, tolerance)
    usable = (seen & seen[:, :1] & _chosen(background, len(xy))[:, None])[:, 1:].T
    matrices, fitted, shares = np.tile(np.eye(3), (xy.shape[1], 1, 1)), np.ones(xy.shape[1], bool), []
    for t, use in enumerate(usable, start=1):
        draws = np.random.default_rng([seed, t])
        matrix, share = _similarity(placed[use, 0] / unit, placed[use, t] / unit, tolerance / unit, draws)
        fitted[t] = matrix is not None and share >= least_inliers
        if matrix is not None and fitted[t]:
            matrix[:2, 2] *= unit
            matrices[t] = matrix
            shares.append(share)
    found = bool(len(usable)) and len(shares) >= LEAST_FRAMES * len(usable)
    reason = None if found else _reason(usable, least_inliers)
    return CameraFit(matrices, fitted, float(np.mean(shares)) if shares else 0.0, reason)


def camera_path_error(generated: CameraFit, reference: CameraFit, *, width: float, height: float) -> CameraPathError:
    """How far one camera's path is from another's; 0 is the same path.

    With M_t = [s_t R(θ_t) | t_t], c the frame's centre, k its four corners, D its diagonal, and t over the frames
    after the first that both paths have::

        rotation = √mean_t (θ_t − θ'_t)²            zoom = √mean_t (ln s_t − ln s'_t)²
        translation = √mean_t ‖M_t c − M'_t c‖² / D   corners = √mean_t,k ‖M_t k − M'_t k‖² / D

    Args:
        generated: a fit.
        reference: a fit, or an exact path as ``CameraFit(matrices, fitted all True, 1.0)``.
        width: of the frame, pixels.
        height: of the frame, pixels.

    Raises:
        ValueError: the two differ in T, or the size is not positive.

    Source: ours.
    """
    if not (0 < width < np.inf and 0 < height < np.inf):
        raise ValueError(f"a frame's size is positive, got {width} x {height}")
    if len(generated.matrices) != len(reference.matrices):
        raise ValueError(
            f"both paths need the same frames, got {len(generated.matrices)} generated and "
            f"{len(reference.matrices)} reference"
        )
    both = generated.fitted & reference.fitted
    reason = _no_pair(generated, reference, both)
    if reason is not None:
        return CameraPathError(None, None, None, None, generated.inliers, reference.inliers, reason)
    ours, theirs = generated.matrices[both], reference.matrices[both]
    # A pixel's centre has integer coordinates, so the frame runs from -0.5.
    right, lower = width - 0.5, height - 0.5
    middle = np.array([[(width - 1) / 2, (height - 1) / 2]])
    corners = np.array([[-0.5, -0.5], [right, -0.5], [-0.5, lower], [right, lower]])
    (angle, zoom), (their_angle, their_zoom) = _turns(ours), _turns(theirs)
    diagonal = float(np.hypot(width, height))
    return CameraPathError(
        rotation=_root_mean_square(angle - their_angle),
        zoom=_root_mean_square(zoom - their_zoom),
        translation=_root_mean_square(_apart(ours, theirs, middle) / diagonal),
        corners=_root_mean_square(_apart(ours, theirs, corners) / diagonal),
        inliers_generated=generated.inliers,
        inliers_reference=reference.inliers,
    )


def subject_residual(tracks: ArrayLike, camera: CameraFit, *, visible: ArrayLike | None = None) -> ResidualTracks:
    """Tracks minus camera motion, ``M_t⁻¹ x_n,t``: what the subjects do in the scene of frame 0.

    Args:
        tracks: ``[N, T, 2]`` pixels.
        camera: the fit of the same video.
        visible: ``[N, T]``; None: all.

    Raises:
        ValueError: a shape is wrong, or tracks and fit differ in T.
    """
    xy = as_tracks(tracks, "video's", np.float64)
    seen = as_visible(visible, xy, "video's")
    if xy.shape[1] != len(camera.matrices):
        raise ValueError(f"tracks of {xy.shape[1]} frames do not fit a camera path of {len(camera.matrices)}")
    linear = np.linalg.inv(camera.matrices[:, :2, :2])
    with np.errstate(over="ignore", invalid="ignore"):
        still = np.einsum("tij,ntj->nti", linear, xy - camera.matrices[None, :, :2, 2])
    kept = seen & camera.fitted & np.isfinite(still).all(axis=-1)
    return ResidualTracks(np.where(kept[..., None], still, 0.0), kept)


def _chosen(background: ArrayLike | None, count: int) -> Bools:
    if background is None:
        return np.ones(count, dtype=bool)
    chosen = np.asarray(background, dtype=bool)
    if chosen.shape != (count,):
        raise ValueError(f"background is [{count}] like the tracks, got {list(chosen.shape)}")
    return chosen


def _similarity(
    source: Floats, target: Floats, tolerance: float, draws: np.random.Generator
) -> tuple[Floats | None, float]:
    """The matrix, None where there is none, and the share of points that it explains."""
    from skimage.measure import ransac
    from skimage.transform import SimilarityTransform

    if len(source) < LEAST_POINTS or not np.ptp(source, axis=0).any():
        return None, 0.0
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # No inliers is an answer here, and it warns.
        warnings.simplefilter("ignore")
        model, inliers = ransac(
            (source, target),
            SimilarityTransform,
            min_samples=2,
            residual_threshold=tolerance,
            is_model_valid=_plausible,
            max_trials=_TRIALS,
            stop_probability=_CONFIDENCE,
            rng=draws,
        )
    if model is None or inliers is None or inliers.sum() < LEAST_POINTS or not _plausible(model):
        return None, 0.0
    return np.array(model.params, dtype=np.float64), float(inliers.mean())


def _plausible(model: Any, *_: Floats) -> bool:
    """Whether a fit through two points is not degenerate."""
    if not model:
        return False
    zoom = float(np.hypot(*model.params[:2, 0]))
    return bool(np.isfinite(model.params).all() and 1 / LARGEST_ZOOM < zoom < LARGEST_ZOOM)


def _reason(usable: Bools, least: float) -> str:
    if len(usable) == 0:
        return "a video of one frame has no camera path"
    if (usable.sum(axis=1) >= LEAST_POINTS).sum() < LEAST_FRAMES * len(usable):
        return f"fewer than {LEAST_POINTS} background points stay visible"
    return f"no one camera motion explains {least:.0%} of the background points"


def _no_pair(generated: CameraFit, reference: CameraFit, both: Bools) -> str | None:
    for name, fit in (("reference", reference), ("generated", generated)):
        if fit.reason is not None:
            return f"no camera path of the {name} video: {fit.reason}"
    return None if both[1:].any() else "no frame has a camera fit in both videos"


def _apart(ours: Floats, theirs: Floats, points: Floats) -> Floats:
    """``[T, K]``: how far apart two paths carry points ``[K, 2]``."""
    gap = np.einsum("tij,kj->tki", ours[:, :2, :2] - theirs[:, :2, :2], points)
    gap += (ours[:, :2, 2] - theirs[:, :2, 2])[:, None]
    return np.asarray(np.hypot(gap[..., 0], gap[..., 1]))


def _turns(matrices: Floats) -> tuple[Floats, Floats]:
    """Angles, unwrapped, and logarithms of zoom, ``[T]`` each."""
    cosine, sine = matrices[:, 0, 0], matrices[:, 1, 0]
    return np.unwrap(np.arctan2(sine, cosine)), np.log(np.hypot(cosine, sine))


def _root_mean_square(values: Floats) -> float:
    """Over all frames but the first, which is the same on both sides by definition."""
    unit = unit_of(values)
    return float(np.sqrt(np.square(values[1:] / unit).mean()) * unit)
