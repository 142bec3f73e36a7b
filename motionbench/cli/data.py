"""``motionbench data``: suites and their clips: list, fetch, verify, add, describe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli import fetch_progress, options, printing
from motionbench.errors import MissingResourceError, UsageError

if TYPE_CHECKING:
    from motionbench.contracts import Suite
    from motionbench.data.manifest import ClipEntry, DatasetEntry

app = typer.Typer(help="Suites and their clips.", no_args_is_help=True)


class Category(StrEnum):
    """As in ``motionbench.types``, which loads numpy."""

    camera = "camera"
    single_object = "single_object"
    multi_object = "multi_object"
    human = "human"


Names = Annotated[list[str] | None, typer.Argument(help="Suites; all unless told.", show_default=False)]
Wanted = Annotated[
    list[str] | None,
    typer.Argument(help="Suites, clips or data sets; all clips unless told.", show_default=False),
]
Listed = Annotated[str | None, typer.Argument(metavar="SUITE", help="List its clips.", show_default=False)]
Described = Annotated[str, typer.Argument(metavar="SUITE", help="The suite to describe.")]
Mirror = Annotated[
    str,
    typer.Option(
        "--mirror",
        envvar="MOTIONBENCH_MIRROR",
        help="An address (https://, file://) or a folder that has the files by their names.",
        show_default=False,
    ),
]
Jobs = Annotated[int, typer.Option("--jobs", "-j", envvar="MOTIONBENCH_JOBS", min=1, max=32, help="Files at a time.")]
Page = Annotated[str, typer.Option("--url", help="The suite's page on the web.", show_default=False)]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write here, not to stdout.", dir_okay=False)]


@app.command("list")
def list_suites(suite: Listed = None) -> None:
    """Print each suite with its protocol and its references by category; or the clips of one suite."""
    if suite is not None:
        return _list_clips(suite)
    from motionbench.cli.grids import Grid
    from motionbench.data.inspection import summaries

    grid = Grid(("suite", "cases", "references", "protocol", "references by category", "summary"))
    for row in summaries():
        if row.broken:
            grid.add(row.name, "broken", "", "", "", row.broken)
            continue
        if row.unfetched:
            grid.add(row.name, "not fetched", "", row.protocol, "", row.summary)
            continue
        categories = ", ".join(f"{category} {count}" for category, count in row.categories)
        grid.add(row.name, str(row.cases), str(row.references), row.protocol, categories, row.summary)
    grid.show()


def _list_clips(name: str) -> None:
    from motionbench.cli.grids import Grid
    from motionbench.data import manifest_file

    file = manifest_file.find()
    manifest = manifest_file.load(file)
    if name in manifest.datasets:
        return _list_references(name)
    if name not in manifest.suites:
        from motionbench.spelling import suggest

        known = [*manifest.suites, *manifest.datasets]
        raise UsageError(f"{file.name} has no suite named {name!r}; {suggest(name, known)}")
    grid = Grid(("clip", "category", "licence", "tier", "size", "here", "caption"))
    for clip in manifest.clips_of(name):
        grid.add(clip.id, clip.category, clip.licence, clip.tier or "", *_file(clip, file), clip.reference_prompt)
    grid.show()


def _list_references(name: str) -> None:
    """The references of a data set of others, which are known when it is here."""
    from motionbench.cli.grids import Grid
    from motionbench.data.inspection import open_suite

    grid = Grid(("clip", "category", "prompts", "caption"))
    cases = open_suite(name).entries
    counts = Counter(case.reference_id for case in cases)
    for case in cases:
        if count := counts.pop(case.reference_id, 0):
            grid.add(case.reference_id, case.category, str(count), case.reference_prompt)
    grid.show()


def _file(clip: ClipEntry, manifest: Path) -> tuple[str, str]:
    """A clip's size, and whether it is on this machine."""
    from motionbench.data import places
    from motionbench.data.manifest import FileSource

    if not isinstance(clip.source, FileSource):
        return "", "rendered"
    here = places.of(clip.source, places.data_folder(manifest)).exists()
    return fetch_progress.megabytes(clip.source.bytes or 0), "yes" if here else "no"


