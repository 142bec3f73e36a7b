"""Estimated annotation against the exact one of procedural clips, and how it is marked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from motionbench import annotation
from motionbench.annotation import camera, moving, pose
from motionbench.annotation.linking import linked
from motionbench.data.suites import ManifestSuite
from motionbench.types import Annotation, Estimated, Video


@pytest.fixture(scope="module")
def suite():
    return ManifestSuite("mini-full")


def clip(suite, reference_id):
    return suite.load(next(entry for entry in suite.entries if entry.reference_id == reference_id))


def corner_error(found, exact, size):
    """Root mean square over frames and corners, pixels."""
    ends = (-0.5, size - 0.5)
    corners = np.array([[x, y, 1] for x in ends for y in ends]).T
    gap = (found.matrices @ corners - exact.matrices @ corners)[:, :2]
    return float(np.sqrt((gap**2).sum(axis=1).mean()))


def overlap(found, exact):
    return float((found & exact).sum() / (found | exact).sum())


@pytest.mark.parametrize(
    ("name", "tolerance"), [("pan-1", 0.2), ("zoom-1", 1.0), ("roll-1", 0.5), ("roll-zoom-1", 1.0), ("linear-1", 0.1)]
)
def test_a_camera_path_is_within_a_pixel_of_the_exact_one(suite, name, tolerance):
    case = clip(suite, name)
    path, reason = camera.path(case.reference)
    assert reason == ""
    assert corner_error(path, case.annotation.camera, 64) <= tolerance


def test_a_path_goes_on_when_the_first_frame_has_left_the_view():
    wide = np.random.default_rng(0).integers(0, 255, (24, 200, 3)).repeat(4, 0).repeat(4, 1).astype(np.uint8)
    video = Video(np.stack([wide[:, 8 * t : 8 * t + 96] for t in range(20)]), 8.0)
    path, _ = camera.path(video)
    np.testing.assert_allclose(path.matrices[:, 0, 2], -8.0 * np.arange(20), atol=1.0)


def test_points_on_one_subject_of_a_plain_ground_are_no_camera():
    frames = np.full((6, 96, 96, 3), 90, np.uint8)
    subject = np.random.default_rng(0).integers(0, 255, (24, 24, 3)).astype(np.uint8)
    for t, frame in enumerate(frames):
        frame[30 + 3 * t : 54 + 3 * t, 30:54] = subject
    fit, spread = camera._fit(Video(frames, 8.0))
    assert not spread[1:].any() or np.abs(fit.matrices[spread][:, :2, 2]).max() < 1


def test_noise_has_no_camera_path_and_says_between_which_frames():
    frames = np.random.default_rng(0).integers(0, 255, (4, 64, 64, 3)).astype(np.uint8)
    attempt = annotation.estimate(Video(frames, 8.0), "camera")
    assert attempt.annotation.camera is None
    assert attempt.reason.endswith("from frame 0 to 1")


@pytest.mark.parametrize(("name", "least"), [("linear-1", 0.7), ("spin-1", 0.75), ("grow-1", 0.55)])
def test_the_mask_of_one_object_overlaps_the_exact_one(suite, name, least):
    case = clip(suite, name)
    found = annotation.estimate(case.reference, "single_object").annotation
    assert found.masks.shape == case.annotation.masks.shape
    assert overlap(found.masks[0], case.annotation.masks[0]) >= least


def test_two_objects_that_part_have_a_mask_each(suite):
    case = clip(suite, "diverging-1")
    found = annotation.estimate(case.reference, "multi_object").annotation.masks
    assert len(found) == 2
    assert not (found[0] & found[1]).any()
    for exact in case.annotation.masks:
        assert max(overlap(one, exact) for one in found) >= 0.7


def test_objects_that_are_not_told_apart_are_a_reason_not_one_mask(suite):
    attempt = annotation.estimate(clip(suite, "chasing-1").reference, "multi_object")
    assert attempt.annotation.masks is None
    assert attempt.reason.startswith("1 of at least 2 regions that move by themselves")


def test_nothing_moves_by_itself_where_only_the_camera_moves(suite):
    case = clip(suite, "pan-1")
    path, _ = camera.path(case.reference)
    assert moving.moving(case.reference, path).mean() < 0.05


def test_objects_that_meet_stay_two():
    moves = np.zeros((9, 20, 60), bool)
    for t in range(9):
        moves[t, 5:15, 2 + 3 * t : 12 + 3 * t] = True
        moves[t, 5:15, 48 - 3 * t : 58 - 3 * t] = True
    found = linked(moves)
    assert len(found) == 2
    assert (found.any(axis=0) == moves).all()
    assert not (found[0] & found[1]).any()


def test_an_estimate_says_so_and_names_its_source(suite):
    found = annotation.estimate(clip(suite, "pan-1").reference, "camera").annotation
    assert not found.exact
    assert found.estimated == (Estimated("camera", camera.SOURCE, camera.VERSION),)
    assert annotation.describe(found) == "estimated: camera (lk/1 + similarity by RANSAC, version 1)"
    assert annotation.describe(Annotation()) == ""


def test_a_given_part_is_never_replaced(suite):
    case = clip(suite, "pan-1")
    assert annotation.complete(case) == (case, "")


def test_an_absent_part_is_filled_in_and_the_given_ones_stay(suite):
    case = clip(suite, "pan-1")
    given = replace(case.annotation, camera=None)
    completed, reason = annotation.complete(replace(case, annotation=given))
    assert reason == ""
    assert completed.annotation.tracks is given.tracks
    assert completed.annotation.camera is not None
    assert not completed.annotation.exact
    assert [one.part for one in completed.annotation.estimated] == ["camera"]


def test_an_exact_annotation_has_no_estimated_part(suite):
    exact = clip(suite, "pan-1").annotation
    with pytest.raises(ValueError, match="an exact Annotation has no estimated part"):
        replace(exact, estimated=(Estimated("camera", "lk", "1"),))
    with pytest.raises(ValueError, match="says that masks is estimated, but has none"):
        Annotation(estimated=(Estimated("masks", "flow", "1"),))


def test_without_a_pose_model_a_person_has_a_reason(suite, monkeypatch):
    monkeypatch.setattr(pose, "absent", lambda: "no pose model: its weights are not on this machine; put A at B")
    attempt = annotation.estimate(clip(suite, "walk-1").reference, "human")
    assert attempt.annotation.key_points is None
    assert "put A at B" in attempt.reason


def test_weights_that_are_not_in_the_cache_are_named_with_their_place(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    pytest.importorskip("torchvision")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert f"at {tmp_path}/checkpoints/keypointrcnn_resnet50_fpn_coco-" in pose.absent()


def test_key_points_are_hidden_in_frames_without_a_person(suite):
    video = clip(suite, "walk-1").reference
    seen = iter(range(len(video.frames)))

    def detector(frame):
        t = next(seen)
        return None if t == 3 else (np.full((17, 2), t, np.float32), np.ones(17, bool))

    points, reason = pose.key_points(video, detector)
    assert reason == ""
    assert points.xy.shape == (17, 17, 2)
    assert not points.visible[:, 3].any()
    assert points.visible[:, 4].all()
    assert pose.key_points(video, lambda frame: None)[1].startswith("a person in 0 of 17 frames")
