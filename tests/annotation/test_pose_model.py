"""The real Keypoint R-CNN behind the detector, with random weights that see a person everywhere."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchvision.models import _api
from torchvision.models.detection import keypointrcnn_resnet50_fpn

from motionbench.annotation import pose
from motionbench.types import Video

FRAMES = np.random.default_rng(0).integers(0, 256, (1, 80, 96, 3)).astype(np.uint8)


@pytest.fixture
def weights(monkeypatch, tmp_path):
    """A model of the real class and size, at the place where its weights are looked for; returns its state."""
    torch.manual_seed(0)
    model = keypointrcnn_resnet50_fpn(weights=None, weights_backbone=None)
    state = model.state_dict()
    monkeypatch.setattr(_api.WeightsEnum, "get_state_dict", lambda self, *args, **kwargs: state)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "keypointrcnn_resnet50_fpn_coco-fc266e95.pth").touch()
    return state


def test_a_person_gives_key_points_inside_the_frame_hidden_where_their_score_is_low(weights):
    weights["roi_heads.box_predictor.cls_score.bias"][:] = torch.tensor([-9.0, 9.0])
    weights["roi_heads.keypoint_predictor.kps_score_lowres.bias"][:] = torch.tensor([5.0] * 9 + [-50.0] * 8)
    found, reason = pose.key_points(Video(FRAMES, 8.0))
    assert reason == ""
    assert found.names == pose.NAMES
    assert found.xy.shape == (17, 1, 2)
    assert found.visible[:, 0].tolist() == [True] * 9 + [False] * 8
    assert (found.xy >= 0).all()
    assert (found.xy <= (96, 80)).all()


def test_nobody_in_sight_is_a_reason(weights):
    weights["roi_heads.box_predictor.cls_score.bias"][:] = torch.tensor([9.0, -9.0])
    assert pose.key_points(Video(FRAMES, 8.0)) == (None, "a person in 0 of 1 frames; at least half must show one")
