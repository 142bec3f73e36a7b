"""Parts that several pages have: a group's sentence, its notes, what keeps it from other groups."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from motionbench.leaderboard.notes import notes
from motionbench.leaderboard.sheets import Sheet, title
from motionbench.site import markup, sortable
from motionbench.site.catalogue import Catalogue, gallery_link, labels, table_page
from motionbench.site.groups import Apart, Group
from motionbench.store import MetricLine

_SMALL_FIRST = ("rank ", "difference from backbone: p")
"""Titles of sheets whose cells do not follow the arrows of their headings."""


def called(group: Group) -> str:
    """A group's title: what it is a table of, and of which files."""
    return f"{title(group.board)} · {', '.join(source.name for source in group.sources)}"


def notice(group: Group) -> str:
    """What every table of this suite and backbone must say, such as that the weights are random."""
    text = group.board.configuration.notice
    return markup.paragraph(text, "notice") if text else ""


def table(group: Group, sheet: Sheet, page: str) -> str:
    """A sheet whose labels are links to their methods."""
    links = labels(group, page)
    ranked = sheet.title.startswith(_SMALL_FIRST)
    return sortable.table(sheet, lambda label: links.get(label, escape(label)), small_first=ranked)


def reading(group: Group) -> str:
    """The notes below the tables; the notice is shown above them."""
    shown = [note for note in notes(group.board) if note != group.board.configuration.notice]
    return markup.bullets(map(escape, shown), "notes quiet")


def metrics(group: Group) -> str:
    """What each column measures, in which unit, by which version and signature."""
    signatures: dict[str, set[str]] = {}
    for source in group.sources:
        for row in source.run.scores:
            signatures.setdefault(row.metric, set()).update({row.signature} - {""})
    return markup.bullets(
        f"{escape(line.name)}: {escape(_measured(line))}"
        + "".join(f" <code>{escape(one)}</code>" for one in sorted(signatures.get(line.name, ())))
        for line in group.board.configuration.metrics
    )


def _measured(line: MetricLine) -> str:
    better = "no better side" if line.better == "none" else f"{line.better} is better"
    return ", ".join(
        (line.unit or "no unit", better, *([line.status] if line.status else []), f"version {line.version}")
    )


def galleries(group: Group, page: str) -> str:
    """Links to the galleries of the group's records."""
    return markup.bullets(link for source in group.sources if (link := gallery_link(source, page)))


def separations(catalogue: Catalogue, group: Group, page: str) -> Iterable[str]:
    """For each other table, what differs."""
    others = {other.name: other for other in catalogue.groups}
    return [_separation(others[one.group], one, page) for one in group.apart]


def _separation(other: Group, apart: Apart, page: str) -> str:
    summary, *details = apart.reasons
    listed = "; ".join(map(escape, details))
    link = markup.link(table_page(other), called(other), page)
    return f"{link}: {listed or escape(summary)}"