@app.command("fetch")
def fetch(names: Wanted = None, mirror: Mirror = "", jobs: Jobs = 4) -> None:
    """Download the clips of suites into the cache, checked against their digests; exit 6 where one is missing.

    What stops half-way goes on with the same command. MOTIONBENCH_CACHE moves the cache.
    """
    from motionbench.cli.evaluate import resumable
    from motionbench.data import fetching, manifest_file, places

    file = manifest_file.find()
    manifest = manifest_file.load(file)
    sets = [name for name in names or [] if name in manifest.datasets]
    for name in sets:
        _fetch_dataset(name, manifest.datasets[name], mirror)
    others = [name for name in names or [] if name not in sets]
    if sets and not others:
        return
    clips = fetching.chosen(manifest, others)
    missing = fetching.missing(clips, places.data_folder(file))
    if missing:
        _show_terms(missing)
    with resumable(), fetch_progress.shown() as report:
        failures = fetching.fetch([fetching.wanted_of(clip, mirror) for clip in missing], report, workers=jobs)
    for failure in failures:
        typer.echo(failure.message, err=True)
    typer.echo(f"{len(clips) - len(failures)} of {len(clips)} files are here: {places.cache()}")
    if failures:
        raise MissingResourceError(f"{len(failures)} of {len(clips)} files did not come; the lines above say why")


def _fetch_dataset(name: str, entry: DatasetEntry, mirror: str) -> None:
    from motionbench.cli.evaluate import resumable
    from motionbench.data import dataset_fetching, places

    if not places.dataset(name).is_dir():
        size = f", {fetch_progress.megabytes(entry.archive.bytes)}" if entry.archive else ""
        typer.echo(f"{name} is others' work ({entry.homepage}{size}), under: {entry.licence}", err=True)
    with resumable(), fetch_progress.shown() as report:
        place = dataset_fetching.fetch(name, entry, mirror, report)
    typer.echo(f"{name} is here: {place}")


def _show_terms(clips: list[ClipEntry]) -> None:
    from motionbench.data import fetching

    found = list(fetching.terms(clips))
    total = fetch_progress.megabytes(sum(terms.bytes for terms in found))
    typer.echo(f"{len(clips)} files ({total}) that are others' work, under:", err=True)
    for terms in found:
        size = fetch_progress.megabytes(terms.bytes)
        tier = f", tier {terms.tier}" if terms.tier else ""
        count = f"{terms.files} file{'s' * (terms.files > 1)}"
        typer.echo(f"  {terms.licence}{tier}: {terms.attribution} ({count}, {size})", err=True)
    if any(terms.tier == "B" for terms in found):
        typer.echo(
            "Tier B: the licence is that of the repository, the footage's own origin is not stated: "
            "use these files here, do not pass them or their frames on.",
            err=True,
        )


@app.command("verify")
def verify(names: Names = None, data: options.Data = None) -> None:
    """Decode every case and compare it with its digest; exit 6 where one differs or is missing. Needs no network."""
    broken = [suite.name for suite in _suites(names, data) if _faults(suite, asked=bool(names))]
    if broken:
        raise MissingResourceError(f"not every reference of {', '.join(broken)} can be used; the lines above say why")


def _suites(names: list[str] | None, data: options.Data) -> list[Suite]:
    from motionbench import registry, sources
    from motionbench.data.inspection import open_suite

    known = [entry.name for entry in registry.entries("suites") if entry.spec is not None]
    suites = [open_suite(name) for name in names] if names else list(_openable([] if data else known))
    if data is not None:
        protocol = sources.folder_protocol(registry.backbone("mini-wan"), "")
        suites.append(sources.open_folder(data, protocol))
    return suites


def _openable(names: list[str]) -> Iterator[Suite]:
    """Those that can be opened: a manifest of the user's own need not have ours."""
    from motionbench.data.inspection import open_suite

    for name in names:
        try:
            yield open_suite(name)
        except UsageError as error:
            typer.echo(f"{name}: {error}", err=True)


