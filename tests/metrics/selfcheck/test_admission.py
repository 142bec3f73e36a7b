"""The rule of admission, on readings written by hand."""

from __future__ import annotations

import dataclasses

import pytest

from motionbench.metrics.selfcheck import admission
from motionbench.metrics.selfcheck.controls import CONTROLS
from motionbench.metrics.selfcheck.records import Cell, ClipLine
from motionbench.specs import MetricSpec

SPEC = MetricSpec("score", "m:C", "", "", "higher", (0.0, 1.0), "nowhere", "1", needs=("tracks",), status="headline")
GOOD = {"oracle": 1.0, "half-speed": 0.5, "copy": 1.0, "other-subject": 1.0}
"""All other controls: 0."""


def line(place: int) -> ClipLine:
    return ClipLine(f"clip-{place}", "camera", "pan", place, place, place)


def row(count: int = 20, changes: dict[tuple[str, int], float | None] | None = None) -> list[Cell]:
    """A metric's row; ``changes`` by control and clip."""
    cells = []
    for control in CONTROLS:
        usual = GOOD.get(control.name, 0.0)
        values = tuple((changes or {}).get((control.name, place), usual) for place in range(count))
        cells.append(Cell("score", control.name, None, 0, 0, values))
    return cells


def judged(changes: dict[tuple[str, int], float | None] | None = None, spec: MetricSpec = SPEC, count: int = 20):
    return admission.judge(spec, "score|v1", row(count, changes), [line(place) for place in range(count)])


def test_a_score_that_keeps_the_order_is_admitted() -> None:
    verdict = judged()
    assert verdict.admitted is True
    assert (verdict.ordered, verdict.clips, verdict.misorders, verdict.fooled_by) == (20, 20, (), ())


def test_one_clip_of_twenty_may_break_the_order_and_two_may_not() -> None:
    assert judged({("frozen", 0): 0.6}).admitted is True
    verdict = judged({("frozen", 0): 0.6, ("shuffled", 7): 0.5})
    assert verdict.admitted is False
    assert [(one.clip, one.reason) for one in verdict.misorders] == [
        ("clip-0", "half-speed 0.500, frozen 0.600"),
        ("clip-7", "half-speed 0.500, shuffled 0.500"),
    ]


def test_half_speed_must_stay_below_the_oracle() -> None:
    verdict = judged({("half-speed", place): 1.0 for place in range(20)})
    assert verdict.admitted is False
    assert verdict.misorders[0].reason == "oracle 1.000, half-speed 1.000"


def test_the_order_turns_where_lower_is_better() -> None:
    lower = dataclasses.replace(SPEC, better="lower")
    assert judged(spec=lower).admitted is False
    errors = {(control.name, place): 1.0 for control in CONTROLS for place in range(20)}
    errors |= {(name, place): 1.0 - value for name, value in GOOD.items() for place in range(20)}
    assert judged(errors, lower).admitted is True


@pytest.mark.parametrize("control", ["oracle", "half-speed", "frozen", "shuffled", "other-clip"])
def test_a_control_of_the_rule_without_a_value_fails_its_clip(control: str) -> None:
    verdict = judged({(control, 3): None}, count=4)
    assert verdict.admitted is False
    assert verdict.misorders[0].reason == f"{control} has no value"


def test_other_controls_may_have_no_value() -> None:
    assert judged({("swapped", place): None for place in range(20)}).admitted is True


@pytest.mark.parametrize("change", [{"needs": ("encoder",)}, {"better": "none"}])
def test_the_rule_does_not_apply_to_what_ranks_no_motion(change: dict[str, object]) -> None:
    verdict = judged({("half-speed", 0): None}, dataclasses.replace(SPEC, **change))
    assert (verdict.sees_motion, verdict.admitted, verdict.ordered, verdict.misorders) == (False, None, None, ())


def test_a_control_that_reads_like_the_oracle_fools() -> None:
    assert judged({("mirrored", place): 1.0 for place in range(20)}).fooled_by == ("mirrored",)
    assert judged({("mirrored", place): 1.2 for place in range(20)}).fooled_by == ("mirrored",)


def test_the_tolerance_of_fooled_is_half_the_spread_of_the_oracle() -> None:
    wide = {("oracle", place): 0.9 + 0.2 * (place % 2) for place in range(20)}  # standard deviation 0.1
    near, far = ({("frozen", place): 1.0 - gap for place in range(20)} for gap in (0.049, 0.051))
    assert "frozen" in judged(wide | near).fooled_by
    assert "frozen" not in judged(wide | far).fooled_by


def test_keeping_the_motion_fools_only_metrics_that_see_no_motion() -> None:
    words = dataclasses.replace(SPEC, needs=("encoder",))
    assert judged(spec=words).fooled_by == ("copy", "other-subject")
    assert judged().fooled_by == ()


def test_without_a_direction_better_is_no_likeness() -> None:
    neutral = dataclasses.replace(SPEC, better="none")
    verdict = judged({("frozen", place): 1.2 for place in range(20)}, neutral)
    assert "frozen" not in verdict.fooled_by
