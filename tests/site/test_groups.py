"""Which records share a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from motionbench.provenance import RunRecord
from motionbench.site.groups import groups
from motionbench.site.inputs import Source


def _source(name: str, run: RunRecord) -> Source:
    return Source(f"{name}.json", "digest", run)


def test_records_made_alike_share_a_table_in_which_each_score_counts_once(record: Callable[..., RunRecord]) -> None:
    first, second = record(backbone=0.0, ours=0.5), record(backbone=0.0, theirs=0.25)
    (one,), broken = groups([_source("a", first), _source("b", second)])
    assert broken == ()
    assert [line.label for line in one.board.methods] == ["ours", "theirs", "backbone"]
    assert one.board.standing("backbone", "up").n == 2
    assert one.name == "a"


def _protocol(run: RunRecord, **changed: object) -> RunRecord:
    protocol = replace(run.configuration.protocol, **changed)
    return replace(run, configuration=replace(run.configuration, protocol=protocol))


def _signed(run: RunRecord) -> RunRecord:
    return replace(run, scores=tuple(replace(one, signature="up|v2") for one in run.scores))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda run: replace(run, configuration=replace(run.configuration, backbone="c")), "backbone: b in a.json"),
        (lambda run: replace(run, configuration=replace(run.configuration, encoder_digest="f")), "encoder_digest"),
        (lambda run: _protocol(run, frames=33), "protocol.frames: 17 in a.json, 33 in b.json"),
        (lambda run: _protocol(run, tracker="tapnext"), "protocol.tracker: lk in a.json, tapnext in b.json"),
        (_signed, "signature of up"),
        (lambda run: replace(run, scores=(replace(run.scores[0], value=9.0), *run.scores[1:])), "0 and 9"),
    ],
)
def test_what_was_made_otherwise_has_a_table_of_its_own_and_the_difference_is_told(
    record: Callable[..., RunRecord], change: Callable[[RunRecord], RunRecord], reason: str
) -> None:
    first = record(backbone=0.0, ours=0.5)
    made, _ = groups([_source("a", first), _source("b", change(first))])
    assert [one.name for one in made] == ["a", "b"]
    assert reason in "\n".join(made[0].apart[0].reasons)
    assert made[0].apart[0].group == "b"
    assert not any("motionbench table" in line for line in made[0].apart[0].reasons)


def test_a_record_that_disagrees_with_itself_is_broken_and_stops_no_other(record: Callable[..., RunRecord]) -> None:
    run = record(backbone=0.0, ours=0.5)
    mixed = replace(run, scores=(replace(run.scores[0], signature="up|v2"), *run.scores[1:]))
    made, broken = groups([_source("a", mixed), _source("b", run)])
    assert [one.name for one in made] == ["b"]
    assert [one.name for one in broken] == ["a.json"]
