"""Camera against subject: known similarities are found among moving objects, and taken out again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from motionbench.metrics.functional import (
    CameraFit,
    camera_path_error,
    fit_camera,
    motion_fidelity_local,
    subject_residual,
)

Floats = NDArray[np.float64]

WIDTH, HEIGHT, FRAMES = 64, 48, 7
DIAGONAL = 80.0
POINTS = np.stack(np.meshgrid(np.arange(2.0, 64, 6), np.arange(2.0, 48, 6)), axis=-1).reshape(-1, 2)
OBJECT = (abs(POINTS - [32, 24]) < 9).all(axis=1)


def path(angle: float = 0.0, zoom: float = 0.0, shift: tuple[float, float] = (0.0, 0.0)) -> Floats:
    """Matrices about the frame's centre that reach these parts, evenly, in the last frame."""
    centre = np.array([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])
    out = np.tile(np.eye(3), (FRAMES, 1, 1))
    for t, share in enumerate(np.linspace(0, 1, FRAMES)):
        cosine, sine = np.cos(share * angle), np.sin(share * angle)
        out[t, :2, :2] = np.exp(share * zoom) * np.array([[cosine, -sine], [sine, cosine]])
        out[t, :2, 2] = centre + share * np.array(shift) - out[t, :2, :2] @ centre
    return out


def film(matrices: Floats, move: tuple[float, float] = (0.0, 0.0)) -> Floats:
    """Tracks of the grid; the object, a ninth of it, moves by ``move`` in the scene."""
    scene = POINTS[:, None] + OBJECT[:, None, None] * np.linspace(0, 1, FRAMES)[:, None] * np.array(move)
    return np.einsum("tij,ntj->nti", matrices[:, :2, :2], scene) + matrices[:, :2, 2]


def fit(tracks: Floats, seed: int = 0) -> CameraFit:
    return fit_camera(tracks, tolerance=0.5, seed=seed)


def exact(matrices: Floats) -> CameraFit:
    return CameraFit(matrices, np.ones(len(matrices), bool), 1.0)


CAMERA = path(0.3, 0.2, (5.0, -3.0))
WHOLE = np.sqrt(np.mean(np.linspace(0, 1, FRAMES)[1:] ** 2))
"""Root mean square of an error that grows evenly to 1."""


@pytest.mark.parametrize("move", [(0.0, 0.0), (12.0, 4.0)])
def test_the_cameras_path_is_found_beside_a_moving_object(move: tuple[float, float]) -> None:
    found = fit(film(CAMERA, move))
    np.testing.assert_allclose(found.matrices, CAMERA, rtol=0, atol=1e-9)
    assert found.reason is None
    assert found.fitted.all()


def test_inliers_are_the_share_of_the_background() -> None:
    far = film(CAMERA) + OBJECT[:, None, None] * (np.arange(FRAMES) > 0)[:, None] * [20.0, 0.0]
    assert fit(far).inliers == pytest.approx(1 - OBJECT.mean(), abs=1e-12, rel=0)


def test_a_mask_leaves_the_subject_out_where_it_is_the_majority() -> None:
    subject = POINTS[:, 0] < 44
    tracks = film(CAMERA) + subject[:, None, None] * np.linspace(0, 1, FRAMES)[:, None] * [15.0, 0.0]
    masked = fit_camera(tracks, tolerance=0.5, seed=0, background=~subject)
    np.testing.assert_allclose(masked.matrices, CAMERA, rtol=0, atol=1e-9)
    assert np.abs(fit(tracks).matrices - CAMERA).max() > 1


def test_the_same_seed_gives_the_same_fit_and_global_randomness_is_left_alone() -> None:
    noisy = film(CAMERA, (9.0, 0.0)) + np.random.default_rng(0).normal(0, 0.2, (len(POINTS), FRAMES, 2))
    state = np.random.get_state()[1].copy()  # type: ignore[union-attr]
    first, second = fit(noisy, 3), fit(noisy, 3)
    np.testing.assert_array_equal(first.matrices, second.matrices)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    np.testing.assert_allclose(first.matrices[:, :2, :2], CAMERA[:, :2, :2], rtol=0, atol=0.02)


