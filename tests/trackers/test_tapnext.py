"""The TAPNext++ adapter: on a stand-in with the published interface, and against the published wrapper where it is."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from motionbench.errors import MissingResourceError
from motionbench.trackers import identity, tapnext
from motionbench.trackers.tapnext import SPEC, VARIABLE, WEIGHTS, TapNextTracker, weights_digest
from motionbench.types import Video

REAL = os.environ.get(VARIABLE)
MODEL = '''
import torch


class TAPNext(torch.nn.Module):
    """Moves every point down a sixteenth of its frame a step; the last point is hidden from frame 2 on."""

    def __init__(self, image_size):
        super().__init__()
        assert image_size == (256, 256)
        self.speed = torch.nn.Parameter(torch.zeros(1))

    def forward(self, video, query_points=None, state=None):
        assert video.shape == (1, 1, 256, 256, 3) and video.dtype == torch.float32
        assert -1 <= video.min() and video.max() <= 1 and video.min() < -0.9
        assert (query_points is None) == (state is not None)
        step = 0 if state is None else state["step"]
        if state is None:
            assert (query_points[..., 0] == 0).all()
            state = {"yx": query_points[..., 1:]}
        tracks = state["yx"] + torch.tensor([1.0, 0.0]) * self.speed * step
        logits = torch.ones(*tracks.shape[:2], 1)
        logits[:, -1] = 1 - step
        return tracks[:, None], None, logits[:, None], {**state, "step": step + 1}
'''
QUERIES = np.array([[0.0, 0.0], [31.0, 15.0], [3.5, 8.25]], np.float32)


def forget() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "tapnet"]:
        del sys.modules[name]


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    forget()
    folder = tmp_path / "tapnet"
    (folder / "tapnet" / "tapnext").mkdir(parents=True)
    (folder / "tapnet" / "tapnext" / "tapnext_torch.py").write_text(MODEL, encoding="utf-8")
    torch.save({"state_dict": {"tapnext.speed": torch.full((1,), 16.0)}}, folder / WEIGHTS)
    monkeypatch.setenv(VARIABLE, str(folder))
    yield folder
    forget()


def video(frames: int = 4) -> Video:
    pixels = np.random.default_rng(0).integers(0, 256, (frames, 16, 32, 3), np.uint8)
    pixels[:, :8] = 0
    return Video(pixels, 8.0)


@pytest.mark.usefixtures("copy")
def test_tracks_are_point_frame_coordinate_in_pixels_of_the_video() -> None:
    tracks = TapNextTracker()(video(), QUERIES)
    assert tracks.xy.shape == (3, 4, 2)
    assert tracks.xy.dtype == np.float32
    down = np.arange(4)[None, :, None] * np.array([0.0, 1.0])
    np.testing.assert_allclose(tracks.xy, QUERIES[:, None] + down, rtol=0, atol=1e-4)
    assert tracks.visible[:-1].all()
    assert tracks.visible[-1].tolist() == [True, False, False, False]


@pytest.mark.usefixtures("copy")
def test_centres_of_pixels_lie_half_a_pixel_from_the_models_corner(monkeypatch: pytest.MonkeyPatch) -> None:
    tracker, asked = TapNextTracker(), []
    model = tracker._model
    monkeypatch.setattr(tracker, "_model", lambda **given: asked.append(given["query_points"]) or model(**given))
    tracker(video(2), QUERIES)
    # 32 x 16 pixels on 256 x 256: one is 8 wide and 16 high. Order: frame, y, x.
    np.testing.assert_allclose(asked[0][0, :2].numpy(), [[0, 8, 4], [0, 248, 252]], rtol=0, atol=1e-4)
    assert asked[1] is None


def test_the_signature_names_the_weights(copy: Path) -> None:
    before = TapNextTracker().signature
    assert before == identity.signature(SPEC) == f"tapnext@1-{weights_digest()[:12]}"
    torch.save({"speed": torch.zeros(1)}, copy / WEIGHTS)
    assert TapNextTracker().signature != before


def test_a_missing_copy_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(MissingResourceError) as caught:
        TapNextTracker()
    message = str(caught.value)
    assert f"{VARIABLE} is not set" in message
    assert "git clone https://github.com/google-deepmind/tapnet" in message
    assert WEIGHTS in message
    assert caught.value.exit_code == 6


def test_a_copy_without_weights_names_the_file(copy: Path) -> None:
    (copy / WEIGHTS).unlink()
    with pytest.raises(MissingResourceError, match=WEIGHTS):
        TapNextTracker()


def test_weights_of_another_model_are_refused(copy: Path) -> None:
    torch.save({"something": torch.ones(2)}, copy / WEIGHTS)
    with pytest.raises(MissingResourceError, match="cannot be loaded"):
        TapNextTracker()


def test_another_copy_of_tapnet_is_not_taken_for_this_one(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    TapNextTracker()
    moved = tmp_path / "moved"
    (copy / "tapnet").rename(tmp_path / "tapnet-code")
    moved.mkdir()
    (tmp_path / "tapnet-code").rename(moved / "tapnet")
    (copy / WEIGHTS).rename(moved / WEIGHTS)
    monkeypatch.setenv(VARIABLE, str(moved))
    with pytest.raises(MissingResourceError, match="another copy of tapnet is loaded already"):
        TapNextTracker()


@pytest.mark.skipif(REAL is None, reason=f"{VARIABLE} names no copy of google-deepmind/tapnet")
def test_tracks_are_those_of_the_published_wrapper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("einops", reason="tapnet needs einops")
    forget()
    folder = Path(REAL or "").resolve()
    monkeypatch.syspath_prepend(str(folder))
    published: Any = tapnext._code(folder)
    wrapper: Any = pytest.importorskip("tapnet.tapnextpp.votsp2026.model", reason="a copy before TAPNext++'s wrapper")
    small = functools.partial(published.TAPNext, width=64, num_heads=4, lru_width=64, depth=2)
    torch.manual_seed(0)
    weights = {name: torch.randn_like(value) * 0.3 for name, value in small((256, 256)).state_dict().items()}
    torch.save(weights, tmp_path / WEIGHTS)
    monkeypatch.setattr(tapnext, "_locate", lambda: (folder, tmp_path / WEIGHTS))
    monkeypatch.setattr(tapnext, "_code", lambda folder: SimpleNamespace(TAPNext=small))
    tracker, clip = TapNextTracker(), video(5)
    ours = tracker(clip, QUERIES)

    official, state = wrapper.TAPNextPP(tracker._model, torch.device(tracker._device)), None
    for index, frame in enumerate(clip.frames):
        asked = QUERIES + 0.5 if index == 0 else None
        xy, visible, state = official.track_frame(frame[..., ::-1], asked, state, autocast=False)
        np.testing.assert_allclose(ours.xy[:, index], xy - 0.5, rtol=0, atol=1e-3)
        np.testing.assert_array_equal(ours.visible[:, index], visible)
    forget()