def _faults(suite: Suite, asked: bool) -> int:
    """How many references of a suite cannot be used, each printed with its reasons."""
    from motionbench.data.inspection import is_unfetched
    from motionbench.data.inspection import verify as inspect

    if not asked and is_unfetched(suite):
        typer.echo(f"{suite.name}: not fetched; type: motionbench data fetch {suite.name}")
        return 0
    try:
        total = len({entry.reference_id for entry in suite.entries})
    except MissingResourceError as error:
        if asked:
            raise
        typer.echo(f"{suite.name}: {str(error).splitlines()[0]}", err=True)
        return 1
    faults = inspect(suite, printing.progress)
    for fault in faults:
        typer.echo(f"{suite.name} {fault.reference_id}: {fault.message}", err=True)
    broken = len({fault.reference_id for fault in faults})
    typer.echo(f"{suite.name}: {total - broken} of {total} references verified")
    return broken


@app.command("annotate")
def annotate(
    suite: Annotated[str, typer.Argument(help="A suite whose clips are here.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", help="The folder that gets a file a reference.")] = Path(
        "annotations"
    ),
    only: Annotated[list[str] | None, typer.Option("--clip", help="Only this one; may be given again.")] = None,
) -> None:
    """Write each reference's annotation, estimated where none is given and marked as such; nothing scored reads it."""
    from motionbench.annotation import writing
    from motionbench.data.inspection import open_suite
    from motionbench.spelling import suggest

    opened = open_suite(suite)
    entries = {entry.reference_id: entry for entry in reversed(opened.entries)}
    for name in only or []:
        if name not in entries:
            raise UsageError(f"{suite} has no clip {name!r}; {suggest(name, entries)}")
    written = []
    for name in sorted(only or entries):
        written.append(one := writing.annotate(opened, entries[name], output))
        told = ", ".join([*one.estimated, *([f"none: {one.reason}"] if one.reason else [])]) or "given"
        typer.echo(f"{one.reference}: {', '.join(one.parts) or 'nothing'} ({told})", err=True)
    typer.echo(str(writing.write_index(output, suite, written)))


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="A video.", dir_okay=True, show_default=False)],
    category: Annotated[Category, typer.Option("--category", help="What moves in it.")],
    caption: Annotated[str, typer.Option("--caption", help="What is seen, and how it moves.")] = "",
    prompt: Annotated[list[str] | None, typer.Option("--prompt", help="Another look; may be given again.")] = None,
    licence: Annotated[str, typer.Option("--licence", help="As an SPDX identifier.")] = "",
    attribution: Annotated[str, typer.Option("--attribution", help="Whose it is.")] = "",
    url: Annotated[str, typer.Option("--url", help="Where it can be fetched.")] = "",
    start: Annotated[int, typer.Option("--start", min=0, help="Pictures to skip.")] = 0,
    every: Annotated[int, typer.Option("--every", min=1, help="Plays this many times as fast.")] = 1,
) -> None:
    """Print a manifest entry for a video: digest, bytes, size, rate and frames are read from it."""
    from motionbench.data import proposal

    known = proposal.Known(
        category=category.value,
        caption=caption or proposal.CAPTION,
        prompts=tuple(prompt or [proposal.PROMPT]),
        licence=licence or proposal.NO_LICENCE,
        attribution=attribution,
        url=url or None,
        start=start,
        every=every,
    )
    typer.echo(proposal.as_yaml(proposal.propose(file, known)), nl=False)
    typer.echo(f"Put this under `clips:` of a manifest beside {file.name}, and its id into a suite;", err=True)
    typer.echo("then: MOTIONBENCH_MANIFEST=FILE motionbench data verify SUITE", err=True)


@app.command("croissant")
def croissant(suite: Described = "core", url: Page = "", output: Output = None) -> None:
    """Describe a suite's files and cases in Croissant 1.1, for data-set searches and loaders."""
    from motionbench.data import croissant as writer
    from motionbench.data import manifest_file

    text = writer.of_suite(manifest_file.load(), suite, url)
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        typer.echo(f"Written to {output}", err=True)
