"""What the site is made of: groups of records, the methods in them, and where each of them has its page."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import cast

from motionbench import registry
from motionbench.conformance.records import Report
from motionbench.leaderboard.sheets import Quotation
from motionbench.site import markup
from motionbench.site.groups import Group
from motionbench.site.inputs import Source
from motionbench.site.names import relative, slug
from motionbench.specs import MethodSpec
from motionbench.store import MethodLine
from motionbench.types import CATEGORIES


@dataclass(frozen=True)
class Appearance:
    """A method as one record has it."""

    source: Source
    line: MethodLine


@dataclass(frozen=True)
class Catalogue:
    """Everything that pages are made from."""

    groups: tuple[Group, ...]
    reports: tuple[Report, ...] = ()

    @property
    def sources(self) -> tuple[Source, ...]:
        """All records, by file name."""
        return tuple(sorted((one for group in self.groups for one in group.sources), key=lambda one: one.name))

    @property
    def categories(self) -> tuple[str, ...]:
        """Those that some table has, in their fixed order."""
        present = {name for group in self.groups for name in group.board.categories}
        return tuple(name for name in CATEGORIES if name in present)

    @functools.cached_property
    def methods(self) -> dict[str, tuple[Appearance, ...]]:
        """By name, controls last, each with every line that a record has of it."""
        found: dict[str, list[Appearance]] = {}
        for source in self.sources:
            for line in source.run.configuration.methods:
                found.setdefault(line.name, []).append(Appearance(source, line))
        ordered = sorted(found, key=lambda name: (found[name][0].line.control, name))
        return {name: tuple(found[name]) for name in ordered}

    @property
    def menu(self) -> tuple[tuple[str, str], ...]:
        """What every page links to."""
        categories = [(category_page(name), name.replace("_", " ")) for name in self.categories]
        return ((markup.INDEX, "all tables"), *categories, (markup.RECORDS, "records"))


def spec_of(name: str) -> MethodSpec | None:
    """The spec of a method that is installed here; an entry of another kind, or a broken one, says nothing."""
    found = [entry.spec for entry in registry.entries("methods") if entry.name == name]
    return cast("MethodSpec | None", found[0] if found else None)


def quotations(group: Group) -> Sequence[Quotation]:
    """What the papers of a table's methods report; nothing of a method that is not installed."""
    names = dict.fromkeys(line.name for line in group.board.methods)
    specs = [spec for spec in map(spec_of, sorted(names)) if spec is not None]
    return [
        Quotation(spec.name, result.metric, result.value, result.protocol, result.source)
        for spec in specs
        for result in spec.paper_results
    ]


def table_page(group: Group) -> str:
    """The path of a group's page."""
    return f"tables/{group.name}.html"


def category_page(category: str) -> str:
    """The path of a category's page."""
    return f"categories/{slug(category)}.html"


def method_page(name: str) -> str:
    """The path of a method's page."""
    return f"methods/{slug(name)}.html"


def gallery_index(source: Source) -> str:
    """The path of a record's gallery."""
    return f"galleries/{slug(source.name)}/index.html"


def labels(group: Group, page: str) -> dict[str, str]:
    """Markup of the group's labels, each a link to its method's page unless that is this page."""
    names = {line.label: line.name for line in group.board.configuration.methods}
    return {
        label: escape(label) if method_page(name) == page else markup.link(method_page(name), label, page)
        for label, name in names.items()
    }


def gallery_link(source: Source, page: str) -> str:
    """To the record's gallery; "" where it has none."""
    if source.gallery is None:
        return ""
    address = escape(relative(gallery_index(source), page))
    return f'<a href="{address}">gallery of {escape(source.name)}</a>'
