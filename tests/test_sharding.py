"""Shards: every score once, tunings never twice, and merged stores that equal an undivided one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from motionbench import plan, request, run
from motionbench.cli import app
from motionbench.cli.screen import Plain
from motionbench.errors import UsageError
from motionbench.leaderboard import tables
from motionbench.leaderboard.aggregate import board
from motionbench.plan import Plan
from motionbench.request import Question
from motionbench.sharding import Shard
from motionbench.store import Store, merging
from motionbench.store.records import Row

QUESTION = Question(
    ("fake-tuned", "fake-roll"), suite="fake", metrics=("fake_brightness", "fake_motion"), controls=False, seeds=(0, 1)
)

pytestmark = pytest.mark.usefixtures("fakes")


@pytest.fixture
def made() -> Plan:
    return plan.make(request.resolve(QUESTION))


def done(made: Plan, folder: Path, shard: Shard | None = None) -> tuple[Store, run.Result]:
    opened = Store.open(folder)
    opened.save_plan(made.configuration())
    return opened, run.Run(made, opened, Plain(), shard=shard).execute()


def told(rows: list[Row]) -> list[tuple[object, ...]]:
    return sorted((*row.identity, row.status, row.value, row.signature) for row in rows)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 100])
def test_every_score_is_in_one_shard_and_keeps_its_order(made: Plan, count: int) -> None:
    parts = [Shard(number, count).takes(made.scores) for number in range(1, count + 1)]
    assert sorted(item.key for part in parts for item in part) == sorted(item.key for item in made.scores)
    for part in parts:
        assert list(part) == [item for item in made.scores if item in part]


@pytest.mark.parametrize("count", [2, 3, 5])
def test_no_tuning_is_needed_by_two_shards(made: Plan, count: int) -> None:
    tunings = [
        {item.generation.tune.key for item in Shard(number, count).takes(made.scores) if item.generation.tune}
        for number in range(1, count + 1)
    ]
    assert sum(map(len, tunings)) == len(set.union(*tunings)) == 4


def test_a_part_is_read_as_part_of_parts() -> None:
    assert Shard.parse("2/3") == Shard(2, 3)
    assert str(Shard(2, 3)) == "2/3"


@pytest.mark.parametrize("text", ["0/3", "4/3", "2", "a/b", "1/0", "-1/2"])
def test_any_other_part_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--shard takes PART/PARTS counted from 1, such as 1/4"):
        Shard.parse(text)


def test_a_shard_without_scores_is_done_at_once(made: Plan, tmp_path: Path) -> None:
    many = next(Shard(part, 50) for part in range(1, 51) if not Shard(part, 50).takes(made.scores))
    _, result = done(made, tmp_path, many)
    assert (result.rows, result.performed, result.interrupted) == ((), 0, False)


def test_merged_shards_give_the_table_of_an_undivided_run(made: Plan, tmp_path: Path) -> None:
    whole, result = done(made, tmp_path / "whole")
    parts = [done(made, tmp_path / str(number), Shard(number, 3))[0] for number in (1, 2, 3)]
    target = Store.open(tmp_path / "merged")
    merged = merging.merge(target, parts)
    assert (merged.rows, merged.plans, merged.broken) == (len(made.scores), 1, [])
    assert told(target.rows()) == told(whole.rows())
    assert tables.markdown(board(target.plan(), target.rows())) == tables.markdown(board(whole.plan(), whole.rows()))
    again = run.Run(made, target, Plain()).execute()
    assert (again.performed, len(again.rows)) == (0, len(result.rows))
    assert target.objects.verify() == []


def test_merging_twice_changes_nothing(made: Plan, tmp_path: Path) -> None:
    part, _ = done(made, tmp_path / "part", Shard(1, 2))
    target = Store.open(tmp_path / "merged")
    merging.merge(target, [part])
    merged = merging.merge(target, [part, part])
    assert (merged.objects, merged.rows, merged.plans) == (0, 0, 0)


def test_an_object_with_a_wrong_byte_is_left_out_and_made_again(made: Plan, tmp_path: Path) -> None:
    part, _ = done(made, tmp_path / "part")
    stage, key = next((stage, key) for stage, key in part.objects.entries() if stage == "generate")
    video = part.objects.path(stage, key) / "video.mkv"
    damaged = bytearray(video.read_bytes())
    damaged[-1] ^= 1
    video.write_bytes(damaged)
    target = Store.open(tmp_path / "merged")
    assert merging.merge(target, [part]).broken == [part.objects.path(stage, key)]
    assert not target.objects.done(stage, key)
    run.Run(made, target, Plain(), force="score").execute()
    assert target.objects.done(stage, key)


def command(*words: str) -> Any:
    return CliRunner().invoke(app, [*words], catch_exceptions=False)


def test_shards_and_merge_from_the_command_line(tmp_path: Path) -> None:
    asked = ["--method", "fake-tuned", "--suite", "fake", "--metric", "fake_brightness", "--no-controls"]
    for number in (1, 2):
        found = command("eval", *asked, "--shard", f"{number}/2", "--store", str(tmp_path / str(number)))
        assert found.exit_code == 0
        assert found.stdout == ""
        assert f"Shard {number}/2: 2 of its 2 scores" in found.stderr
    out = str(tmp_path / "out")
    found = command("store", "merge", out, str(tmp_path / "1"), str(tmp_path / "2"))
    assert found.exit_code == 0
    assert "4 rows and 1 plans came into" in found.stderr
    table = command("table", "--store", out, "--format", "csv")
    assert table.exit_code == 0
    assert "fake-tuned,fake_brightness,all" in table.stdout
