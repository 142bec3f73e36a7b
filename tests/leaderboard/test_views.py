"""Views of a board: groups, half widths, calibration, the common subset, conclusions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import get_args

import pytest

from motionbench.errors import UsageError
from motionbench.leaderboard import calibration, notes, sheets, tables
from motionbench.leaderboard.aggregate import Board, board
from motionbench.leaderboard.calibration import NoScale, Scale
from motionbench.leaderboard.columns import By
from motionbench.leaderboard.sheets import Quotation
from motionbench.leaderboard.views import View, view_from
from motionbench.store import CaseLine, Configuration, Row

Make = Callable[..., Row]


@pytest.fixture
def made(configuration: Configuration, rows: list[Row]) -> Board:
    return board(configuration, rows)


@pytest.mark.parametrize("by", get_args(By))
def test_a_view_is_spelled_and_read_back(by: By) -> None:
    view = View(by, True, False, True, True, ("mf", "clip_text[a b]"), ("overall", "cost"))
    assert view_from(view.words()) == view
    assert View().words() == ()


def test_a_word_that_no_view_writes_is_refused() -> None:
    with pytest.raises(UsageError, match="does not know: --by colour"):
        view_from(["--by", "colour"])


def test_by_seed_has_a_column_a_seed_over_all_cases(configuration: Configuration, rows: list[Row], row: Make) -> None:
    more = [row(r.method, r.case, (r.value or 0) + 0.2, r.metric, seed=1) for r in rows]
    both = board(dataclasses.replace(configuration, seeds=(0, 1)), rows + more, by="seed")
    sheet = sheets.by_group(both, configuration.metrics[0])
    assert sheet.title == "mf ↑ by seed"
    assert sheet.header == ("method", "seed 0 (4)", "seed 1 (4)")
    assert [cell.text for cell in sheet.lines[0].cells] == ["0.640", "0.840"]
    assert both.standing("fym", "mf").mean == pytest.approx(0.74, rel=1e-12, abs=0)


def test_by_prompt_groups_cases_by_their_references_prompt(configuration: Configuration, row: Make) -> None:
    cases = tuple(CaseLine(f"{r}-0--p{n}", "camera", r, "d") for r in ("pan", "zoom") for n in (1, 2))
    methods = [line.label for line in configuration.methods]
    rows = [
        row(m, case.id, float(case.id[-1]), metric) for m in methods for case in cases for metric in ("mf", "error")
    ]
    grouped = board(dataclasses.replace(configuration, cases=cases), rows, by="prompt")
    assert grouped.groups == ("p1", "p2")
    assert [grouped.total(group) for group in ("all", "p1", "p2")] == [4, 2, 2]
    assert grouped.standing("fym", "mf", "p2").mean == 2.0


def test_half_widths_are_half_of_the_interval(made: Board) -> None:
    [cell, *_] = sheets.overall(made, View(half_width=True)).lines[0].cells
    standing = made.standing("fym", "mf")
    assert standing.low is not None
    assert standing.high is not None
    assert cell.interval == f"± {(standing.high - standing.low) / 2:.3f}"
    assert "half the width" in notes.legend(made, View(half_width=True))


def test_calibrated_scores_are_0_at_the_floor_and_1_at_the_ceiling(made: Board) -> None:
    [mf, error] = made.configuration.metrics
    scale = calibration.scale(made, mf)
    assert isinstance(scale, Scale)
    assert (scale.floor_control, scale.ceiling_control) == ("backbone", "oracle")
    lines = {line.label: line.cells for line in sheets.overall(made, View(calibrated=True)).lines}
    assert (lines["backbone"][0].text, lines["oracle"][0].text) == ("0.000", "1.000")
    # (0.6 − 0.1) / (0.9 − 0.1), of the falling metric too.
    assert (lines["fym"][0].text, lines["fym"][1].text) == ("0.625", "0.62")
    assert sheets.overall(made, View(calibrated=True)).header[:3] == ("method", "mf ↑", "error ↑")
    falling = calibration.scale(made, error)
    assert isinstance(falling, Scale)
    wide = dataclasses.replace(made.standing("fym", "error"), low=0.1, high=0.9)
    # 0.9 is the floor and 0.1 the ceiling of the falling metric: the ends change places.
    assert calibration.scaled(wide, falling)[1:] == pytest.approx((0.0, 1.0), rel=0, abs=1e-12)


def test_the_note_names_the_controls_that_bound_a_metric(made: Board) -> None:
    found = notes.notes(made, View(calibrated=True))
    assert any(note.startswith("mf: 0 is backbone (0.140), 1 is oracle (0.940)") for note in found)


def test_a_range_too_small_is_not_read(configuration: Configuration, rows: list[Row]) -> None:
    flat = [dataclasses.replace(r, value=0.5) if r.method == "oracle" else r for r in rows]
    flat = [dataclasses.replace(r, value=0.45) if r.method == "backbone" else r for r in flat]
    made = board(configuration, flat)
    scale = calibration.scale(made, configuration.metrics[0])
    assert scale == NoScale("oracle is only 0.050 better than backbone, less than 0.1")
    assert {line.cells[0].text for line in sheets.overall(made, View(calibrated=True)).lines} == {"—"}


def test_without_an_oracle_the_best_control_is_the_ceiling_and_without_controls_there_is_none(
    configuration: Configuration, rows: list[Row], row: Make
) -> None:
    methods = tuple(
        dataclasses.replace(m, label="copy-reference", name="copy-reference") if m.label == "oracle" else m
        for m in configuration.methods
    )
    renamed = [dataclasses.replace(r, method="copy-reference") if r.method == "oracle" else r for r in rows]
    made = board(dataclasses.replace(configuration, methods=methods), renamed)
    scale = calibration.scale(made, configuration.metrics[0])
    assert isinstance(scale, Scale)
    assert (scale.floor_control, scale.ceiling_control) == ("backbone", "copy-reference")
    bare = dataclasses.replace(configuration, methods=configuration.methods[2:])
    alone = board(bare, [r for r in rows if r.method in ("aaa", "fym")])
    assert calibration.scale(alone, configuration.metrics[0]) == NoScale("the controls that bound it have no value")


def test_the_common_subset_leaves_out_what_one_method_lacks_and_says_so(
    configuration: Configuration, rows: list[Row], row: Make
) -> None:
    rest = [r for r in rows if (r.method, r.case, r.metric) != ("fym", "car-0", "mf")]
    made = board(configuration, [*rest, row("fym", "car-0", None, reason="boom")], common=True)
    assert {s.n for s in made.standings if s.metric == "mf" and s.category == "all"} == {3}
    assert made.standing("aaa", "mf").mean == pytest.approx(0.32, rel=1e-12, abs=0)
    assert made.standing("aaa", "error").n == 4
    assert made.unfinished == 0
    text = tables.markdown(made, View(common=True))
    assert "- Only the common subset is compared, the cases that every method and control has: mf 3 of 4." in text
    assert "† fym: failed on 1 case (car-0), mf: boom" in text


def test_marks_compare_methods_on_what_all_have(configuration: Configuration, row: Make) -> None:
    # On car, which fym lacks, aaa is far below: its mean over all falls below fym's, on shared cases it is above.
    values = {"aaa": (0.5, 0.5, 0.5, -9.0), "fym": (0.4, 0.4, 0.4, None)}
    values |= {"backbone": (0.1,) * 4, "oracle": (0.9,) * 4}
    cases = ("pan-0", "zoom-0", "ball-0", "car-0")
    rows = [
        row(m, case, v, metric)
        for m, own in values.items()
        for case, v in zip(cases, own, strict=True)
        for metric in ("mf", "error")
    ]
    made = board(configuration, rows)
    lines = {line.label: line.cells[0] for line in sheets.overall(made).lines}
    assert (lines["aaa"].mark, lines["fym"].mark) == ("best", "second")
    assert any(
        "Marks and ranks compare methods on the generations" in note and "mf 3 of 4" in note
        for note in notes.notes(made)
    )


def many(configuration: Configuration, row: Make, references: int) -> Board:
    cases = tuple(CaseLine(f"r{n:02d}-0", "single_object", f"r{n:02d}", "d") for n in range(references))
    steps = {"backbone": 0.0, "oracle": 0.9, "aaa": 0.02, "fym": 0.5}
    rows = [
        row(name, case.id, step + 0.01 * ((7 * n) % 5), metric)
        for name, step in steps.items()
        for n, case in enumerate(cases)
        for metric in ("mf", "error")
    ]
    return board(dataclasses.replace(configuration, cases=cases), rows)


def test_p_values_ranks_and_groups_are_tables_of_their_own(configuration: Configuration, row: Make) -> None:
    made = many(configuration, row, 12)
    text = tables.markdown(made)
    # All 12 signs agree: 2/2^12, twice for Holm's two methods.
    assert "**difference from backbone: p, Holm-adjusted over methods**" in text
    assert "| fym | \\<0.001 | \\<0.001 |" in text
    assert "**rank [95 % interval] P(first) group**\n\n| method | mf ↑ |" in text
    assert "| fym | 1 [1, 1] 1.00 a |\n| aaa | 2 [2, 2] 0.00 b |" in text
    assert "Least difference shown with 80 % power" in text
    assert "hold the truth" not in text


def test_fewer_than_eight_references_have_no_p_value_and_a_note(configuration: Configuration, row: Make) -> None:
    text = tables.markdown(many(configuration, row, 7))
    assert "Holm" not in text
    assert "- Fewer than 8 reference videos (7): intervals, but no p-values." in text
    assert (
        "- Intervals of fewer than 8 reference videos hold the truth less often than 95 %: 91 % at 5, 75 % at 3."
        in text
    )


def test_parts_and_quotations(made: Board) -> None:
    view = View(parts=("overall",), quoted=True)
    text = tables.markdown(made, view, [Quotation("fym", "motion_fidelity", 0.971, "its own clips", "arXiv 1")])
    assert "difference from backbone" not in text
    assert "quoted from papers, not measured here" in text
    assert "| fym | motion\\_fidelity | 0.971 | its own clips | arXiv 1 |" in text
