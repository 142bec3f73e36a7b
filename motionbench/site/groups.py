"""Records that may share a table, and what keeps the others apart: the leaderboard's own rules, never new ones."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from motionbench import provenance
from motionbench.errors import MotionBenchError, NotComparableError, UsageError
from motionbench.leaderboard import alike, comparable, contrasts, sheets
from motionbench.leaderboard.aggregate import Board, board
from motionbench.leaderboard.alike import Side
from motionbench.leaderboard.sheets import Sheet
from motionbench.site.inputs import Broken, Source
from motionbench.site.names import slug
from motionbench.store import Row

Score = tuple[str, str, int, str]
"""Case, method's label, seed, metric."""


@dataclass(frozen=True)
class Apart:
    """Why two groups have tables of their own."""

    group: str
    """The other's name."""
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Records in one table."""

    name: str
    """Of its page; from the first of its files."""
    sources: tuple[Source, ...]
    board: Board
    apart: tuple[Apart, ...] = ()

    @functools.cached_property
    def overall(self) -> Sheet:
        """Methods × metrics over all cases."""
        return sheets.overall(self.board)

    @functools.cached_property
    def compared(self) -> tuple[Sheet, ...]:
        """Differences, their p-values, ranks, costs; the page of each method takes its rows from them."""
        board = self.board
        return contrasts.differences(board), contrasts.evidence(board), contrasts.ranks(board), sheets.expenses(board)

    @functools.cached_property
    def by_category(self) -> tuple[tuple[str, Sheet], ...]:
        """For each metric its heading and methods × categories."""
        metrics = self.board.configuration.metrics
        return tuple((sheets.heading(self.board, one), sheets.by_group(self.board, one)) for one in metrics)


def groups(sources: Sequence[Source]) -> tuple[tuple[Group, ...], tuple[Broken, ...]]:
    """Every record in the first table that admits it; and those of which no table can be made, with the reason."""
    tables: list[list[Source]] = []
    alone: dict[str, Board] = {}
    broken: list[Broken] = []
    for source in sources:
        try:
            alone[source.name] = _board([source])
        except MotionBenchError as error:
            broken.append(Broken(source.name, error))
            continue
        admitting = next((members for members in tables if not _between(members, [source])), None)
        if admitting is None:
            tables.append([source])
        else:
            admitting.append(source)
    made = [
        Group(name, tuple(members), alone[members[0].name] if len(members) == 1 else _board(members), ())
        for name, members in zip(_names(tables), tables, strict=True)
    ]
    return tuple(replace(one, apart=_apart(one, made)) for one in made), tuple(broken)


def reasons(first: Source, second: Source) -> tuple[str, ...]:
    """What keeps two records out of one table, the sentence first; () where nothing does."""
    try:
        alike.check(_side(first), _side(second))
        comparable.merge([first.run.configuration, second.run.configuration])
        comparable.check(_rows([first, second]))
    except NotComparableError as error:
        # The last line is advice for whoever typed a command.
        lines = str(error).splitlines()
        return (lines[0], *(line.strip() for line in lines[1:] if line.startswith("  ")))
    return ()


def _side(source: Source) -> Side:
    return Side(source.name, source.run.configuration, source.run.scores, tuple(source.run.environments.values()))


def _board(sources: Sequence[Source]) -> Board:
    runs = [source.run for source in sources]
    configuration = comparable.merge([run.configuration for run in runs])
    rows = _rows(sources)
    rejections = list(dict.fromkeys(one for run in runs for one in run.rejections))
    try:
        return board(configuration, rows, rejections)
    except MotionBenchError:
        raise
    except Exception as error:  # a record whose parts do not fit each other
        raise UsageError(f"no table can be made of it: {type(error).__name__}: {error}") from error


def _rows(sources: Sequence[Source]) -> list[Row]:
    """Each score once; raises NotComparableError where two files give one score two values."""
    kept: dict[Score, tuple[str, Row]] = {}
    for source in sources:
        for row in provenance.rows_of(source.run.configuration, source.run.scores):
            name, first = kept.setdefault((row.case, row.method, row.seed, row.metric), (source.name, row))
            if (first.value, first.status) != (row.value, row.status):
                raise NotComparableError(
                    f"{name} and {source.name} have different scores of one generation:\n"
                    f"  {row.method} on {row.case}, seed {row.seed}, {row.metric}: {_told(first)} and {_told(row)}"
                )
    return [row for _, row in kept.values()]


def _told(row: Row) -> str:
    return row.status.replace("_", " ") if row.value is None else f"{row.value:g}"


def _names(tables: Sequence[Sequence[Source]]) -> list[str]:
    stems = [slug(members[0].name.rpartition(".")[0]) for members in tables]
    files = [slug(members[0].name) for members in tables]
    return [stem if stems.count(stem) == 1 else file for stem, file in zip(stems, files, strict=True)]


def _apart(one: Group, others: Sequence[Group]) -> tuple[Apart, ...]:
    return tuple(Apart(other.name, _between(one.sources, other.sources)) for other in others if other is not one)


def _between(ours: Sequence[Source], theirs: Sequence[Source]) -> tuple[str, ...]:
    """The first pair's reasons; being alike holds for all of a table when it holds for each pair."""
    pairs = ((first, second) for first in ours for second in theirs)
    return next((found for pair in pairs if (found := reasons(*pair))), ())
