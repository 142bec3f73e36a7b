"""Which image-text model scores where none is named, and what tables say of a model out of its world."""

from __future__ import annotations

import dataclasses

import pytest

from motionbench import plan, registry, request
from motionbench.request import Question, Request
from motionbench.sources import Sources
from motionbench.types import Protocol

ASKED = Question(("sdedit",), metrics=("clip_text",), controls=False, quick=True)
ELSEWHERE = Protocol("folder-v1", 9, 8.0, 32, 32, "lk", 4)


def resolved(**changes: object) -> Request:
    sources = dataclasses.replace(Sources(), backbone_digest=lambda spec: "0" * 64)
    return request.resolve(dataclasses.replace(ASKED, **changes), sources)  # type: ignore[arg-type]


def encoders(asked: Request) -> list[str]:
    return [column.encoder.name for column in asked.columns if column.encoder]


@pytest.mark.parametrize(
    ("suite", "backbone", "expected"),
    [
        ("mini", "mini-wan", "mini-clip"),
        ("core", "tiny-random:wan2.1-1.3b", "mini-clip"),
        ("core", "wan2.1-1.3b", "vit-b-32"),
        ("core", "cogvideox-5b", "vit-b-32"),
    ],
)
def test_a_real_backbone_is_scored_by_a_real_encoder(suite: str, backbone: str, expected: str) -> None:
    assert encoders(resolved(suite=suite, backbone=backbone)) == [expected]
    assert encoders(resolved(suite=suite, backbone=backbone, encoders=("vit-l-14",))) == ["vit-l-14"]


@pytest.mark.parametrize("protocol", ["mini-v1", "core-v1"])
def test_given_videos_are_scored_by_what_knows_such_pictures(protocol: str) -> None:
    mini, real = registry.backbone("mini-wan"), registry.backbone("wan2.1-1.3b")
    of = dataclasses.replace(ELSEWHERE, name=protocol)
    known = "mini-clip" if protocol == "mini-v1" else "vit-b-32"
    assert request.usual_encoder(mini, of, given=True) == known
    assert request.usual_encoder(mini, of) == "mini-clip"
    assert request.usual_encoder(real, of, given=True) == "vit-b-32"


def test_tables_of_a_tracker_that_loses_real_points_say_so() -> None:
    def notice(**changes: object) -> str:
        return plan.make(resolved(metrics=("motion_fidelity[local]",), **changes)).configuration().notice

    warning = "lk loses most points of real videos"
    assert warning not in notice()
    assert warning in notice(suite="core", backbone="tiny-random:wan2.1-1.3b")
    of_no_tracks = resolved(suite="core", backbone="tiny-random:wan2.1-1.3b")
    assert warning not in plan.make(of_no_tracks).configuration().notice


def test_tables_of_other_pictures_than_the_encoders_own_say_so() -> None:
    def notice(**changes: object) -> str:
        return plan.make(resolved(**changes)).configuration().notice

    warning = "mini-clip was trained on pictures of mini-v1 alone"
    assert warning not in notice()
    assert warning in notice(suite="core", backbone="tiny-random:wan2.1-1.3b")
    assert warning not in notice(suite="core", backbone="tiny-random:wan2.1-1.3b", encoders=("vit-b-32",))
    assert warning not in notice(suite="core", backbone="tiny-random:wan2.1-1.3b", metrics=("motion_fidelity[local]",))
