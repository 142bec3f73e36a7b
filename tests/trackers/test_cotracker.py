"""The CoTracker3 adapters: on a stand-in for the local copy, and against the official predictors where they are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from motionbench.errors import MissingResourceError
from motionbench.metrics.motion_fidelity_dmt import MotionFidelityDmt
from motionbench.trackers import cotracker, identity
from motionbench.trackers.cotracker import (
    ONLINE_SPEC,
    ONLINE_WEIGHTS,
    SPEC,
    VARIABLE,
    WEIGHTS,
    CoTracker3OnlineTracker,
    CoTracker3Tracker,
    online_weights_digest,
    weights_digest,
)
from motionbench.types import Protocol, Video

REAL = os.environ.get(VARIABLE)
real = pytest.mark.skipif(REAL is None, reason=f"{VARIABLE} names no copy of facebookresearch/co-tracker")
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


class Online(Predictor):
    # Checks that windows of two steps come a step apart, and answers for every frame so far.

    step = 2

    def forward(self, video_chunk, is_first_step=False, queries=None, add_support_grid=False):
        assert not add_support_grid
        if is_first_step:
            self.queries, self.seen, self.last = queries, 0, None
            return None, None
        assert queries is None and 1 <= video_chunk.shape[1] <= 2 * self.step
        if self.last is not None:
            assert (video_chunk[:, : self.step] == self.last[:, self.step :]).all()
            self.seen -= self.step
        self.last, self.seen = video_chunk, self.seen + video_chunk.shape[1]
        tracks = self.queries[:, None, :, 1:].repeat(1, self.seen, 1, 1)
        return tracks, torch.ones(tracks.shape[:3], dtype=torch.bool)


def cotracker3_online(*, pretrained=True, **kwargs):
    assert not pretrained
    return Online()
"""


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "co-tracker"
    folder.mkdir()
    (folder / "hubconf.py").write_text(HUBCONF, encoding="utf-8")
    torch.save({"weight": torch.full((1, 1), 2.0)}, folder / WEIGHTS)
    torch.save({"weight": torch.full((1, 1), 5.0)}, folder / ONLINE_WEIGHTS)
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
@pytest.mark.parametrize("frames", [2, 3, 4, 5, 8, 9])
def test_the_online_model_sees_overlapping_windows_up_to_the_last_frame(frames: int) -> None:
    pixels = np.random.default_rng(frames).integers(0, 256, (frames, 6, 8, 3), np.uint8)
    queries = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    tracker = CoTracker3OnlineTracker()
    for _ in range(2):
        tracks = tracker(Video(pixels, 8.0), queries)
        assert tracks.xy.shape == (2, frames, 2)
        np.testing.assert_array_equal(tracks.xy[:, -1], queries)


@pytest.mark.usefixtures("copy")
def test_the_two_models_have_weights_and_signatures_of_their_own() -> None:
    assert CoTracker3OnlineTracker().signature == identity.signature(ONLINE_SPEC)
    assert identity.signature(ONLINE_SPEC) == f"cotracker3-online@1-{online_weights_digest()[:12]}"
    assert online_weights_digest() != weights_digest()


def test_a_copy_without_online_weights_serves_the_offline_model(copy: Path) -> None:
    (copy / ONLINE_WEIGHTS).unlink()
    CoTracker3Tracker()
    with pytest.raises(MissingResourceError, match=f"'cotracker3-online' needs(.|\n)*{ONLINE_WEIGHTS}"):
        CoTracker3OnlineTracker()


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


@pytest.fixture
def official(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A folder with the real code and random weights, and the official predictor of an entry with the same weights."""
    for name in ("hubconf.py", "cotracker"):
        (tmp_path / name).symlink_to(Path(REAL or "").resolve() / name)
    monkeypatch.setenv(VARIABLE, str(tmp_path))

    def make(entry: str, weights: str) -> Any:
        torch.manual_seed(0)
        loader: Any = torch.hub
        predictor = loader.load(str(tmp_path), entry, source="local", pretrained=False)
        torch.save(predictor.model.state_dict(), tmp_path / weights)
        return predictor

    return make


def scene(frames: int) -> tuple[Video, np.ndarray, Any, Any]:
    """A video wider than high with queries, for us and for the official predictor."""
    pixels = np.random.default_rng(1).integers(0, 256, (frames, 24, 40, 3), np.uint8)
    queries = np.array([[3.0, 4.0], [30.5, 20.25]], np.float32)
    clip = torch.from_numpy(pixels).permute(0, 3, 1, 2)[None].float()
    return Video(pixels, 8.0), queries, clip, torch.from_numpy(np.insert(queries, 0, 0, axis=1))[None]


@real
@pytest.mark.slow
def test_offline_tracks_are_those_of_the_official_predictor(official: Any) -> None:
    predictor = official("cotracker3_offline", WEIGHTS)
    video, queries, clip, asked = scene(3)
    ours = CoTracker3Tracker()(video, queries)
    xy, visible = predictor(clip, queries=asked)
    np.testing.assert_allclose(ours.xy, xy[0].permute(1, 0, 2).numpy(), rtol=0, atol=1e-3)
    np.testing.assert_array_equal(ours.visible, visible[0].T.numpy())
    # Frame 0 is the query itself, in pixels of the video, and visible.
    np.testing.assert_allclose(ours.xy[:, 0], queries, rtol=0, atol=1e-4)
    assert ours.visible[:, 0].all()
    assert (ours.xy.shape, ours.xy.dtype, ours.visible.dtype) == ((2, 3, 2), np.float32, np.bool_)


@real
@pytest.mark.slow
def test_online_tracks_are_those_of_the_official_predictor(official: Any) -> None:
    predictor = official("cotracker3_online", ONLINE_WEIGHTS)
    video, queries, clip, asked = scene(18)
    ours = CoTracker3OnlineTracker()(video, queries)
    predictor(clip, is_first_step=True, queries=asked)
    # The loop of the official README.
    for start in range(0, clip.shape[1] - predictor.step, predictor.step):
        xy, visible = predictor(clip[:, start : start + 2 * predictor.step])
    assert xy.shape[1] == 18
    np.testing.assert_allclose(ours.xy, xy[0].permute(1, 0, 2).numpy(), rtol=0, atol=1e-3)
    np.testing.assert_array_equal(ours.visible, visible[0].T.numpy())
