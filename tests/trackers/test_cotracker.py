"""The CoTracker3 adapter, on a stand-in for the local copy: layout, range, order of axes, messages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from motionbench.errors import MissingResourceError
from motionbench.metrics.motion_fidelity_dmt import MotionFidelityDmt
from motionbench.trackers import cotracker, identity
from motionbench.trackers.cotracker import SPEC, VARIABLE, WEIGHTS, CoTracker3Tracker, weights_digest
from motionbench.types import Protocol, Video

HUBCONF = """
import torch

dependencies = ["torch"]


class Predictor(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = torch.nn.Linear(1, 1, bias=False)

    def forward(self, video, queries):
        assert video.dtype == torch.float32 and video.max() > 1 and video.shape[2] == 3
        assert (queries[..., 0] == 0).all()
        frames = video.shape[1]
        time = torch.arange(frames)[None, :, None, None] * self.model.weight[0, 0]
        tracks = queries[:, None, :, 1:] + time * torch.tensor([1.0, 0.0])
        visible = torch.ones(tracks.shape[:3], dtype=torch.bool)
        visible[:, -1, 0] = False
        return tracks, visible


def cotracker3_offline(*, pretrained=True, **kwargs):
    assert not pretrained
    return Predictor()
"""


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "co-tracker"
    folder.mkdir()
    (folder / "hubconf.py").write_text(HUBCONF, encoding="utf-8")
    torch.save({"weight": torch.full((1, 1), 2.0)}, folder / WEIGHTS)
    monkeypatch.setenv(VARIABLE, str(folder))
    return folder


def test_tracks_are_point_frame_coordinate_in_pixels(copy: Path) -> None:
    video = Video(np.full((4, 6, 8, 3), 200, np.uint8), 8.0)
    queries = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 1.0]], np.float32)
    tracks = CoTracker3Tracker()(video, queries)
    assert tracks.xy.shape == (3, 4, 2)
    assert tracks.xy.dtype == np.float32
    np.testing.assert_allclose(tracks.xy[:, 3], queries + np.array([6.0, 0.0]), atol=1e-6, rtol=0)
    assert not tracks.visible[0, -1]
    assert tracks.visible[1:].all()


def test_the_signature_names_the_weights(copy: Path) -> None:
    before = CoTracker3Tracker().signature
    assert before == identity.signature(SPEC)
    assert before == f"cotracker3@1-{weights_digest()[:12]}"
    torch.save({"model": {"weight": torch.full((1, 1), 3.0)}}, copy / WEIGHTS)
    assert CoTracker3Tracker().signature != before


@pytest.mark.usefixtures("copy")
def test_keys_and_metric_signatures_hold_the_weights() -> None:
    protocol = Protocol("p", 4, 8.0, 6, 8, "cotracker3", 2)
    assert f"|trk:cotracker3@1-{weights_digest()[:12]}|" in MotionFidelityDmt(protocol).signature


def test_the_hub_is_where_torch_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TORCH_HOME", raising=False)
    assert str(cotracker.hub()) == torch.hub.get_dir()
    for variable in ("XDG_CACHE_HOME", "TORCH_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
        assert str(cotracker.hub()) == torch.hub.get_dir()


def test_a_missing_copy_says_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(MissingResourceError) as caught:
        CoTracker3Tracker()
    message = str(caught.value)
    assert "git clone https://github.com/facebookresearch/co-tracker" in message
    assert f"export {VARIABLE}=" in message
    assert "CC-BY-NC" in message
    assert caught.value.exit_code == 6


def test_a_copy_without_weights_names_the_file(copy: Path) -> None:
    (copy / WEIGHTS).unlink()
    with pytest.raises(MissingResourceError, match=WEIGHTS):
        CoTracker3Tracker()


def test_weights_of_another_model_are_refused(copy: Path) -> None:
    torch.save({"something": torch.ones(2)}, copy / WEIGHTS)
    with pytest.raises(MissingResourceError, match="cannot be loaded"):
        CoTracker3Tracker()
