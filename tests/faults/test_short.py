"""The fault bench in short: every kind of fault that takes seconds, each in processes of their own."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.faults import crews, damage, interruptions, outside, strangers
from benchmarks.faults.bench import Bench, Finding

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"))


def held(*findings: Finding) -> Iterator[str]:
    for finding in findings:
        yield from (f"{finding.injected}: {fault}" for fault in finding.faults)


def test_a_killed_run_goes_on(bench: Bench) -> None:
    assert list(held(interruptions.kills(bench, 2))) == []


def test_lost_workers_and_drivers_lose_nothing(bench: Bench) -> None:
    assert list(held(crews.lost(bench, "kill -9", 2, crews.lose_any(random.Random(1))))) == []


def test_two_drivers_print_the_same_table(bench: Bench) -> None:
    assert list(held(interruptions.two_drivers(bench))) == []


def test_damage_is_found_before_it_is_used(bench: Bench) -> None:
    flipped = damage.flipped(bench, "generate", "video.mkv")
    torn = damage.rows(bench, "a torn line", damage.tear, 0, "")
    assert list(held(flipped, torn)) == []


def test_strangers_spoil_their_own_items_alone(bench: Bench) -> None:
    spoilt = strangers.spoiling(bench, ["leaves", "garbage", "huge", "one-frame"])
    assert list(held(*spoilt, strangers.harmless(bench, "babbles"))) == []


def test_a_method_that_hangs_is_ended(bench: Bench) -> None:
    assert list(held(crews.hanging(bench))) == []


def test_a_broken_line_is_gone_on_with(bench: Bench) -> None:
    assert list(held(outside.breaking(bench))) == []


def test_videos_of_any_length_are_refused_with_their_length(bench: Bench) -> None:
    assert list(held(*outside.videos(bench))) == []


def test_the_bench_tells_a_table_that_differs(bench: Bench, tmp_path: Path) -> None:
    ended = bench.evaluate(tmp_path / "other", "fake-still")
    assert bench.faults(tmp_path / "other", ended) == ["the table differs from the undisturbed one"]
