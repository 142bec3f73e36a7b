"""A board as sheets of text: what every format prints, before any format's own marks.

Best and second are found among methods that are not controls, at the printed precision, and ties share a mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from motionbench.leaderboard.aggregate import ALL, ANCHOR, Board, Failure, Truncation
from motionbench.leaderboard.statistics import Interval
from motionbench.store import MethodLine, MetricLine
from motionbench.types import Standing

Mark = Literal["", "best", "second"]
ARROWS = {"higher": "↑", "lower": "↓", "none": ""}
REJECTED = "‡"
"""Stands at a metric that the self-check did not admit."""


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


def overall(board: Board) -> Sheet:
    """Methods × metrics over all cases, with tuning time and n/N."""
    columns = [_column(board, metric, ALL) for metric in board.configuration.metrics]
    lines = [
        Line(method.label, method.control, (*cells, _tuning(board, method), _count(board, method)))
        for method, *cells in zip(board.methods, *columns, strict=True)
    ]
    names = [_heading(board, metric) for metric in board.configuration.metrics]
    return Sheet(title(board), ("method", *names, "tuning", "n/N"), tuple(lines))


def by_category(board: Board, metric: MetricLine) -> Sheet:
    """Methods × categories for one metric."""
    columns = [_column(board, metric, category) for category in board.categories]
    lines = [Line(m.label, m.control, tuple(cells)) for m, *cells in zip(board.methods, *columns, strict=True)]
    headings = [f"{category} ({board.total(category)})" for category in board.categories]
    return Sheet(f"{_heading(board, metric)} by category", ("method", *headings), tuple(lines))


def differences(board: Board) -> Sheet:
    """Methods × metrics with a direction: each method's paired difference from the backbone over all cases."""
    metrics = [metric for metric in board.configuration.metrics if metric.better != "none"]
    found = {(c.method, c.metric): c.difference for c in board.contrasts if c.category == ALL}
    lines = [
        Line(method.label, False, tuple(_difference(board, m, found.get((method.label, m.name))) for m in metrics))
        for method in board.methods
        if any(name == method.label for name, _ in found)
    ]
    return Sheet(
        f"difference from {ANCHOR}, paired", ("method", *(_heading(board, metric) for metric in metrics)), tuple(lines)
    )


def expenses(board: Board) -> Sheet:
    """Methods × what they took: tuning on a reference, generating a video, memory, parameters."""
    lines = [
        Line(
            method.label,
            False,
            (
                _tuning(board, method),
                Cell(duration(cost.generate_seconds)),
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


def title(board: Board) -> str:
    """One line that says what the table is a table of."""
    one = board.configuration
    seeds = ", ".join(map(str, one.seeds))
    return f"suite {one.suite} · protocol {one.protocol.name} · backbone {one.backbone} · seeds {seeds}"


def legend(board: Board) -> str:
    """How to read the cells."""
    competing = sum(not method.control for method in board.methods) > 1
    incomplete = any(s.n < board.total(ALL) for s in _totals(board))
    return (
        "Mean over reference videos with its 95 % bootstrap interval; controls bound each metric."
        + (" Among methods the best is bold, the second underlined." if competing else "")
        + (" †n/N: only n of N have a value." if incomplete else "")
    )


def notes(board: Board) -> list[str]:
    """The lines below a table: how to read it, the suite's notice, what is missing and why."""
    notice = [board.configuration.notice] if board.configuration.notice else []
    omitted = [f"{omission.method} is left out: {omission.reason}" for omission in board.omissions]
    failures = [_failure(failure, board) for failure in board.failures]
    truncated = [_truncation(truncation) for truncation in board.truncations]
    unfinished = [f"Unfinished: {board.unfinished} scores are still to be made."] if board.unfinished else []
    rejected = [f"{REJECTED} {rejection.metric}: {rejection.reason}" for rejection in board.rejections]
    return [legend(board), *notice, *rejected, *truncated, *omitted, *failures, *unfinished]


def _difference(board: Board, metric: MetricLine, found: Interval | None) -> Cell:
    if found is None:
        return Cell("—")
    total, digits = board.references, metric.decimals
    missing = "" if found.references == total else f"†{found.references}/{total}"
    return Cell(f"{found.mean:+.{digits}f}", missing, _spread(found.low, found.high, f"+.{digits}f"))


def _spread(low: float | None, high: float | None, form: str) -> str:
    return "" if low is None or high is None else f"[{low:{form}}, {high:{form}}]"


def _failure(failure: Failure, board: Board) -> str:
    every = len(failure.metrics) == len(board.configuration.metrics)
    metrics = "every metric" if every else ", ".join(failure.metrics)
    return (
        f"† {', '.join(failure.methods)}: {failure.status.replace('_', ' ')} on {_cases(failure.cases)}, "
        f"{metrics}: {failure.reason}"
    )


def _truncation(truncation: Truncation) -> str:
    return (
        f"{truncation.metric}: the encoder reads only the beginning of the prompts of {_cases(truncation.cases)}; "
        f"up to {truncation.tokens} tokens are not read"
    )


def _cases(names: Sequence[str]) -> str:
    listed = ", ".join(names[:3]) + ("…" if len(names) > 3 else "")
    return f"{len(names)} case" + ("s" if len(names) != 1 else "") + f" ({listed})"


def _column(board: Board, metric: MetricLine, category: str) -> list[Cell]:
    standings = [board.standing(method.label, metric.name, category) for method in board.methods]
    ranks = _ranks(standings, metric)
    return [_cell(s, metric, board.total(category), ranks.get(s.method, "")) for s in standings]


def _ranks(standings: Sequence[Standing], metric: MetricLine) -> dict[str, Mark]:
    """Marks by method; none where a metric has no direction or a single method competes."""
    rounded = {s.method: round(s.mean, metric.decimals) for s in standings if not s.control and s.mean is not None}
    if metric.better == "none" or len(rounded) < 2:
        return {}
    places = sorted(set(rounded.values()), reverse=metric.better == "higher")
    marks: dict[float, Mark] = dict(zip(places, ("best", "second"), strict=False))
    return {method: marks.get(value, "") for method, value in rounded.items()}


def _cell(standing: Standing, metric: MetricLine, total: int, mark: Mark) -> Cell:
    missing = "" if standing.n == total else f"†{standing.n}/{total}"
    if standing.mean is None:
        return Cell("—", missing)
    form = f".{metric.decimals}f"
    return Cell(f"{standing.mean:{form}}", missing, _spread(standing.low, standing.high, form), mark)


def _tuning(board: Board, method: MethodLine) -> Cell:
    cost = board.costs.get(method.label)
    return Cell("—" if cost is None or cost.tune_seconds is None else duration(cost.tune_seconds))


def _count(board: Board, method: MethodLine) -> Cell:
    """Cases with a value of any metric; a cell that lacks some of them says so itself."""
    total = board.total(ALL)
    return Cell(f"{max((s.n for s in _totals(board) if s.method == method.label), default=0)}/{total}")


def _totals(board: Board) -> list[Standing]:
    return [standing for standing in board.standings if standing.category == ALL]


def _heading(board: Board, metric: MetricLine) -> str:
    mark = REJECTED if any(rejection.metric == metric.name for rejection in board.rejections) else ""
    return f"{metric.name}{mark} {ARROWS[metric.better]}".strip()


def duration(seconds: float) -> str:
    """``8.4 s``, ``3 min 05 s`` or ``2 h 07 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
