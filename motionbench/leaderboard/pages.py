"""A board as a page: its tables and notes in one order for every format, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from motionbench.leaderboard import contrasts, sheets
from motionbench.leaderboard.aggregate import Board
from motionbench.leaderboard.notes import notes
from motionbench.leaderboard.sheets import Quotation, Sheet
from motionbench.leaderboard.views import Part, View


@dataclass(frozen=True)
class Page:
    """All that a format prints."""

    sheets: tuple[tuple[str, Sheet], ...]
    """Each with a name for labels: "overall", "groups-1"."""
    notes: tuple[str, ...]


def page(board: Board, view: View, quoted: Sequence[Quotation] = ()) -> Page:
    """Overall, differences from the backbone, ranks, a table by group for each metric, costs; then quotations."""
    metrics = board.configuration.metrics
    grouped = [sheets.by_group(board, metric, view) for metric in metrics] if len(board.groups) > 1 else []
    shown: list[tuple[Part, str, Sheet]] = [
        ("overall", "overall", sheets.overall(board, view)),
        ("differences", "differences", contrasts.differences(board, view)),
        ("differences", "p-values", contrasts.evidence(board)),
        ("ranks", "ranks", contrasts.ranks(board)),
        *(("groups", f"groups-{number}", sheet) for number, sheet in enumerate(grouped, start=1)),
        ("cost", "cost", sheets.expenses(board)),
    ]
    chosen = [(name, sheet) for part, name, sheet in shown if view.shows(part) and sheet.lines]
    apart = [("quoted", sheets.quotations(quoted))] if quoted else []
    return Page((*chosen, *apart), tuple(notes(board, view)))
