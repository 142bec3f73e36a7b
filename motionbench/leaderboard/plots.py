"""Figures of a board: one metric against another, Pareto fronts, bars by category; matplotlib draws them.

Points are means over reference videos with the table's intervals. Controls are hollow and grey: they bound a metric and
are on no front. Colours are Okabe and Ito's, which are told apart by the colour-blind; each method has a marker too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from motionbench.errors import UsageError
from motionbench.leaderboard.aggregate import ALL, Board
from motionbench.spelling import suggest
from motionbench.store import MethodLine, MetricLine
from motionbench.types import Standing

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = "osD^vP*Xhp"
_HOLLOW = "<>8Hdph^v"
_GREY = "0.45"
_CONTROL = " (control)"
_LEGEND_WIDTH = 2.0
"""Of a column, inches."""
_ARROWS = {"higher": " →", "lower": " ←", "none": ""}
_Point = tuple[float, float]


def metric_of(board: Board, name: str) -> MetricLine:
    """A column of the board; raises UsageError with the near name."""
    known = {line.name: line for line in board.configuration.metrics}
    if name not in known:
        raise UsageError(f"the table has no column {name!r}; {suggest(name, known)}")
    return known[name]


def headlines(board: Board) -> tuple[MetricLine, ...]:
    """The metrics that rank methods, in the board's order; all that have a better side where none does."""
    directed = [line for line in board.configuration.metrics if line.better != "none"]
    leading = [line for line in directed if line.status == "headline"]
    return tuple(leading or directed)


def front(points: Mapping[str, _Point], better: tuple[str, str]) -> tuple[str, ...]:
    """Names that no other beats on one axis without losing on the other, from left to right.

    p is beaten by q where q is at least as good on both axes and better on one.
    """
    signs = [-1.0 if side == "lower" else 1.0 for side in better]
    good = {name: (signs[0] * x, signs[1] * y) for name, (x, y) in points.items()}
    kept = [
        name for name, p in good.items() if not any(q != p and q[0] >= p[0] and q[1] >= p[1] for q in good.values())
    ]
    return tuple(sorted(kept, key=lambda name: points[name]))


def scatter(board: Board, across: MetricLine, up: MetricLine) -> Any:
    """One metric against another."""
    figure = _figure(1)
    _panel(board, figure.add_subplot(1, 1, 1), across, up, with_front=False)
    return _finished(figure, board)


def pareto(board: Board, up: MetricLine, across: Sequence[MetricLine]) -> Any:
    """One metric against each of the others, a panel each, with the front of the methods."""
    if not across:
        raise UsageError(f"a Pareto plot takes two metrics that have a better side; the table has {up.name} alone")
    figure = _figure(len(across))
    for place, metric in enumerate(across, start=1):
        _panel(board, figure.add_subplot(1, len(across), place), metric, up, with_front=True)
    return _finished(figure, board)


def categories(board: Board, metric: MetricLine) -> Any:
    """Bars of the methods in each category; controls are marks across them."""
    figure = _figure(max(1.0, 0.35 * len(board.groups)))
    axes = figure.add_subplot(1, 1, 1)
    groups = [*board.groups, ALL] if len(board.groups) > 1 else [ALL]
    methods = [line for line in board.methods if not line.control]
    controls = [line for line in board.methods if line.control]
    width = 0.8 / max(len(methods), 1)
    for place, line in enumerate(methods):
        offsets = [number - 0.4 + width * (place + 0.5) for number in range(len(groups))]
        _bars(axes, [board.standing(line.label, metric.name, group) for group in groups], offsets, width, place)
    for place, line in enumerate(controls):
        found = [(n, board.standing(line.label, metric.name, group).mean) for n, group in enumerate(groups)]
        there = [(n, mean) for n, mean in found if mean is not None]
        axes.scatter(
            *_columns(there), marker=_HOLLOW[place % len(_HOLLOW)], s=28, label=line.label + _CONTROL, **_hollow()
        )
    axes.set_xticks(
        range(len(groups)), [f"{group.replace('_', ' ')}\n({board.total(group)} cases)" for group in groups]
    )
    axes.axhline(0.0, color="0.7", linewidth=0.8, zorder=0)
    axes.set_ylabel(_label(metric, "up"))
    return _finished(figure, board)


