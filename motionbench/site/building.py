"""From a catalogue to files: the same records make the same bytes."""

from __future__ import annotations

from pathlib import Path

from motionbench.errors import UsageError
from motionbench.site import markup, method_pages, record_page, table_pages
from motionbench.site.catalogue import Catalogue, category_page, gallery_index, method_page, table_page
from motionbench.site.inputs import Source


def files(catalogue: Catalogue) -> dict[str, bytes | Path]:
    """By path within the site: pages as bytes, and the galleries' files as where they lie now."""
    pages = [(markup.INDEX, "Leaderboard", table_pages.index(catalogue))]
    pages += [
        (table_page(group), group.board.configuration.suite, table_pages.group_page(catalogue, group))
        for group in catalogue.groups
    ]
    pages += [(category_page(name), name, table_pages.category(catalogue, name)) for name in catalogue.categories]
    pages += [(method_page(name), name, method_pages.method(catalogue, name)) for name in catalogue.methods]
    pages += [(markup.RECORDS, "Run records", record_page.records(catalogue))]
    made: dict[str, bytes | Path] = {
        path: markup.page(path, title, body, catalogue.menu).encode() for path, title, body in pages
    }
    for source in catalogue.sources:
        made.update(_gallery(source))
    return made


def _gallery(source: Source) -> dict[str, bytes | Path]:
    if source.gallery is None:
        return {}
    root = gallery_index(source).rpartition("/")[0]
    found = {}
    for path in sorted(source.gallery.rglob("*")):
        if path.is_symlink():
            raise UsageError(f"{path} is a link; a gallery holds its own files: make it again with motionbench gallery")
        if path.is_file():
            found[f"{root}/{path.relative_to(source.gallery).as_posix()}"] = path
    return dict(found)
