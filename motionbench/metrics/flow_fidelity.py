"""The metric ``flow_fidelity``: the published flow score of FlexiMMT, on the whole frame and with OpenCV's DIS flow.

The published code uses RAFT inside object masks, so values are to be compared within this benchmark only. It is blind
to where things move and how fast.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from motionbench import registry
from motionbench.contracts import Encoder, Evidence
from motionbench.errors import Undefined
from motionbench.metrics import functional
from motionbench.metrics.signatures import size
from motionbench.specs import MetricSpec
from motionbench.trackers import identity
from motionbench.types import Protocol, Video

FLOW = "dis-flow"

SPEC = MetricSpec(
    name="flow_fidelity",
    implementation="motionbench.metrics.flow_fidelity:FlowFidelity",
    summary="overlap of flow-length and flow-angle histograms, whole frame, DIS flow; blind to place and speed",
    unit="Bhattacharyya coefficient",
    better="higher",
    bounds=(0.0, 1.0),
    source="FlexiMMT, arXiv 2603.01000, as coded in flow_fidelity_multi.py at e41c341 of a fork",
    # To be raised with the version of FLOW too: the store's key of a score without tracks names no tracker.
    version="1",
    status="comparability",
)


class FlowFidelity:
    """The published histograms of flow between consecutive frames."""

    def __init__(self, protocol: Protocol, encoder: Encoder | None = None) -> None:
        spec = registry.tracker(FLOW)
        parts = (f"flow:{identity.signature(spec)}", f"T:{protocol.frames}", f"fps:{protocol.fps:g}", size(protocol))
        self.signature = "|".join((SPEC.name, *parts, "mask:none", f"v{SPEC.version}"))

    def __call__(self, evidence: Evidence) -> float:
        """A value in [0, 1]; Undefined for videos of one frame."""
        videos = evidence.video, evidence.case.reference
        if min(len(video.frames) for video in videos) < 2:
            raise Undefined("a video of one frame has no flow")
        generated, reference = (_flow(video) for video in videos)
        return functional.fleximmt_flow_fidelity(generated, reference)


@functools.lru_cache(maxsize=4)
def _flow(video: Video) -> NDArray[np.float32]:
    """``[T-1, H, W, 2]`` pixels: where the tracker sends every pixel of each frame in the next.

    Remembered by the video's identity: a reference comes again with every method.
    """
    tracker = registry.implementation(registry.tracker(FLOW))()
    frames, height, width = video.size
    pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).reshape(-1, 2).astype(np.float32)
    pairs = (Video(video.frames[t : t + 2], video.fps) for t in range(frames - 1))
    tracks = [tracker(pair, pixels).xy for pair in pairs]
    return np.stack([(xy[:, 1] - xy[:, 0]).reshape(height, width, 2) for xy in tracks])
