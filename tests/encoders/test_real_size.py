"""The encoders of the paper's tables at their real size, with random weights: no file, no network."""

from __future__ import annotations

from typing import Any

import numpy as np
import open_clip
import pytest
import torch

from motionbench import registry
from motionbench.encoders.open_clip_encoder import OpenClipEncoder

FRAMES = np.random.default_rng(0).integers(0, 256, (2, 48, 72, 3), dtype=np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "parameters", "width"), [("vit-b-32", 151, 512), ("vit-l-14", 427, 768)])
def test_a_real_model_of_random_weights_gives_unit_features_of_its_width(
    name: str, parameters: int, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = open_clip.create_model
    asked: list[dict[str, Any]] = []

    def without_weights(model: str, **named: Any) -> Any:
        asked.append(named)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return create(model)

    monkeypatch.setattr(open_clip, "create_model", without_weights)
    encoder = OpenClipEncoder(registry.encoder(name), device="cpu")
    assert asked == [{"pretrained": "openai", "require_pretrained": True}]
    assert sum(value.numel() for value in encoder._model.parameters()) // 10**6 == parameters
    assert encoder.preparation.rule == "shortest-bicubic-aa-224x224"
    images, text = encoder.images(FRAMES), encoder.text("a man walks along a beach")
    assert (images.shape, text.shape) == ((2, width), (width,))
    norms = np.linalg.norm(np.vstack([images, text]), axis=1)
    np.testing.assert_allclose(norms, 1, rtol=0, atol=1e-5)
    assert not np.allclose(images[0], images[1], rtol=0, atol=1e-6)
    assert not encoder.truncates("a man walks along a beach")
    assert encoder.truncated_tokens("step " * 90) == 92 - 77
