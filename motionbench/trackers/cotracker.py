"""CoTracker3 from a copy that the user supplies, offline and online: the tracker that most papers score motion with.

Source: Karaev et al., "CoTracker3" (arXiv 2410.11831); facebookresearch/co-tracker at commit 82e02e8. Code and weights
are CC-BY-NC 4.0, so neither is shipped nor fetched. The official predictors do all the work and are called as their
README does: float frames of 0 to 255, queries (frame, x, y) in pixels of the video. They resize every video to 384 ×
512 whatever its shape and track all queries jointly. Beyond that the two differ:

- offline: the whole clip at once; a 6 × 6 support grid beside the queries; visible above 0.9; frame 0 holds the
  queries themselves, visible;
- online: windows of 16 frames, 8 apart; no support grid; visible where visibility × confidence is above 0.6; frame 0
  holds the model's own answer.
"""

from __future__ import annotations

import abc
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motionbench.errors import MissingResourceError
from motionbench.specs import TrackerSpec
from motionbench.trackers import identity
from motionbench.types import Tracks, Video
from motionbench.weights import file_digest

VARIABLE = "MOTIONBENCH_COTRACKER_DIR"
WEIGHTS = "scaled_offline.pth"
ONLINE_WEIGHTS = "scaled_online.pth"
HUB_FOLDER = "facebookresearch_co-tracker_main"
ADDRESS = "https://huggingface.co/facebook/cotracker3/resolve/main"

SPEC = TrackerSpec(
    name="cotracker3",
    implementation="motionbench.trackers.cotracker:CoTracker3Tracker",
    summary="CoTracker3 offline, from a local copy (non-commercial licence)",
    version="1",
    licence="CC-BY-NC-4.0",
    # 0.3 pixels of a 512 × 384 frame, the value of the synthetic study behind motion_fidelity[local].
    noise_floor=0.0005,
    weights="motionbench.trackers.cotracker:weights_digest",
    floor_measured=False,
)
ONLINE_SPEC = TrackerSpec(
    name="cotracker3-online",
    implementation="motionbench.trackers.cotracker:CoTracker3OnlineTracker",
    summary="CoTracker3 online, in windows, from a local copy (non-commercial licence)",
    version="1",
    licence="CC-BY-NC-4.0",
    noise_floor=0.0005,
    weights="motionbench.trackers.cotracker:online_weights_digest",
    floor_measured=False,
)


@dataclass(frozen=True)
class _Copy:
    """One model of the user's copy."""

    tracker: str
    entry: str
    """Of ``hubconf.py``."""
    weights: str


_OFFLINE = _Copy(SPEC.name, "cotracker3_offline", WEIGHTS)
_ONLINE = _Copy(ONLINE_SPEC.name, "cotracker3_online", ONLINE_WEIGHTS)


class _Tracker(abc.ABC):
    """What both models have in common: from frames and queries to tensors, and back to tracks."""

    def __init__(self, spec: TrackerSpec, copy: _Copy, device: str | None) -> None:
        import torch

        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self._predictor = _load(copy).to(self._device).eval()
        self.signature = identity.signature(spec)

    def __call__(self, video: Video, queries: NDArray[np.float32]) -> Tracks:
        """Tracks of ``queries`` (``[N, 2]`` pixels on frame 0) through ``video``."""
        import torch

        frames = torch.from_numpy(np.ascontiguousarray(video.frames).copy())
        clip = frames.permute(0, 3, 1, 2)[None].float().to(self._device)
        points = np.concatenate([np.zeros((len(queries), 1)), queries], axis=1)
        asked = torch.as_tensor(points, dtype=torch.float32, device=self._device)[None]
        with torch.inference_mode():
            xy, visible = self._predict(clip, asked)
        return Tracks(
            np.ascontiguousarray(xy[0].permute(1, 0, 2).float().cpu().numpy()),
            np.ascontiguousarray(visible[0].T.bool().cpu().numpy()),
        )

    @abc.abstractmethod
    def _predict(self, clip: Any, asked: Any) -> tuple[Any, Any]:
        """Positions ``[1, T, N, 2]`` and visibility ``[1, T, N]`` of a clip ``[1, T, 3, H, W]``."""