def test_equal_paths_have_no_error() -> None:
    found = camera_path_error(fit(film(CAMERA)), exact(CAMERA), width=WIDTH, height=HEIGHT)
    assert (found.rotation, found.zoom, found.translation, found.corners) == pytest.approx((0, 0, 0, 0), abs=1e-9)
    assert found.reason is None


def test_each_part_sees_its_own_error_by_hand() -> None:
    still, size = exact(path()), {"width": WIDTH, "height": HEIGHT}
    turned = camera_path_error(exact(path(angle=0.3)), still, **size)
    assert (turned.rotation, turned.zoom, turned.translation) == pytest.approx((0.3 * WHOLE, 0, 0), abs=1e-12)
    # A corner is half a diagonal from the centre: a turn by α carries it along a chord of D sin(α/2).
    chord = np.sqrt(np.mean(np.sin(0.15 * np.linspace(0, 1, FRAMES)[1:]) ** 2))
    assert turned.corners == pytest.approx(chord, abs=1e-12, rel=0)
    zoomed = camera_path_error(exact(path(zoom=-0.4)), still, **size)
    assert (zoomed.rotation, zoomed.zoom, zoomed.translation) == pytest.approx((0, 0.4 * WHOLE, 0), abs=1e-12)
    moved = camera_path_error(exact(path(shift=(6.0, 8.0))), still, **size)
    assert (moved.rotation, moved.zoom) == (0, 0)
    assert (moved.translation, moved.corners) == pytest.approx((10 / DIAGONAL * WHOLE,) * 2, abs=1e-12)


def test_a_whole_turn_too_many_is_an_error() -> None:
    found = camera_path_error(exact(path(angle=2 * np.pi)), exact(path()), width=WIDTH, height=HEIGHT)
    assert found.rotation == pytest.approx(2 * np.pi * WHOLE, abs=1e-9, rel=0)


def test_the_more_the_camera_is_wrong_the_greater_the_error() -> None:
    values = [
        camera_path_error(fit(film(path(zoom=z))), exact(path()), width=WIDTH, height=HEIGHT) for z in (0.1, 0.2, 0.4)
    ]
    corners = [value.corners for value in values]
    assert corners == sorted(corners)  # type: ignore[type-var]
    assert corners[0] is not None
    assert corners[0] > 0.01


def test_order_of_tracks_and_a_common_turn_of_both_scenes_change_nothing() -> None:
    a, b = film(CAMERA), film(path(zoom=0.1))
    size = {"width": HEIGHT, "height": HEIGHT}
    before = camera_path_error(fit(a), fit(b), **size)
    centre, turn = np.full(2, (HEIGHT - 1) / 2), np.array([[0.0, 1.0], [-1.0, 0.0]])
    after = camera_path_error(*(fit((side[::-1] - centre) @ turn + centre) for side in (a, b)), **size)
    for name in ("rotation", "zoom", "translation", "corners"):
        assert getattr(after, name) == pytest.approx(getattr(before, name), abs=1e-9, rel=0)


def test_the_residual_is_the_objects_motion_in_the_scene() -> None:
    tracks = film(CAMERA, (12.0, 4.0))
    rest = subject_residual(tracks, fit(tracks))
    np.testing.assert_allclose(rest.xy, film(path(), (12.0, 4.0)), rtol=0, atol=1e-8)
    assert rest.visible.all()


def test_subjects_agree_under_different_cameras_once_those_are_out() -> None:
    ours, theirs = film(CAMERA, (12.0, 0.0)), film(path(zoom=-0.2), (12.0, 0.0))
    whole = motion_fidelity_local(ours, theirs, diagonal=DIAGONAL, tau=0.05).f
    a, b = (subject_residual(side, fit(side)).xy for side in (ours, theirs))
    rest = motion_fidelity_local(a, b, diagonal=DIAGONAL, tau=0.05).f
    assert rest == pytest.approx(1.0, abs=0.02, rel=0)
    assert whole is not None
    assert whole < 0.5


