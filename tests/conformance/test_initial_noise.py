"""Whether the reference is in the first latents: seen at the transformer's door."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

from motionbench.conformance import Check, examine
from motionbench.types import Video


class Transformer(torch.nn.Module):
    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        return hidden_states * 0.9


def start(backbone: Any, case: Any, seed: int, share: float) -> torch.Tensor:
    """Noise of prompt and seed, mixed with a share of the reference."""
    video = backbone.generate(case.prompt, seed=seed, progress=None)
    noise, reference = (torch.from_numpy(one.frames.astype(np.float32)) for one in (video, case.reference))
    return torch.stack([(1 - share) * noise + share * reference])


def decoded(latents: torch.Tensor) -> Video:
    return Video(latents[0].clamp(0, 255).round().to(torch.uint8).numpy(), 8.0)


@pytest.fixture
def verdict(methods: Any, plug: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The rule's verdict on a method that samples two steps, guided by the reference after the first."""

    class Backbone(methods.Backbone):  # type: ignore[misc]
        def __init__(self, spec: Any) -> None:
            super().__init__(spec)
            self.transformer = Transformer()

    class Guided(methods.Good):  # type: ignore[misc]
        share = 0.0

        def generate(self, case: Any, state: Any, *, seed: int, progress: Any) -> Video:
            latents = start(self.backbone, case, seed, self.share)
            # The reference itself passes too, as features are taken from it.
            self.backbone.transformer(torch.from_numpy(case.reference.frames.astype(np.float32))[None])
            latents = self.backbone.transformer(hidden_states=torch.cat([latents, latents]))[:1]
            guided = latents + 0.1 * torch.from_numpy(case.reference.frames.astype(np.float32))
            return decoded(self.backbone.transformer(guided))

    class Inverted(Guided):
        share = 0.3

    class Bypasses(Guided):
        def generate(self, case: Any, state: Any, *, seed: int, progress: Any) -> Video:
            return decoded(start(self.backbone, case, seed, 0.5))

    for kind in (Backbone, Guided, Inverted, Bypasses):
        monkeypatch.setattr(methods, kind.__name__, kind, raising=False)

    def run(kind: str, noise_from: str = "seed") -> Check:
        fields: dict[str, Any] = {"backbones": ("fake-backbone",), "noise_from": noise_from}
        plug(dataclasses.replace(methods.spec(kind), **fields))
        report = examine("fake", suite="fake", backbone="fake-backbone")
        return next(check for check in report.checks if check.rule == "starts from its seed's noise")

    return run


def test_guidance_by_the_reference_is_no_pixel_in_the_noise(verdict: Any) -> None:
    check = verdict("Guided")
    assert (check.outcome, check.reason) == ("pass", "another reference, the same seed: the same first latents")


def test_a_reference_in_the_first_latents_is_found(verdict: Any) -> None:
    check = verdict("Inverted")
    assert check.outcome == "fail"
    assert "the reference is in the latents that sampling starts from; say noise_from='reference'" in check.reason


def test_a_method_that_uses_no_transformer_cannot_say_so(verdict: Any) -> None:
    check = verdict("Bypasses")
    assert (check.outcome, check.reason) == ("fail", "nothing passes through the backbone's transformer")


@pytest.mark.parametrize("said", ["", "reference"])
def test_nothing_is_checked_where_nothing_is_promised(said: str, verdict: Any) -> None:
    assert verdict("Inverted", said).outcome == "not applicable"