class CoTracker3Tracker(_Tracker):
    """Joint tracking of all queries through the whole clip at once.

    Raises:
        MissingResourceError: no local copy, or one that cannot be loaded.
    """

    def __init__(self, *, device: str | None = None) -> None:
        super().__init__(SPEC, _OFFLINE, device)

    def _predict(self, clip: Any, asked: Any) -> tuple[Any, Any]:
        xy, visible = self._predictor(clip, queries=asked)
        return xy, visible


class CoTracker3OnlineTracker(_Tracker):
    """Joint tracking of all queries, window after window: what the model needs does not grow with the clip.

    Raises:
        MissingResourceError: no local copy, or one that cannot be loaded.
    """

    def __init__(self, *, device: str | None = None) -> None:
        super().__init__(ONLINE_SPEC, _ONLINE, device)

    def _predict(self, clip: Any, asked: Any) -> tuple[Any, Any]:
        self._predictor(clip, is_first_step=True, queries=asked)
        # The answers grow with the windows: the last has every frame.
        *_, last = (self._predictor(window) for window in _windows(clip, self._predictor.step))
        xy, visible = last
        return xy, visible


def _windows(clip: Any, step: int) -> Iterator[Any]:
    """Windows of two steps, a step apart; a clip of no more than a step is one window."""
    for start in range(0, max(1, clip.shape[1] - step), step):
        yield clip[:, start : start + 2 * step]


def weights_digest() -> str:
    """SHA-256 of the offline weights; raises MissingResourceError where there is no local copy."""
    return file_digest(_locate(_OFFLINE)[1])


def online_weights_digest() -> str:
    """SHA-256 of the online weights; raises MissingResourceError where there is no local copy."""
    return file_digest(_locate(_ONLINE)[1])


def _locate(copy: _Copy) -> tuple[Path, Path]:
    """Folder of the code and file of the weights, from the variable or from torch.hub's cache."""
    named = os.environ.get(VARIABLE)
    cache = hub()
    if named:
        folder, weights = Path(named), Path(named) / copy.weights
    else:
        folder, weights = cache / HUB_FOLDER, cache / "checkpoints" / copy.weights
    for needed in (folder / "hubconf.py", weights):
        if not needed.is_file():
            raise MissingResourceError(_advice(copy, f"there is no {needed}"))
    return folder, weights


def hub() -> Path:
    """The folder that ``torch.hub.get_dir()`` names, found without torch."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return Path(os.environ.get("TORCH_HOME", f"{cache}/torch")).expanduser() / "hub"


def _load(copy: _Copy) -> Any:
    import torch

    folder, weights = _locate(copy)
    try:
        loader: Any = torch.hub
        predictor = loader.load(str(folder), copy.entry, source="local", pretrained=False)
        state = torch.load(weights, map_location="cpu", weights_only=True)
        predictor.model.load_state_dict(state.get("model", state))
    except Exception as error:  # a stranger's code: whatever it raises, the user is told which copy is at fault
        reason = f"{folder} cannot be loaded: {type(error).__name__}: {error}"
        raise MissingResourceError(_advice(copy, reason)) from error
    return predictor


def _advice(copy: _Copy, what: str) -> str:
    return (
        f"the tracker {copy.tracker!r} needs a local copy of CoTracker3 (CC-BY-NC 4.0, not shipped): {what}\n"
        "Get it once:\n"
        "  git clone https://github.com/facebookresearch/co-tracker\n"
        f"  curl -L -o co-tracker/{copy.weights} {ADDRESS}/{copy.weights}\n"
        f"  export {VARIABLE}=$PWD/co-tracker"
    )
