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


def test_two_workers_begin_at_different_methods_or_places(made: Plan) -> None:
    first, second = (Schedule(units(made.scores), rank, 2).next() for rank in (0, 1))
    assert first is not None
    assert second is not None
    assert (first.method, second.method) == ("fake-tuned", "fake-roll")
    alone = [unit for unit in units(made.scores) if unit.method == "fake-roll"]
    places = [Schedule(alone, rank, 2).next() for rank in (0, 1)]
    assert places == [alone[0], alone[2]]


def test_a_method_that_others_are_at_comes_last(made: Plan) -> None:
    first = Schedule(units(made.scores), 0, 1).next({"fake-tuned"})
    assert first is not None
    assert first.method == "fake-roll"


def test_what_is_deferred_comes_again_after_the_rest(made: Plan) -> None:
    schedule = Schedule(units(made.scores), 0, 1)
    unit = schedule.next()
    assert unit is not None
    schedule.defer(unit)
    assert len(drained(schedule)) == 7
    assert schedule.waiting == 1
    schedule.resume()
    assert drained(schedule) == [unit]
