"""A board as sheets of text: what every format prints, before any format's own marks.

Best and second are found among methods that are not controls, on what all of them have a value for, at the printed
precision; ties share a mark.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from motionbench.leaderboard import calibration
from motionbench.leaderboard.aggregate import ALL, Board
from motionbench.leaderboard.calibration import NoScale
from motionbench.leaderboard.views import View
from motionbench.store import MethodLine, MetricLine
from motionbench.types import Standing

Mark = Literal["", "best", "second"]
ARROWS = {"higher": "↑", "lower": "↓", "none": ""}
REJECTED = "‡"
"""Stands at a metric that the self-check did not admit."""
PLAIN = View()


@dataclass(frozen=True)
class Cell:
    """One cell."""

    text: str
    missing: str = ""
    """``†n/N`` where fewer than all cases have a value."""
    interval: str = ""
    mark: Mark = ""


@dataclass(frozen=True)
class Line:
    """One row of a sheet."""

    label: str
    control: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Sheet:
    """One table."""

    title: str
    header: tuple[str, ...]
    lines: tuple[Line, ...]
    words: bool = False
    """True where the cells are words that may wrap, not numbers."""


@dataclass(frozen=True)
class Quotation:
    """A number that a paper reports of a method."""

    method: str
    metric: str
    value: float
    protocol: str
    source: str


def overall(board: Board, view: View = PLAIN) -> Sheet:
    """Methods × metrics over all cases, with tuning time and n/N."""
    columns = [_column(board, metric, ALL, view) for metric in board.configuration.metrics]
    lines = [
        Line(method.label, method.control, (*cells, _tuning(board, method), _count(board, method)))
        for method, *cells in zip(board.methods, *columns, strict=True)
    ]
    names = [heading(board, metric, view) for metric in board.configuration.metrics]
    return Sheet(title(board) + _calibrated(view), ("method", *names, "tuning", "n/N"), tuple(lines))


def by_group(board: Board, metric: MetricLine, view: View = PLAIN) -> Sheet:
    """Methods × categories, seeds or prompts for one metric."""
    columns = [_column(board, metric, group, view) for group in board.groups]
    lines = [Line(m.label, m.control, tuple(cells)) for m, *cells in zip(board.methods, *columns, strict=True)]
    headings = [f"{group} ({board.total(group)})" for group in board.groups]
    return Sheet(
        f"{heading(board, metric, view)} by {board.by}{_calibrated(view)}", ("method", *headings), tuple(lines)
    )


def expenses(board: Board) -> Sheet:
    """Methods × what they took: tuning on a reference, generating a video, memory, parameters."""
    lines = [
        Line(
            method.label,
            False,
            (
                _tuning(board, method),
                Cell("—" if cost.generate_seconds is None else duration(cost.generate_seconds)),
                Cell(f"{cost.peak_memory_bytes / 2**30:.2f} GiB"),
                Cell(f"{cost.trainable_parameters:,}" if cost.trainable_parameters else "—"),
            ),
        )
        for method in board.methods
        if (cost := board.costs.get(method.label))
    ]
    return Sheet(
        "cost", ("method", "tuning a reference", "a video", "peak memory", "trainable parameters"), tuple(lines)
    )


def quotations(quoted: Sequence[Quotation]) -> Sheet:
    """The papers' own numbers, each with the protocol and source that make it another quantity than ours."""
    lines = [
        Line(one.method, False, (Cell(one.metric), Cell(f"{one.value:g}"), Cell(one.protocol), Cell(one.source)))
        for one in quoted
    ]
    return Sheet(
        "quoted from papers, not measured here: other protocols, not comparable with any other row",
        ("method", "metric", "value", "protocol", "source"),
        tuple(lines),
        words=True,
    )


def title(board: Board) -> str:
    """One line that says what the table is a table of."""
    one = board.configuration
    seeds = ", ".join(map(str, one.seeds))
    return f"suite {one.suite} · protocol {one.protocol.name} · backbone {one.backbone} · seeds {seeds}"


def heading(board: Board, metric: MetricLine, view: View = PLAIN) -> str:
    """Name, ‡ where it is not admitted, and an arrow to the better side."""
    mark = REJECTED if any(rejection.metric == metric.name for rejection in board.rejections) else ""
    upwards = view.calibrated and metric.better != "none"
    return f"{metric.name}{mark} {ARROWS['higher' if upwards else metric.better]}".strip()


def _calibrated(view: View) -> str:
    return " · calibrated" if view.calibrated else ""


def spread(low: float | None, high: float | None, form: str, view: View) -> str:
    """``[low, high]`` or ``± h``; "" where there is no interval."""
    if low is None or high is None:
        return ""
    if view.half_width:
        return f"± {(high - low) / 2:{form.removeprefix('+')}}"
    return f"[{number(low, form)}, {number(high, form)}]"


def number(value: float, form: str) -> str:
    """A zero has no minus."""
    text = f"{value:{form}}"
    return text if float(text) else f"{0.0:{form}}"


def _column(board: Board, metric: MetricLine, group: str, view: View) -> list[Cell]:
    standings = [board.standing(method.label, metric.name, group) for method in board.methods]
    ranks = _ranks(board.inference.subset(metric.name, group).means, metric)
    if not view.calibrated:
        return [_cell(s, metric, board.total(group), ranks.get(s.method, ""), view) for s in standings]
    scale = calibration.scale(board, metric, group)
    if isinstance(scale, NoScale):
        return [Cell("—") for _ in standings]
    placed = [(standing, calibration.scaled(standing, scale)) for standing in standings]
    scaled = [dataclasses.replace(s, mean=mean, low=low, high=high) for s, (mean, low, high) in placed]
    return [_cell(s, metric, board.total(group), ranks.get(s.method, ""), view) for s in scaled]


def _ranks(means: Sequence[tuple[str, float]], metric: MetricLine) -> dict[str, Mark]:
    """Marks by method; none where a metric has no direction or a single method competes."""
    rounded = {method: round(mean, metric.decimals) for method, mean in means}
    if metric.better == "none" or len(rounded) < 2:
        return {}
    places = sorted(set(rounded.values()), reverse=metric.better == "higher")
    marks: dict[float, Mark] = dict(zip(places, ("best", "second"), strict=False))
    return {method: marks.get(value, "") for method, value in rounded.items()}


def _cell(standing: Standing, metric: MetricLine, total: int, mark: Mark, view: View) -> Cell:
    missing = "" if standing.n == total else f"†{standing.n}/{total}"
    if standing.mean is None:
        return Cell("—", missing)
    form = f".{metric.decimals}f"
    return Cell(number(standing.mean, form), missing, spread(standing.low, standing.high, form, view), mark)


def _tuning(board: Board, method: MethodLine) -> Cell:
    cost = board.costs.get(method.label)
    return Cell("—" if cost is None or cost.tune_seconds is None else duration(cost.tune_seconds))


def _count(board: Board, method: MethodLine) -> Cell:
    """Cases with a value of any metric; a cell that lacks some of them says so itself."""
    total = board.total(ALL)
    return Cell(f"{max((s.n for s in totals(board) if s.method == method.label), default=0)}/{total}")


def totals(board: Board) -> list[Standing]:
    """The standings over all cases."""
    return [standing for standing in board.standings if standing.category == ALL]


def duration(seconds: float) -> str:
    """``8.4 s``, ``3 min 05 s`` or ``2 h 07 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
