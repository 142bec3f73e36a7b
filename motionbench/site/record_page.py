"""The page of run records: each file with its digest, its command and where it was made."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from html import escape

from motionbench.site import markup
from motionbench.site.catalogue import Catalogue, gallery_link, table_page
from motionbench.site.inputs import Source
from motionbench.store import Environment


def records(catalogue: Catalogue) -> list[str]:
    """All of them, by file name."""
    groups = {source.name: group for group in catalogue.groups for source in group.sources}
    return [
        markup.heading("Run records", 1),
        markup.paragraph("A table is made from these files alone: motionbench table --from FILE"),
        *(part for source in catalogue.sources for part in _record(source, table_page(groups[source.name]))),
    ]


def _record(source: Source, table: str) -> list[str]:
    one = source.run.configuration
    protocol = ", ".join(f"{name} {value}" for name, value in dataclasses.asdict(one.protocol).items())
    return [
        markup.heading(source.name, 2),
        markup.facts(
            [
                ("SHA-256", f"<code>{source.digest}</code>"),
                ("Table", markup.link(table, "where its scores stand", markup.RECORDS)),
                ("Gallery", gallery_link(source, markup.RECORDS)),
                ("Plan", escape(one.plan_id)),
                ("Suite", escape(f"{one.suite}, manifest {one.manifest_digest or 'unknown'}")),
                ("Protocol", escape(protocol)),
                ("Backbone", escape(f"{one.backbone} {one.backbone_digest}".strip())),
                ("Encoder", escape(f"{one.encoder} {one.encoder_digest}".strip())),
                ("Seeds", escape(", ".join(map(str, one.seeds)))),
                ("Scores", f"{len(source.run.scores):,} of {len(one.methods)} methods and controls"),
                ("Command", f"<code>{escape(one.command)}</code>" if one.command else ""),
                *_environments(source),
                *((f"‡ {r.metric}", escape(r.reason)) for r in source.run.rejections),
            ]
        ),
    ]


def _environments(source: Source) -> Iterator[tuple[str, str]]:
    for name in sorted(source.run.environments):
        yield f"Environment {name[:12]}", escape(_told(source.run.environments[name]))


def _told(one: Environment) -> str:
    commit = f"commit {one.commit[:12] or 'unknown'}{' with changes' if one.dirty else ''}"
    packages = (f"{name} {version}" for name, version in sorted(one.packages.items()))
    words = (one.used_device or one.device, f"Python {one.python}", one.platform, commit, *packages)
    return ", ".join(word for word in words if word)
