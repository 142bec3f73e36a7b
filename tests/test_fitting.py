"""Backbones brought to a protocol: what an architecture counts in, and what is near where it cannot."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from motionbench.backbones.catalog import COGVIDEOX_5B, MINI_WAN, WAN_1_3B
from motionbench.errors import UsageError
from motionbench.fitting import fitted
from motionbench.types import Protocol


def protocol(**changes: Any) -> Protocol:
    known = {"frames": 25, "fps": 16.0, "height": 480, "width": 720}
    return Protocol("a-v1", **(known | changes), tracker="lk", grid=8)


@pytest.mark.parametrize("spec", [WAN_1_3B, COGVIDEOX_5B], ids=lambda spec: spec.name)
def test_frames_rate_and_size_follow_the_protocol_and_nothing_else_does(spec: Any) -> None:
    made = fitted(spec, protocol())
    assert (made.frames, made.fps, made.height, made.width) == (25, 16.0, 480, 720)
    assert dataclasses.replace(made, frames=spec.frames, fps=spec.fps, height=spec.height, width=spec.width) == spec


@pytest.mark.parametrize("spec", [WAN_1_3B, COGVIDEOX_5B], ids=lambda spec: spec.name)
def test_a_models_own_numbers_fit_itself(spec: Any) -> None:
    sizes = {name: getattr(spec, name) for name in ("frames", "fps", "height", "width")}
    assert fitted(spec, protocol(**sizes)) == spec


def test_the_suites_protocols_fit_every_backbone_that_takes_other_sizes() -> None:
    from motionbench.data import manifest_file

    for spec in (WAN_1_3B, COGVIDEOX_5B):
        for name, frame in manifest_file.load().protocols.items():
            made = protocol(frames=frame.frames, fps=frame.fps, height=frame.height, width=frame.width)
            assert fitted(spec, made).frames == frame.frames, name


@pytest.mark.parametrize(
    ("spec", "changes", "message"),
    [
        (WAN_1_3B, {"frames": 27}, r"wan2\.1-1\.3b cannot make .* a-v1: frames=27 \(4·k \+ 1, such as 25 or 29\)"),
        (COGVIDEOX_5B, {"frames": 29}, r"frames=29 \(8·k \+ 1, such as 25 or 33\)"),
        (WAN_1_3B, {"height": 486}, r"height=486 \(a multiple of 16, such as 480 or 496\)"),
        (COGVIDEOX_5B, {"width": 8}, r"width=8 \(a multiple of 16, such as 16\)"),
        (
            WAN_1_3B,
            {"frames": 2, "width": 721},
            r"frames=2 .* 1 or 5\); width=721 .* 720 or 736\)\nChoose another --suite",
        ),
    ],
)
def test_what_cannot_be_made_is_named_with_the_nearest_that_can(spec: Any, changes: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        fitted(spec, protocol(**changes))


def test_of_an_architecture_that_is_not_known_nothing_is_demanded() -> None:
    unknown = dataclasses.replace(WAN_1_3B, architecture="")
    assert fitted(unknown, protocol(frames=26, height=7)).frames == 26


def test_a_backbone_of_one_size_is_left_alone_or_refused() -> None:
    assert fitted(MINI_WAN, protocol(frames=17, fps=8.0, height=64, width=64)) == MINI_WAN
    with pytest.raises(UsageError, match="mini-wan makes fps=8, the protocol a-v1 asks for 16"):
        fitted(MINI_WAN, protocol(frames=17, height=64, width=64))
