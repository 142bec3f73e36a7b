"""CoTracker3 (offline) from a copy that the user supplies: the tracker that most papers score motion with.

Source: Karaev et al., "CoTracker3" (arXiv 2410.11831); facebookresearch/co-tracker. Code and weights are CC-BY-NC 4.0,
so neither is shipped nor fetched. The predictor resizes every video to 384 × 512, tracks all queries jointly, puts its
own 6 × 6 support grid beside them, and calls a point visible above 0.9.
"""

from __future__ import annotations

import os
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
HUB_FOLDER = "facebookresearch_co-tracker_main"
ADDRESS = "https://huggingface.co/facebook/cotracker3/resolve/main/scaled_offline.pth"

SPEC = TrackerSpec(
    name="cotracker3",
    implementation="motionbench.trackers.cotracker:CoTracker3Tracker",
    summary="CoTracker3 offline, from a local copy (non-commercial licence)",
    version="1",
    licence="CC-BY-NC-4.0",
    # 0.3 pixels of a 512 × 384 frame, the value of the synthetic study behind motion_fidelity[local].
    noise_floor=0.0005,
    weights="motionbench.trackers.cotracker:weights_digest",
)


class CoTracker3Tracker:
    """Joint tracking of all queries from frame 0.

    Raises:
        MissingResourceError: no local copy, or one that cannot be loaded.
    """

    def __init__(self) -> None:
        import torch

        folder, weights = _locate()
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._predictor = _load(folder, weights).to(self._device).eval()
        self.signature = identity.signature(SPEC)

    def __call__(self, video: Video, queries: NDArray[np.float32]) -> Tracks:
        """Tracks of ``queries`` (``[N, 2]`` pixels on frame 0) through ``video``."""
        import torch

        frames = torch.from_numpy(np.ascontiguousarray(video.frames).copy())
        clip = frames.permute(0, 3, 1, 2)[None].float().to(self._device)
        points = np.concatenate([np.zeros((len(queries), 1)), queries], axis=1)
        asked = torch.as_tensor(points, dtype=torch.float32, device=self._device)[None]
        with torch.inference_mode():
            xy, visible = self._predictor(clip, queries=asked)
        return Tracks(
            np.ascontiguousarray(xy[0].permute(1, 0, 2).float().cpu().numpy()),
            np.ascontiguousarray(visible[0].T.bool().cpu().numpy()),
        )


def weights_digest() -> str:
    """SHA-256 of the weights; raises MissingResourceError where there is no local copy."""
    return file_digest(_locate()[1])


def _locate() -> tuple[Path, Path]:
    """Folder of the code and file of the weights, from the variable or from torch.hub's cache."""
    named = os.environ.get(VARIABLE)
    cache = hub()
    if named:
        folder, weights = Path(named), Path(named) / WEIGHTS
    else:
        folder, weights = cache / HUB_FOLDER, cache / "checkpoints" / WEIGHTS
    for needed in (folder / "hubconf.py", weights):
        if not needed.is_file():
            raise MissingResourceError(_advice(f"there is no {needed}"))
    return folder, weights


def hub() -> Path:
    """The folder that ``torch.hub.get_dir()`` names, found without torch."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return Path(os.environ.get("TORCH_HOME", f"{cache}/torch")).expanduser() / "hub"


def _load(folder: Path, weights: Path) -> Any:
    import torch

    try:
        loader: Any = torch.hub
        predictor = loader.load(str(folder), "cotracker3_offline", source="local", pretrained=False)
        state = torch.load(weights, map_location="cpu", weights_only=True)
        predictor.model.load_state_dict(state.get("model", state))
    except Exception as error:  # a stranger's code: whatever it raises, the user is told which copy is at fault
        raise MissingResourceError(_advice(f"{folder} cannot be loaded: {type(error).__name__}: {error}")) from error
    return predictor


def _advice(what: str) -> str:
    return (
        f"the tracker 'cotracker3' needs a local copy of CoTracker3 (CC-BY-NC 4.0, not shipped): {what}\n"
        "Get it once:\n"
        "  git clone https://github.com/facebookresearch/co-tracker\n"
        f"  curl -L -o co-tracker/{WEIGHTS} {ADDRESS}\n"
        f"  export {VARIABLE}=$PWD/co-tracker"
    )
