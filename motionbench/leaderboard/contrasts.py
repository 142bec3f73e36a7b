"""Sheets that compare: differences from the backbone, their p-values, ranks."""

from __future__ import annotations

from motionbench.leaderboard.aggregate import ALL, ANCHOR, Board
from motionbench.leaderboard.ranks import Place
from motionbench.leaderboard.sheets import PLAIN, Cell, Line, Sheet, heading, number, spread
from motionbench.leaderboard.statistics import Interval
from motionbench.leaderboard.views import View
from motionbench.store import MetricLine

_SMALLEST_P = 0.001
_LETTERS = 26


def differences(board: Board, view: View = PLAIN) -> Sheet:
    """Methods × metrics with a direction: each method's paired difference from the backbone over all cases."""
    metrics = [metric for metric in board.configuration.metrics if metric.better != "none"]
    found = {(c.method, c.metric): c.difference for c in board.contrasts if c.category == ALL}
    lines = [
        Line(
            method.label, False, tuple(_difference(board, m, found.get((method.label, m.name)), view) for m in metrics)
        )
        for method in board.methods
        if any(name == method.label for name, _ in found)
    ]
    return Sheet(
        f"difference from {ANCHOR}, paired", ("method", *(heading(board, metric) for metric in metrics)), tuple(lines)
    )


def evidence(board: Board) -> Sheet:
    """Methods × metrics with a direction: p-values of the differences from the backbone, Holm-adjusted over methods."""
    found = {(one.method, one.metric): one.adjusted for one in board.inference.evidence if one.adjusted is not None}
    metrics = [metric for metric in board.configuration.metrics if metric.better != "none"]
    lines = [
        Line(method.label, False, tuple(Cell(_p_value(found.get((method.label, metric.name)))) for metric in metrics))
        for method in board.methods
        if any(name == method.label for name, _ in found)
    ]
    header = ("method", *(heading(board, metric) for metric in metrics))
    return Sheet(f"difference from {ANCHOR}: p, Holm-adjusted over methods", header, tuple(lines))


def ranks(board: Board) -> Sheet:
    """Methods × headline metrics: rank, its 95 % interval, P(first), and a letter for each group that ties."""
    metrics = [metric for metric in board.configuration.metrics if metric.status == "headline"]
    found = {(one.method, one.metric): one for one in board.inference.places}
    lines = [
        Line(method.label, False, tuple(_place(found.get((method.label, metric.name))) for metric in metrics))
        for method in board.methods
        if any(name == method.label for name, _ in found)
    ]
    shown = any(one.metric == metric.name for one in board.inference.places for metric in metrics)
    header = ("method", *(heading(board, metric) for metric in metrics))
    return Sheet("rank [95 % interval] P(first) group", header, tuple(lines) if shown else ())


def _difference(board: Board, metric: MetricLine, found: Interval | None, view: View) -> Cell:
    if found is None:
        return Cell("—")
    total, digits = board.references, metric.decimals
    missing = "" if found.references == total else f"†{found.references}/{total}"
    return Cell(number(found.mean, f"+.{digits}f"), missing, spread(found.low, found.high, f"+.{digits}f", view))


def _p_value(value: float | None) -> str:
    if value is None:
        return "—"
    return f"<{_SMALLEST_P}" if value < _SMALLEST_P else f"{value:.3f}"


def _place(place: Place | None) -> Cell:
    if place is None:
        return Cell("—")
    letter = chr(ord("a") + place.group - 1) if place.group <= _LETTERS else str(place.group)
    return Cell(str(place.rank), interval=f"[{place.low}, {place.high}] {place.first:.2f} {letter}")
