"""TAPNext++ from a copy that the user supplies: an accurate point tracker with a licence that lets everybody use it.

Source: Zholus et al., "TAPNext" (arXiv 2504.05579); google-deepmind/tapnet at commit c2cbab8, whose class
``tapnet.tapnext.tapnext_torch.TAPNext`` runs here. Code and weights are Apache-2.0; neither is shipped, the weights
being 0.8 GB. As in the authors' demo: frames are resized to 256 × 256 whatever their shape, colours are −1 to 1, the
model sees one frame after the other, a point is visible where its logit is positive, and no support points are added.
Different from it: float32 throughout, so that machines agree. The model's coordinates run from 0 to 256 with the first
pixel's centre at ½, its queries are (t, y, x) and its answers (y, x).
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motionbench.errors import MissingResourceError
from motionbench.specs import TrackerSpec
from motionbench.trackers import identity
from motionbench.types import Tracks, Video
from motionbench.weights import file_digest

VARIABLE = "MOTIONBENCH_TAPNET_DIR"
WEIGHTS = "tapnextpp_ckpt.pt"
COMMIT = "c2cbab81cc06092b5f05bfe2da7bfec54e2079c9"
ADDRESS = f"https://storage.googleapis.com/dm-tapnet/tapnextpp/{WEIGHTS}"
SIZE = 256
"""Side of the frame that the model sees, and of its coordinates."""
_MODULE = "tapnet.tapnext.tapnext_torch"
_LIGHTNING = "tapnext."
"""What the published weights put before every name."""

SPEC = TrackerSpec(
    name="tapnext",
    implementation="motionbench.trackers.tapnext:TapNextTracker",
    summary="TAPNext++, from a local copy; needs einops",
    version="1",
    licence="Apache-2.0",
    # That of cotracker3.
    noise_floor=0.0005,
    weights="motionbench.trackers.tapnext:weights_digest",
    floor_measured=False,
)


class TapNextTracker:
    """Tracking of all queries together, one frame after the other.

    Raises:
        MissingResourceError: no local copy, or one that cannot be loaded.
    """

    def __init__(self, *, device: str | None = None) -> None:
        import torch

        folder, weights = _locate()
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self._model = _load(folder, weights).to(self._device).eval()
        self.signature = identity.signature(SPEC)

    def __call__(self, video: Video, queries: NDArray[np.float32]) -> Tracks:
        """Tracks of ``queries`` (``[N, 2]`` pixels on frame 0) through ``video``.

        Frame 0 has the model's own answer, not the query: a step from one to the other would be no motion.
        """
        import torch

        _, height, width = video.size
        share = np.array([SIZE / width, SIZE / height], np.float32)
        asked, state = self._asked((queries + 0.5) * share), None
        xy, visible = [], []
        with torch.inference_mode():
            for frame in self._frames(video):
                places, _, logits, state = self._model(video=frame, query_points=asked, state=state)
                xy.append(places[0, 0].flip(-1).float().cpu().numpy() / share - 0.5)
                visible.append(logits[0, 0, :, 0].cpu().numpy() > 0)
                asked = None
        return Tracks(np.stack(xy, axis=1).astype(np.float32), np.stack(visible, axis=1))

    def _asked(self, places: NDArray[np.float32]) -> Any:
        """``[1, N, 3]``: frame 0, y, x."""
        import torch

        points = np.concatenate([np.zeros((len(places), 1)), places[:, ::-1]], axis=1)
        return torch.as_tensor(points, dtype=torch.float32, device=self._device)[None]

    def _frames(self, video: Video) -> Any:
        """``[1, 1, 256, 256, 3]`` each, −1 to 1."""
        import torch

        for frame in video.frames:
            pixels = torch.from_numpy(np.array(frame)).to(self._device).permute(2, 0, 1)[None].float()
            resized = torch.nn.functional.interpolate(pixels, (SIZE, SIZE), mode="bilinear", align_corners=False)
            yield resized.permute(0, 2, 3, 1)[None] / 127.5 - 1


def weights_digest() -> str:
    """SHA-256 of the weights; raises MissingResourceError where there is no local copy."""
    return file_digest(_locate()[1])


def _locate() -> tuple[Path, Path]:
    """Folder of the code and file of the weights."""
    named = os.environ.get(VARIABLE)
    if not named:
        raise MissingResourceError(_advice(f"{VARIABLE} is not set"))
    folder = Path(named).expanduser().resolve()
    for needed in (folder / f"{_MODULE.replace('.', '/')}.py", folder / WEIGHTS):
        if not needed.is_file():
            raise MissingResourceError(_advice(f"there is no {needed}"))
    return folder, folder / WEIGHTS


def _load(folder: Path, weights: Path) -> Any:
    import torch

    try:
        model = _code(folder).TAPNext(image_size=(SIZE, SIZE))
        state = torch.load(weights, map_location="cpu", weights_only=True)
        state = state.get("state_dict", state)
        model.load_state_dict({name.removeprefix(_LIGHTNING): value for name, value in state.items()})
    except Exception as error:  # a stranger's code: whatever it raises, the user is told which copy is at fault
        raise MissingResourceError(_advice(f"{folder} cannot be loaded: {type(error).__name__}: {error}")) from error
    return model


def _code(folder: Path) -> Any:
    """The module of the model, out of the folder and no other place."""
    sys.path.insert(0, str(folder))
    try:
        module = importlib.import_module(_MODULE)
    finally:
        sys.path.remove(str(folder))
    if folder not in Path(str(module.__file__)).resolve().parents:
        raise ImportError(f"another copy of tapnet is loaded already, from {module.__file__}")
    return module


def _advice(what: str) -> str:
    return (
        f"the tracker 'tapnext' needs a local copy of TAPNext++ (Apache-2.0, not shipped): {what}\n"
        "Get it once:\n"
        "  pip install einops\n"
        "  git clone https://github.com/google-deepmind/tapnet\n"
        f"  git -C tapnet checkout {COMMIT[:7]}\n"
        f"  curl -L -o tapnet/{WEIGHTS} {ADDRESS}\n"
        f"  export {VARIABLE}=$PWD/tapnet"
    )
