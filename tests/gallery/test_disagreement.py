"""How far apart metrics place a video."""

from __future__ import annotations

from motionbench.gallery.disagreement import Disagreement, disagreements
from motionbench.store import MetricLine, Row

UP, DOWN, SIDELESS = (
    MetricLine(name, "1", "", better, "", 3) for name, better in (("up", "higher"), ("down", "lower"), ("none", "none"))
)


def row(case: str, metric: str, value: float | None) -> Row:
    return Row("k", "s", case, "camera", case, "m", 0, metric, "ok" if value is not None else "failed", value)


def test_metrics_that_order_alike_agree_whatever_their_scale_and_direction() -> None:
    rows = [row(f"c{n}", "up", n) for n in range(4)] + [row(f"c{n}", "down", -100.0 * n**3) for n in range(4)]
    assert {one.spread for one in disagreements(rows, [UP, DOWN]).values()} == {0.0}


def test_the_spread_is_of_places_among_the_values_of_each_metric() -> None:
    values = {"up": [0.0, 1.0, 2.0, 3.0], "down": [0.0, 1.0, 2.0, 3.0]}
    rows = [row(f"c{n}", name, value) for name, listed in values.items() for n, value in enumerate(listed)]
    found = disagreements(rows, [UP, DOWN])
    # Places of c0 are 1/8 by "up" and 7/8 by "down".
    assert found["m", "c0", 0] == Disagreement(0.75, "down", "up")
    assert found["m", "c1", 0].spread == 0.25


def test_one_metric_alone_or_one_without_a_side_disagrees_with_nobody() -> None:
    rows = [row(f"c{n}", name, float(n)) for name in ("up", "none") for n in range(3)]
    assert disagreements(rows, [UP, SIDELESS]) == {}


def test_a_missing_value_takes_no_place() -> None:
    rows = [row("c0", "up", None), row("c1", "up", 1.0), row("c2", "up", 2.0)]
    rows += [row(f"c{n}", "down", float(n)) for n in range(3)]
    found = disagreements(rows, [UP, DOWN])
    assert set(found) == {("m", "c1", 0), ("m", "c2", 0)}
    assert found["m", "c2", 0].spread == 0.75 - 1 / 6
