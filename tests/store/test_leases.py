"""Leases: one owner at a time, taken over from those who fell silent, whatever their clocks say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from motionbench.store import leases as module
from motionbench.store.leases import Leases


class Clock:
    """Goes only when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def of(owner: str, root: Path, clock: Clock) -> Leases:
    return Leases(root, owner, patience=30.0, clock=clock)


def test_a_lease_has_one_owner_until_it_is_given_back(tmp_path: Path, clock: Clock) -> None:
    first, second = of("a", tmp_path, clock), of("b", tmp_path, clock)
    assert (first.take("x"), first.take("x"), second.take("x")) == ("taken", "taken", "held")
    assert second.listed() == {"x": "a"}
    first.release("x")
    assert (second.take("x"), second.held) == ("taken", ("x",))


def test_the_lease_of_one_who_fell_silent_is_inherited(tmp_path: Path, clock: Clock) -> None:
    first, second = of("a", tmp_path, clock), of("b", tmp_path, clock)
    first.take("x")
    assert second.take("x") == "held"
    clock.now = 29.0
    assert second.take("x") == "held"
    clock.now = 31.0
    assert second.take("x") == "inherited"
    assert second.listed() == {"x": "b"}


def test_a_heartbeat_keeps_a_lease_for_any_length_of_time(tmp_path: Path, clock: Clock) -> None:
    first, second = of("a", tmp_path, clock), of("b", tmp_path, clock)
    first.take("x")
    for _ in range(20):
        assert second.take("x") == "held"
        clock.now += 20.0
        first.beat()
    assert first.held == ("x",)


def test_time_stamps_mean_nothing(tmp_path: Path, clock: Clock) -> None:
    first, second = of("a", tmp_path, clock), of("b", tmp_path, clock)
    first.take("x")
    os.utime(tmp_path / "leases" / "x", (0, 0))
    assert second.take("x") == "held"


def test_one_who_wakes_up_again_notices_that_it_was_inherited(tmp_path: Path, clock: Clock) -> None:
    first, second = of("a", tmp_path, clock), of("b", tmp_path, clock)
    first.take("x")
    second.take("x")
    clock.now = 31.0
    second.take("x")
    first.beat()
    assert first.held == ()
    first.release("x")
    assert second.listed() == {"x": "b"}


def test_of_two_heirs_one_inherits(tmp_path: Path, clock: Clock) -> None:
    of("dead", tmp_path, clock).take("x")
    heirs = [of(name, tmp_path, clock) for name in "bcd"]
    assert {heir.take("x") for heir in heirs} == {"held"}
    clock.now = 31.0
    assert sorted(heir.take("x") for heir in heirs) == ["held", "held", "inherited"]


def test_a_fresh_lease_that_was_moved_away_is_put_back(tmp_path: Path, clock: Clock) -> None:
    first, second = of("a", tmp_path, clock), of("b", tmp_path, clock)
    first.take("x")
    assert not second._remove("x", b"what second saw before first came")
    assert second.listed() == {"x": "a"}


def test_the_leases_of_a_dead_owner_are_buried(tmp_path: Path, clock: Clock) -> None:
    dead, other = of("dead", tmp_path, clock), of("other", tmp_path, clock)
    dead.take("x"), dead.take("y"), other.take("z")
    assert of("driver", tmp_path, clock).bury("dead") == ("x", "y")
    assert other.listed() == {"z": "other"}
    assert list((tmp_path / "leases").glob(".*")) == []


def test_rubbish_is_a_lease_of_nobody_and_grows_stale(tmp_path: Path, clock: Clock) -> None:
    second = of("b", tmp_path, clock)
    (tmp_path / "leases" / "x").write_bytes(b"\xff{")
    assert second.take("x") == "held"
    clock.now = 31.0
    assert second.take("x") == "inherited"


def test_a_file_system_without_hard_links_will_do(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(module.os, "link", refuse)
    first, second = of("a", tmp_path, clock), of("b", tmp_path, clock)
    assert (first.take("x"), second.take("x")) == ("taken", "held")
