"""Units and the order in which workers take them."""

from __future__ import annotations

import pytest

from motionbench import plan, request
from motionbench.executors.units import Schedule, Unit, units
from motionbench.plan import Plan
from motionbench.request import Question

pytestmark = pytest.mark.usefixtures("fakes")


@pytest.fixture
def made() -> Plan:
    question = Question(("fake-tuned", "fake-roll"), suite="fake", metrics=("fake_brightness",), controls=False)
    return plan.make(request.resolve(question))


def drained(schedule: Schedule, *busy: str) -> list[Unit]:
    found = []
    while unit := schedule.next(busy):
        found.append(unit)
    return found


def test_a_unit_is_a_generation_with_all_its_scores(made: Plan) -> None:
    found = units(made.scores)
    assert len(found) == 8
    assert sorted(item.key for unit in found for item in unit.scores) == sorted(item.key for item in made.scores)


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_each_worker_comes_by_every_unit_once(made: Plan, rank: int) -> None:
    found = drained(Schedule(units(made.scores), rank, 3))
    assert sorted(unit.generation.key for unit in found) == sorted(unit.generation.key for unit in units(made.scores))


def test_a_worker_stays_with_a_method_and_begins_with_tuned_ones(made: Plan) -> None:
    methods = [unit.method for unit in drained(Schedule(units(made.scores), 0, 1))]
    assert methods == ["fake-tuned"] * 4 + ["fake-roll"] * 4


def test_two_workers_begin_at_different_places_of_what_is_tuned(made: Plan) -> None:
    tuned = [unit for unit in units(made.scores) if unit.method == "fake-tuned"]
    assert [Schedule(units(made.scores), rank, 2).next() for rank in (0, 1)] == [tuned[0], tuned[2]]


def test_a_method_that_others_are_at_comes_last_but_tuned_ones_first(made: Plan) -> None:
    plain = Question(("fake-still", "fake-roll"), suite="fake", metrics=("fake_brightness",), controls=False)
    others = units(plan.make(request.resolve(plain)).scores)
    first = Schedule(others, 0, 1).next({"fake-still"})
    assert first is not None
    assert first.method == "fake-roll"
    tuned = Schedule(units(made.scores), 0, 1).next({"fake-tuned"})
    assert tuned is not None
    assert tuned.method == "fake-tuned"


def test_what_is_deferred_comes_again_after_the_rest(made: Plan) -> None:
    schedule = Schedule(units(made.scores), 0, 1)
    unit = schedule.next()
    assert unit is not None
    schedule.defer(unit)
    assert len(drained(schedule)) == 7
    assert schedule.waiting == 1
    schedule.resume()
    assert drained(schedule) == [unit]


def test_a_sweep_passes_over_what_is_done_and_defers_what_is_held(made: Plan) -> None:
    todo = units(made.scores)
    tuned, plain = ([unit for unit in todo if bool(unit.generation.tune) is wanted] for wanted in (True, False))
    schedule = Schedule(todo, 0, 1)
    schedule.sweep({plain[0].id, tuned[0].id}, {tuned[1].keys[1], plain[1].keys[0]})
    left = {unit.id for unit in drained(schedule)}
    held = {unit.id for unit in tuned if tuned[1].keys[1] in unit.keys} - {tuned[0].id} | {plain[1].id}
    assert left == {unit.id for unit in todo} - held - {plain[0].id, tuned[0].id}
    assert schedule.waiting == len(held)
    schedule.sweep({plain[1].id})
    schedule.resume()
    assert {unit.id for unit in drained(schedule)} == held - {plain[1].id}


def test_units_have_names_of_their_own(made: Plan) -> None:
    assert len({unit.id for unit in units(made.scores)}) == 8
