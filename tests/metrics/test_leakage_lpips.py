"""LPIPS through its own library, its real loading path, and an AlexNet of random weights in place of ImageNet's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from motionbench import registry
from motionbench.contracts import Evidence, Metric
from motionbench.errors import MissingResourceError, Undefined
from motionbench.metrics.leakage_lpips import LeakageLpips
from motionbench.types import Annotation, Case, Protocol, Video

PROTOCOL = Protocol("mini-v1", 3, 8.0, 64, 64, "dis-flow", 4)
NOISE = np.random.default_rng(0).integers(0, 256, (2, 3, 64, 64, 3), dtype=np.uint8)
REFERENCE, OTHER = (Video(frames, 8.0) for frames in NOISE)
CASE = Case("case-1", "mini", "camera", REFERENCE, "r-1", "a red star", "a blue ring", Annotation())
WEIGHTS = "alexnet-owt-7be5be79"


@pytest.fixture(scope="module")
def lpips() -> ModuleType:
    return pytest.importorskip("lpips", reason="the optional library lpips is not installed")


@pytest.fixture(scope="module")
def hub(lpips: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of torch.hub with an AlexNet whose features are random; its classifier, unused, takes no room."""
    from torchvision.models import alexnet

    with torch.device("meta"):
        shapes = {name: value.shape for name, value in alexnet(weights=None).state_dict().items()}
    generator = torch.Generator().manual_seed(0)
    values = {
        name: torch.randn(shape, generator=generator) / shape[1:].numel() ** 0.5
        if name.startswith("features")
        else torch.zeros(1).expand(shape)
        for name, shape in shapes.items()
    }
    folder = tmp_path_factory.mktemp("hub")
    (folder / "checkpoints").mkdir()
    torch.save(values, folder / "checkpoints" / f"{WEIGHTS}.pth")
    return folder


@pytest.fixture(scope="module")
def metric(hub: Path) -> Iterator[LeakageLpips]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.hub, "get_dir", lambda: str(hub))
        yield LeakageLpips(PROTOCOL)


def test_it_runs_on_the_device_that_it_is_given(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``meta`` is a device that every torch has and that no default names."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(hub))
    placed = LeakageLpips(PROTOCOL, device="meta")
    assert {value.device.type for value in placed._model.parameters()} == {"meta"}


def mixed(share: float) -> Evidence:
    frames = (1 - share) * OTHER.frames + share * REFERENCE.frames
    return Evidence(CASE, Video(frames.round().astype(np.uint8), 8.0))


def test_it_is_registered_and_names_the_weights(metric: LeakageLpips) -> None:
    spec = registry.metric("leakage_lpips")
    assert (spec.status, spec.better, spec.by_default) == ("diagnostic", "higher", False)
    assert isinstance(metric, Metric)
    assert metric.signature == f"leakage_lpips|net:alex@{WEIGHTS}|lpips:0.1|T:3|64x64|mask:none|v1"


@pytest.mark.filterwarnings("ignore:.*weight:UserWarning")
def test_it_equals_the_library_frame_by_frame(metric: LeakageLpips, lpips: ModuleType) -> None:
    model = lpips.LPIPS(net="alex", verbose=False)
    with torch.inference_mode():
        pairs = [
            [torch.from_numpy(side[t].transpose(2, 0, 1)[None] / np.float32(255)) for side in (NOISE[1], NOISE[0])]
            for t in range(3)
        ]
        values = [float(model(*pair, normalize=True)) for pair in pairs]
    assert metric(mixed(0)) == pytest.approx(np.mean(values), abs=1e-5, rel=0)
    assert metric(mixed(0)) > 0.01


def test_a_copy_has_none_and_mixing_the_reference_in_lowers_it(metric: LeakageLpips) -> None:
    values = [metric(mixed(share)) for share in (0, 0.4, 0.7, 0.9, 1)]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 5
    assert values[-1] == 0.0


def test_videos_that_do_not_fit_have_a_reason(metric: LeakageLpips) -> None:
    with pytest.raises(Undefined, match=r"the generation is \(2, 64, 64\), the reference \(3, 64, 64\)"):
        metric(Evidence(CASE, Video(OTHER.frames[:2], 8.0)))


def test_missing_weights_say_what_to_type_and_are_not_fetched(
    lpips: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(MissingResourceError, match=rf"{WEIGHTS}\.pth, there is none\n.*\n.*lpips\.LPIPS\(net='alex'\)"):
        LeakageLpips(PROTOCOL)


def test_a_missing_library_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lpips", None)
    with pytest.raises(MissingResourceError, match=r"pip install 'motionbench-transfer\[lpips\]'"):
        LeakageLpips(PROTOCOL)
