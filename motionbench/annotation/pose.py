"""Key points of a person, estimated by torchvision's Keypoint R-CNN where its weights are on this machine.

Nothing is downloaded. In each frame the person with the highest score counts; with several people in sight it may
change from frame to frame. A key point is visible where its heat map's peak is above ``LEAST_SCORE``.

Source: He et al., "Mask R-CNN" (arXiv 1703.06870); names and order: COCO.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motionbench.types import KeyPoints, Video

VERSION = "1"
SOURCE = "torchvision keypointrcnn_resnet50_fpn/COCO_V1"
NAMES = (
    *("nose", "left eye", "right eye", "left ear", "right ear", "left shoulder", "right shoulder", "left elbow"),
    *("right elbow", "left wrist", "right wrist", "left hip", "right hip", "left knee", "right knee", "left ankle"),
    "right ankle",
)
LEAST_PERSON, LEAST_SCORE = 0.7, 2.0
"""Probability of a person, and a key point's logit."""
LEAST_FRAMES = 0.5
"""Share of the frames that must show a person."""
Found = tuple[NDArray[np.float32], NDArray[np.bool_]] | None
Detector = Callable[[NDArray[np.uint8]], Found]
"""From a frame ``[H, W, 3]`` to places ``[J, 2]`` and visibility ``[J]`` of its person, None where there is none."""


def key_points(video: Video, detector: Detector | None = None) -> tuple[KeyPoints | None, str]:
    """Key points ``[J, T, 2]``, hidden in frames without a person; or None and the reason."""
    if detector is None:
        reason = absent()
        if reason:
            return None, reason
        detector = _keypoint_rcnn()
    found = [detector(frame) for frame in video.frames]
    seen = [one for one in found if one is not None]
    if len(seen) < LEAST_FRAMES * len(found):
        return None, f"a person in {len(seen)} of {len(found)} frames; at least half must show one"
    hidden = np.zeros((len(NAMES), 2), np.float32), np.zeros(len(NAMES), bool)
    places, visible = zip(*(one or hidden for one in found), strict=True)
    return KeyPoints(NAMES, np.stack(places, axis=1), np.stack(visible, axis=1)), ""


def absent() -> str:
    """Why there is no pose model here, with what to type; or ""."""
    try:
        import torch
        import torchvision
    except ImportError:
        return "no pose model: torchvision is not installed; type: pip install torchvision"
    weights = torchvision.models.detection.KeypointRCNN_ResNet50_FPN_Weights.COCO_V1
    file = Path(torch.hub.get_dir(), "checkpoints", Path(weights.url).name)
    return "" if file.is_file() else f"no pose model: its weights are not on this machine; put {weights.url} at {file}"


def _keypoint_rcnn() -> Detector:
    import torch
    from torchvision.models.detection import KeypointRCNN_ResNet50_FPN_Weights, keypointrcnn_resnet50_fpn

    model = keypointrcnn_resnet50_fpn(weights=KeypointRCNN_ResNet50_FPN_Weights.COCO_V1).eval()

    def detect(frame: NDArray[np.uint8]) -> Found:
        with torch.inference_mode():
            [found] = model([torch.from_numpy(frame).permute(2, 0, 1).float() / 255])
        if not len(found["scores"]) or float(found["scores"][0]) < LEAST_PERSON:
            return None
        places = found["keypoints"][0, :, :2].numpy().astype(np.float32)
        return places, (found["keypoints_scores"][0] > LEAST_SCORE).numpy()

    return detect
