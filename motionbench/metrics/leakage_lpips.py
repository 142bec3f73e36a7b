"""The metric ``leakage_lpips``: how far is each frame from the reference's, as LPIPS sees it? A copy has 0.

It is a distance, so higher means less copied, and it says something only beside the value of an unrelated clip. The
optional library ``lpips`` computes it; weights are never downloaded on the way.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from motionbench.contracts import Encoder, Evidence
from motionbench.errors import MissingResourceError, Undefined
from motionbench.metrics.signatures import size
from motionbench.specs import MetricSpec
from motionbench.types import Protocol

if TYPE_CHECKING:
    from torch import Tensor

NET = "alex"
_FRAMES = 16
_INSTALL = "pip install 'motionbench-transfer[lpips]'"
_FETCH = f"python -c \"import lpips; lpips.LPIPS(net='{NET}')\""

SPEC = MetricSpec(
    name="leakage_lpips",
    implementation="motionbench.metrics.leakage_lpips:LeakageLpips",
    summary="LPIPS between frames of one time, whole frame; a copy has 0, read it beside an unrelated clip's value",
    unit="LPIPS distance",
    better="higher",
    bounds=(0.0, float("inf")),
    source="Zhang et al., LPIPS, arXiv 1801.03924, version 0.1, AlexNet",
    version="1",
    status="diagnostic",
)


class LeakageLpips:
    """The library's own network on time-aligned frames.

    Args:
        protocol: how the videos are made.
        encoder: not used.
        device: as torch names it; the first GPU where there is one, else the processor, unless told.

    Raises:
        MissingResourceError: the library, or the weights of its AlexNet, are not there.
    """

    def __init__(self, protocol: Protocol, encoder: Encoder | None = None, *, device: str | None = None) -> None:
        self._model, weights = _load(device)
        rest = f"T:{protocol.frames}|{size(protocol)}|mask:none|v{SPEC.version}"
        self.signature = f"{SPEC.name}|net:{NET}@{weights}|lpips:{self._model.version}|{rest}"

    def __call__(self, evidence: Evidence) -> float:
        """``(1/T) Σ_t LPIPS(x_t, y_t)`` >= 0; Undefined where the two videos do not fit."""
        generated, reference = evidence.video, evidence.case.reference
        if generated.size != reference.size:
            raise Undefined(f"the generation is {generated.size}, the reference {reference.size} (frames, size)")
        return lpips_distance(self._model, generated.frames, reference.frames)


def lpips_distance(model: Any, generated: NDArray[np.uint8], reference: NDArray[np.uint8]) -> float:
    """Mean LPIPS over frames ``uint8 [T, H, W, 3]`` of equal times, by a model of the library ``lpips``."""
    import torch

    values: list[Tensor] = []
    with torch.inference_mode():
        for first in range(0, len(generated), _FRAMES):
            pair = (_input(side[first : first + _FRAMES], model) for side in (generated, reference))
            values.append(model(*pair).flatten())
        return float(torch.cat(values).double().mean())


def _input(frames: NDArray[np.uint8], model: Any) -> Tensor:
    """``[T, 3, H, W]`` in [−1, 1], where the model is."""
    import torch

    pixels = torch.tensor(frames, device=next(model.parameters()).device)
    return pixels.permute(0, 3, 1, 2).float() / 127.5 - 1


def _load(device: str | None) -> tuple[Any, str]:
    """The model and the name of its backbone's weights."""
    import torch

    try:
        import lpips
        from torchvision.models import AlexNet_Weights
    except ImportError as error:
        raise MissingResourceError(f"the metric {SPEC.name!r} needs the library lpips: {_INSTALL}") from error
    file = AlexNet_Weights.IMAGENET1K_V1.url.rsplit("/", 1)[-1]
    # The library would download them unasked.
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    if not (folder / file).is_file():
        raise MissingResourceError(
            f"the metric {SPEC.name!r} needs {folder / file}, there is none\n"
            f"Fetch it once, with a connection:\n  {_FETCH}"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model = lpips.LPIPS(net=NET, verbose=False)
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    return model.to(device).eval().requires_grad_(False), file.removesuffix(".pth")
