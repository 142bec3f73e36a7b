"""Figures of a board: what is on a Pareto front, and what the axes hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionbench import drawing
from motionbench.errors import MissingResourceError, UsageError
from motionbench.leaderboard import plots
from motionbench.leaderboard.aggregate import Board, board
from motionbench.store import Configuration, Row

SIDES = st.sampled_from(["higher", "lower"])
POINTS = st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1)


def test_a_front_by_hand() -> None:
    points = {"worst": (0.0, 0.0), "left": (1.0, 5.0), "middle": (2.0, 4.0), "beaten": (2.0, 3.0), "right": (5.0, 1.0)}
    assert plots.front(points, ("higher", "higher")) == ("left", "middle", "right")
    assert plots.front(points, ("lower", "higher")) == ("worst", "left")


@given(points=POINTS, across=SIDES, up=SIDES)
def test_a_front_is_what_nothing_beats(points: dict[str, tuple[int, int]], across: str, up: str) -> None:
    def at_least(a: float, b: float, side: str) -> bool:
        return a >= b if side == "higher" else a <= b

    beaten = set()
    for name, p in points.items():
        for q in points.values():
            if at_least(q[0], p[0], across) and at_least(q[1], p[1], up) and p != q:
                beaten.add(name)
    found = plots.front(points, (across, up))  # type: ignore[arg-type]
    assert set(found) == set(points) - beaten
    assert [points[name] for name in found] == sorted(points[name] for name in found)


@pytest.fixture
def shown(configuration: Configuration, rows: Sequence[Row]) -> Board:
    return board(configuration, rows)


def _labels(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_metric_is_found_by_name_or_its_near_name_is_told(shown: Board) -> None:
    assert plots.metric_of(shown, "mf").decimals == 3
    with pytest.raises(UsageError, match="the table has no column 'eror'; did you mean 'error'"):
        plots.metric_of(shown, "eror")


def test_headlines_lead_and_stand_in_for_by_all_that_have_a_better_side(shown: Board) -> None:
    assert [line.name for line in plots.headlines(shown)] == ["mf"]


def test_a_pareto_plot_has_a_panel_a_metric_and_a_front_of_methods_alone(shown: Board) -> None:
    pytest.importorskip("matplotlib")
    mf, error = (plots.metric_of(shown, name) for name in ("mf", "error"))
    figure = plots.pareto(shown, mf, [error, mf])
    assert len(figure.axes) == 2
    labels = _labels(figure)
    assert set(labels) == {"Pareto front", "fym", "aaa", "backbone (control)", "oracle (control)"}
    assert labels.index("fym") < labels.index("backbone (control)")
    [front] = [line for line in figure.axes[0].lines if line.get_label() == "Pareto front"]
    fym = shown.standing("fym", "mf")
    assert front.get_ydata().tolist() == [fym.mean]
    assert figure.axes[0].get_xlabel() == "error (px) ←"
    assert figure.axes[0].get_ylabel() == "mf ↑"
    with pytest.raises(UsageError, match="the table has mf alone"):
        plots.pareto(shown, mf, [])


def test_bars_stand_for_methods_in_each_category_and_over_all(shown: Board) -> None:
    pytest.importorskip("matplotlib")
    figure = plots.categories(shown, plots.metric_of(shown, "mf"))
    [axes] = figure.axes
    assert [text.get_text().split("\n")[0] for text in axes.get_xticklabels()] == ["camera", "single object", "all"]
    heights = [bar.get_height() for bar in axes.patches]
    expected = [
        shown.standing(method, "mf", group).mean
        for method in ("fym", "aaa")
        for group in ("camera", "single_object", "all")
    ]
    assert heights == expected


def test_a_method_without_a_value_is_left_out(
    configuration: Configuration, rows: Sequence[Row], row: Callable[..., Row]
) -> None:
    pytest.importorskip("matplotlib")
    lost = [row("aaa", case.id, None) for case in configuration.cases]
    kept = [one for one in rows if (one.method, one.metric) != ("aaa", "mf")]
    partial = board(configuration, [*kept, *lost])
    mf, error = (plots.metric_of(partial, name) for name in ("mf", "error"))
    assert "aaa" not in _labels(plots.scatter(partial, error, mf))
    assert len(plots.categories(partial, mf).axes[0].patches) == 3


@pytest.mark.parametrize("name", ["a.pdf", "a.svg", "a.png"])
def test_a_figure_is_the_same_file_each_time(shown: Board, tmp_path: Path, name: str) -> None:
    pytest.importorskip("matplotlib")
    mf, error = (plots.metric_of(shown, name) for name in ("mf", "error"))
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        drawing.save(plots.scatter(shown, error, mf), tmp_path / folder / name)
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    with pytest.raises(MissingResourceError, match="cannot write"):
        drawing.save(plots.scatter(shown, error, mf), tmp_path / "nowhere" / name)


def test_what_is_missing_or_misnamed_is_told_before_anything_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"takes a file that ends in \.pdf, \.svg or \.png, got a\.gif"):
        drawing.require("motionbench plot", Path("a.gif"), (".pdf", ".svg", ".png"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingResourceError, match=r"needs matplotlib.*\n.*motionbench-transfer\[plot\]"):
        drawing.require("motionbench plot", Path("a.pdf"), (".pdf",))
