"""A page for each method: what it is, how far it is known to work, its rows everywhere, what it costs, where from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape

from motionbench.conformance.records import Report
from motionbench.leaderboard.sheets import Cell, Line, Sheet
from motionbench.site import markup, sections, sortable
from motionbench.site.catalogue import Appearance, Catalogue, gallery_link, method_page, spec_of, table_page
from motionbench.site.groups import Group
from motionbench.specs import MethodSpec, OptionValue

_MEANINGS = {
    "control": "a control: it bounds metrics and does not compete",
    "mechanism-tested": "its mechanism is tested, not its paper's numbers",
    "runs-on-mini": "runs on the mini models; the paper's numbers were not tried",
    "reproduced": "the paper's numbers were reproduced",
    "not-reproducing": "the paper's numbers were tried and not reached",
    "precomputed": "only its videos are known",
}
_UNKNOWN = "This method was not installed where the page was made: all that is here is from its records."
_KINDS = {"reproduced": "good", "not-reproducing": "bad"}


def method(catalogue: Catalogue, name: str) -> list[str]:
    """The whole page."""
    path, found, spec = method_page(name), catalogue.methods[name], spec_of(name)
    line = found[0].line
    return [
        markup.heading(name, 1),
        f"<p>{' '.join(_badges(catalogue, found, spec))}</p>",
        markup.paragraph(spec.summary if spec else line.summary),
        *(_described(spec) if spec else [markup.paragraph(_UNKNOWN, "quiet")]),
        *(part for group in catalogue.groups for part in _rows(group, name, path)),
        markup.heading("As it was run", 2),
        markup.facts([("Options of all", escape(_options(_shared(found))))]),
        sortable.table(_runs(found)),
        *_examined(catalogue, found),
        markup.heading("Source", 2),
        markup.bullets(_origins(found, path)),
    ]


def _badges(catalogue: Catalogue, found: Sequence[Appearance], spec: MethodSpec | None) -> Iterator[str]:
    told = dict.fromkeys(one.line.status for one in found if one.line.status)
    for status in [spec.status] if spec else told:
        meaning = f": {_MEANINGS[status]}" if status in _MEANINGS else ""
        yield markup.badge(f"{status}{meaning}", _KINDS.get(status, ""))
    for report in _reports(catalogue, found):
        tried = [check for check in report.checks if check.outcome != "not applicable"]
        verdict = f"contract {report.version}: {len(tried) - len(report.failures)}/{len(tried)} checks, {report.date}"
        yield markup.badge(verdict, "good" if report.passed else "bad")


def _reports(catalogue: Catalogue, found: Sequence[Appearance]) -> list[Report]:
    labels = {one.line.label for one in found} | {one.line.name for one in found}
    return [report for report in catalogue.reports if report.method in labels]


def _described(spec: MethodSpec) -> list[str]:
    memory = f"{spec.memory_bytes / 2**30:.1f} GiB at most" if spec.memory_bytes else ""
    return [
        markup.facts(
            [
                ("Paper", markup.addressed(spec.paper)),
                ("Code", markup.addressed(spec.upstream)),
                ("Licence", escape(spec.licence)),
                ("Version", escape(spec.version)),
                ("Backbones", escape(", ".join(spec.backbones) or "needs none")),
                ("Sees", escape(", ".join(spec.inputs))),
                ("Tuning", "once a reference video" if spec.tuned else "none"),
                ("Randomness", "by seed" if spec.random else "none: no seed changes its output"),
                ("First noise from", escape(spec.noise_from)),
                ("Memory declared", memory),
                ("Defaults", escape(_options(spec.defaults))),
                *((f"Preset {name}", escape(_options(chosen))) for name, chosen in sorted(spec.presets.items())),
            ]
        )
    ]


def _options(options: Mapping[str, OptionValue]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(options.items()))


def _shared(found: Sequence[Appearance]) -> dict[str, OptionValue]:
    first, *others = (one.line.options for one in found)
    return {
        name: value
        for name, value in first.items()
        if all(name in options and options[name] == value for options in others)
    }


def _runs(found: Sequence[Appearance]) -> Sheet:
    shared = _shared(found)
    lines = []
    for one in found:
        own = {name: value for name, value in one.line.options.items() if name not in shared}
        texts = (one.source.name, one.line.version, one.line.preset, _options(own))
        lines.append(Line(one.line.label, False, tuple(Cell(text or "—") for text in texts)))
    header = ("label", "record", "version", "preset", "options of its own")
    return Sheet("labels, versions and options", header, tuple(lines), words=True)


def _rows(group: Group, name: str, path: str) -> list[str]:
    labels = {line.label for line in group.board.methods if line.name == name}
    if not labels:
        return []
    shown = [own for sheet in _sheets(group) if (own := _only(sheet, labels)).lines]
    return [
        f"<h2>{markup.link(table_page(group), sections.called(group), path)}</h2>",
        sections.notice(group),
        *(sections.table(group, sheet, path) for sheet in shown),
        *(sections.table(group, _by_category(group, label), path) for label in sorted(labels)),
    ]


def _sheets(group: Group) -> Iterable[Sheet]:
    return replace(group.overall, title="all cases"), *group.compared


def _only(sheet: Sheet, labels: Collection[str]) -> Sheet:
    return replace(sheet, lines=tuple(line for line in sheet.lines if line.label in labels))


def _by_category(group: Group, label: str) -> Sheet:
    """Metrics × categories of one label."""
    found = group.by_category
    rows = [(name, line) for name, sheet in found for line in sheet.lines if line.label == label]
    header = ("metric", *(found[0][1].header[1:] if found else ()))
    return Sheet(f"{label} by category", header, tuple(Line(name, False, line.cells) for name, line in rows))


def _examined(catalogue: Catalogue, found: Sequence[Appearance]) -> Iterator[str]:
    for report in _reports(catalogue, found):
        where = f" on {report.backbone}" if report.backbone else ""
        yield markup.heading(f"Contract of {report.method} {report.version}{where}, {report.date}", 2)
        yield markup.bullets(
            f"{markup.badge(check.outcome, {'pass': 'good', 'fail': 'bad'}.get(check.outcome, ''))} "
            f"{escape(check.rule)}: {escape(check.reason)}"
            for check in report.checks
        )


def _origins(found: Sequence[Appearance], path: str) -> Iterator[str]:
    for source in dict.fromkeys(one.source.name for one in found):
        first = next(one.source for one in found if one.source.name == source)
        gallery = gallery_link(first, path)
        link = markup.link(markup.RECORDS, source, path)
        yield f"{link}, plan {escape(first.run.configuration.plan_id)}, SHA-256 <code>{first.digest}</code>" + (
            f", {gallery}" if gallery else ""
        )
