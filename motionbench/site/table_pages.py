"""Pages of tables: the first page, one for each group of records, one for each category."""

from __future__ import annotations

from html import escape

from motionbench.leaderboard import pages, sheets
from motionbench.leaderboard.sheets import Line, Sheet
from motionbench.leaderboard.views import View
from motionbench.site import markup, sections
from motionbench.site.catalogue import (
    Catalogue,
    category_page,
    method_page,
    quotations,
    table_page,
)
from motionbench.site.groups import Group

_PARTS = View(parts=("overall", "differences", "ranks", "cost"))


def index(catalogue: Catalogue) -> list[str]:
    """Every group's overall table, then all methods."""
    count = len(catalogue.groups)
    tables = "1 table" if count == 1 else f"{count} tables: scores that were not made alike never share one"
    return [
        markup.heading("Motion transfer, measured", 1),
        markup.paragraph(
            f"{len(catalogue.methods)} methods and controls in {len(catalogue.sources)} run records; {tables}. "
            "Headings sort; controls bound each metric and are sorted apart."
        ),
        *(part for group in catalogue.groups for part in _summary(catalogue, group)),
        markup.heading("Methods", 2, "methods"),
        markup.bullets(_links(catalogue, control=False)),
        markup.heading("Controls", 2, "controls"),
        markup.bullets(_links(catalogue, control=True)),
    ]


def _links(catalogue: Catalogue, *, control: bool) -> list[str]:
    kinds = {name: found[0].line for name, found in catalogue.methods.items()}
    return [
        f'{markup.link(method_page(name), name, markup.INDEX)} <span class="quiet">{escape(line.summary)}</span>'
        for name, line in kinds.items()
        if line.control is control
    ]


def _summary(catalogue: Catalogue, group: Group) -> list[str]:
    page = markup.INDEX
    more = markup.link(table_page(group), "differences, ranks, categories, cost and notes", page)
    kept = list(sections.separations(catalogue, group, page))
    return [
        markup.heading(f"Suite {group.board.configuration.suite}", 2, group.name),
        sections.notice(group),
        sections.table(group, group.overall, page),
        f"<p>{more} · from {escape(', '.join(one.name for one in group.sources))}</p>",
        sections.galleries(group, page),
        *([markup.paragraph("Not comparable with", "quiet"), markup.bullets(kept, "quiet")] if kept else []),
    ]


def group_page(catalogue: Catalogue, group: Group) -> list[str]:
    """All that the leaderboard says of a group, and what keeps it from the others."""
    path = table_page(group)
    made, quoted = pages.page(group.board, _PARTS), quotations(group)
    kept = list(sections.separations(catalogue, group, path))
    links = [markup.link(category_page(one), one.replace("_", " "), path) for one in group.board.categories]
    galleries = sections.galleries(group, path)
    return [
        markup.heading(sections.called(group), 1),
        sections.notice(group),
        f"<p>One category: {', '.join(links)}</p>" if links else "",
        *(sections.table(group, sheet, path) for _, sheet in made.sheets),
        markup.heading("By category", 2),
        *(sections.table(group, sheet, path) for _, sheet in group.by_category),
        markup.heading("How to read it", 2),
        sections.reading(group),
        markup.heading("Metrics", 2),
        sections.metrics(group),
        *([_quoted(sections.table(group, sheets.quotations(quoted), path))] if quoted else []),
        *([markup.heading("Not comparable with", 2), markup.bullets(kept)] if kept else []),
        *([markup.heading("Galleries", 2), galleries] if galleries else []),
    ]


def _quoted(table: str) -> str:
    return f'<h2>Quoted from papers</h2>\n<div class="quoted">\n{table}\n</div>'


def category(catalogue: Catalogue, name: str) -> list[str]:
    """Methods × metrics on the cases of one category, a table for each group that has it."""
    path = category_page(name)
    return [
        markup.heading(f"Category {name.replace('_', ' ')}", 1),
        *(
            part
            for group in catalogue.groups
            if name in group.board.categories
            for part in (
                markup.heading(f"Suite {group.board.configuration.suite}", 2, group.name),
                sections.notice(group),
                sections.table(group, within(group, name), path),
                f"<p>{markup.link(table_page(group), 'the whole table and its notes', path)}</p>",
            )
        ),
        markup.paragraph(
            "Mean over the category's reference videos with its 95 % bootstrap interval; few reference videos make it "
            "wide. †n/N: only n of N cases have a value. Among methods the best is bold, the second underlined.",
            "quiet",
        ),
    ]


def within(group: Group, category: str) -> Sheet:
    """The category's column of every metric's sheet, side by side."""
    board = group.board
    place = board.groups.index(category)
    columns = [[line.cells[place] for line in sheet.lines] for _, sheet in group.by_category]
    lines = [Line(m.label, m.control, tuple(cells)) for m, *cells in zip(board.methods, *columns, strict=True)]
    names = [name for name, _ in group.by_category]
    title = f"{category.replace('_', ' ')}, {board.total(category)} cases · {sections.called(group)}"
    return Sheet(title, ("method", *names), tuple(lines))