def _bars(axes: Any, standings: Sequence[Standing], offsets: Sequence[float], width: float, place: int) -> None:
    there = [(x, s) for x, s in zip(offsets, standings, strict=True) if s.mean is not None]
    means = [s.mean for _, s in there]
    below, above = zip(*(_arms(s) for _, s in there), strict=True) if there else ((), ())
    axes.bar(
        [x for x, _ in there],
        means,
        width * 0.92,
        yerr=(below, above) if there else None,
        color=_COLOURS[place % len(_COLOURS)],
        hatch="" if place < len(_COLOURS) else "//",
        error_kw={"elinewidth": 0.8, "ecolor": "0.2"},
        label=standings[0].method,
    )


def _panel(board: Board, axes: Any, across: MetricLine, up: MetricLine, *, with_front: bool) -> None:
    points: dict[str, _Point] = {}
    counts = {False: 0, True: 0}
    for line in board.methods:
        place = counts[line.control]
        counts[line.control] += 1
        x, y = (board.standing(line.label, metric.name) for metric in (across, up))
        if x.mean is None or y.mean is None:
            continue
        if not line.control:
            points[line.label] = (x.mean, y.mean)
        _point(axes, line, place, x, y)
    if with_front and points:
        names = front(points, (across.better, up.better))
        axes.plot(
            *_columns([points[name] for name in names]), color="0.6", linewidth=1.0, zorder=1, label="Pareto front"
        )
    axes.set_xlabel(_label(across, "across"))
    axes.set_ylabel(_label(up, "up"))


def _point(axes: Any, line: MethodLine, place: int, x: Standing, y: Standing) -> None:
    colour = _GREY if line.control else _COLOURS[place % len(_COLOURS)]
    marker = _HOLLOW[place % len(_HOLLOW)] if line.control else _MARKERS[place % len(_MARKERS)]
    label = line.label + _CONTROL if line.control else line.label
    arms = {"xerr": [[arm] for arm in _arms(x)], "yerr": [[arm] for arm in _arms(y)]}
    faces = {"markerfacecolor": "none"} if line.control else {}
    axes.errorbar(
        x.mean, y.mean, **arms, fmt=marker, color=colour, label=label, elinewidth=0.7, markersize=6, alpha=0.9, **faces
    )


def _arms(one: Standing) -> tuple[float, float]:
    """Lengths of the interval's two sides; none where there is no interval."""
    if one.mean is None or one.low is None or one.high is None:
        return 0.0, 0.0
    return max(0.0, one.mean - one.low), max(0.0, one.high - one.mean)


def _hollow() -> dict[str, Any]:
    return {"facecolors": "none", "edgecolors": _GREY, "linewidths": 1.0, "zorder": 3}


def _columns(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def _label(metric: MetricLine, axis: str) -> str:
    arrow = _ARROWS[metric.better]
    if axis == "up":
        arrow = arrow.replace("→", "↑").replace("←", "↓")
    unit = f" ({metric.unit})" if metric.unit and len(metric.unit) < 24 else ""
    return f"{metric.name}{unit}{arrow}"


def _figure(panels: float) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(1.2 + 4.2 * panels, 4.6), layout="constrained")


def _finished(figure: Any, board: Board) -> Any:
    """With one legend for all panels, and what the figure is of."""
    handles: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    columns = max(2, int(figure.get_figwidth() / _LEGEND_WIDTH))
    ordered = sorted(handles, key=lambda label: label.endswith(_CONTROL))
    figure.legend(
        [handles[label] for label in ordered],
        ordered,
        loc="outside lower center",
        ncols=columns,
        fontsize="x-small",
        frameon=False,
    )
    one = board.configuration
    figure.suptitle(
        f"suite {one.suite}, backbone {one.backbone}; means over {board.references} reference videos, 95 % intervals",
        fontsize="x-small",
        color=_GREY,
    )
    return figure