def test_a_frame_without_enough_points_has_no_fit_and_its_residual_is_hidden() -> None:
    tracks, seen = film(CAMERA), np.ones((len(POINTS), FRAMES), bool)
    seen[3:, 5] = False
    found = fit_camera(tracks, tolerance=0.5, seed=0, visible=seen)
    assert found.fitted.tolist() == [True, True, True, True, True, False, True]
    assert found.reason is None
    np.testing.assert_array_equal(found.matrices[5], np.eye(3))
    assert not subject_residual(tracks, found, visible=seen).visible[:, 5].any()


def test_no_path_has_a_reason() -> None:
    noise = np.random.default_rng(1).uniform(0, 64, (80, FRAMES, 2))
    reasons = {
        "no one camera motion explains 30% of the background points": noise,
        "fewer than 4 background points stay visible": film(CAMERA)[:3],
        "a video of one frame has no camera path": film(CAMERA)[:, :1],
    }
    for reason, tracks in reasons.items():
        lost = fit(tracks)
        assert (lost.reason, lost.inliers) == (reason, 0.0)
        frames = CAMERA[: tracks.shape[1]]
        for sides, name in (((lost, exact(frames)), "generated"), ((exact(frames), lost), "reference")):
            found = camera_path_error(*sides, width=WIDTH, height=HEIGHT)
            assert found.corners is None
            assert found.reason == f"no camera path of the {name} video: {reason}"


def test_paths_without_a_common_frame_have_a_reason() -> None:
    odd = np.arange(FRAMES) % 2 == 1
    found = camera_path_error(CameraFit(CAMERA, odd, 1.0), CameraFit(CAMERA, ~odd, 1.0), width=WIDTH, height=HEIGHT)
    assert (found.corners, found.reason) == (None, "no frame has a camera fit in both videos")


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(0, 9),
    frames=st.integers(1, 3),
    scale=st.sampled_from([0.0, 5e-324, 1e-160, 1.0, 1e30, 1e150, 1e300]),
    hidden=st.floats(0, 1),
)
def test_no_input_gives_nan(seed: int, count: int, frames: int, scale: float, hidden: float) -> None:
    rng = np.random.default_rng(seed)
    tracks = scale * rng.integers(-2, 3, (count, frames, 2)).astype(float)
    seen = rng.uniform(size=tracks.shape[:2]) >= hidden
    found = fit_camera(tracks, tolerance=0.5, seed=0, visible=seen)
    still = CameraFit(np.tile(np.eye(3), (frames, 1, 1)), np.ones(frames, bool), 1.0)
    error = camera_path_error(found, still, width=WIDTH, height=HEIGHT)
    assert np.isfinite(found.matrices).all()
    assert (error.corners is None) == (error.reason is not None)
    for value in (error.rotation, error.zoom, error.translation, error.corners):
        assert value is None or 0 <= value < np.inf
    assert np.isfinite(subject_residual(tracks, found, visible=seen).xy).all()


def test_what_it_cannot_take_raises_and_says_so() -> None:
    broken = film(CAMERA)
    broken[0, 2] = np.nan
    with pytest.raises(ValueError, match="visible position that is not finite"):
        fit(broken)
    with pytest.raises(ValueError, match=r"tolerance > 0 and least_inliers in \(0, 1\], got 0 and 0.3"):
        fit_camera(film(CAMERA), tolerance=0, seed=0)
    with pytest.raises(ValueError, match=rf"background is \[{len(POINTS)}\] like the tracks, got \[2\]"):
        fit_camera(film(CAMERA), tolerance=1, seed=0, background=[True, False])
    with pytest.raises(ValueError, match="same frames, got 7 generated and 6 reference"):
        camera_path_error(exact(CAMERA), exact(CAMERA[:6]), width=WIDTH, height=HEIGHT)
    with pytest.raises(ValueError, match="size is positive, got 0 x 48"):
        camera_path_error(exact(CAMERA), exact(CAMERA), width=0, height=HEIGHT)
    with pytest.raises(ValueError, match="tracks of 6 frames do not fit a camera path of 7"):
        subject_residual(film(CAMERA)[:, :6], exact(CAMERA))
