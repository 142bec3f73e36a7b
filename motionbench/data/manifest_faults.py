"""What is wrong with a manifest, in words that say what to type instead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel, ValidationError

from motionbench.data import manifest as schema
from motionbench.data.manifest import ClipEntry, DatasetEntry, FileSource, Manifest, ProceduralSource, SuiteEntry
from motionbench.data.yaml_lines import Document, YamlPath
from motionbench.mini.world import MOTIONS
from motionbench.spelling import suggest

_MODELS: tuple[type[BaseModel], ...] = (
    schema.Manifest,
    schema.ProtocolEntry,
    schema.SuiteEntry,
    schema.ClipEntry,
    schema.Prompt,
    schema.Procedural,
    schema.ProceduralSource,
    schema.FilePart,
    schema.FileSource,
    schema.VideoFacts,
    schema.Archive,
    schema.DatasetEntry,
)
Fault = tuple[YamlPath, str]


def of_schema(document: Document, error: ValidationError) -> Iterator[str]:
    """One line for each thing that pydantic found."""
    for fault in error.errors():
        path = tuple(part for part in fault["loc"] if part not in schema.SOURCE_TAGS)
        yield document.fault(path, _message(dict(fault), path))


def _message(fault: dict[str, Any], path: YamlPath) -> str:
    got = fault["input"]
    match fault["type"]:
        case "missing":
            return f"this key is missing; add `{path[-1]}:`"
        case "extra_forbidden":
            return f"unknown key; {suggest(str(path[-1]), _known_keys())}"
        case "literal_error":
            return f"expected one of {fault['ctx']['expected']}, got {got!r}"
        case "union_tag_not_found":
            return "expected a `procedural:` or a `file:` source"
        case "string_pattern_mismatch":
            return f"expected text of the form {fault['ctx']['pattern']}, got {got!r}"
    return f"{fault['msg'][0].lower()}{fault['msg'][1:]}, got {got!r}"


def _known_keys() -> list[str]:
    return sorted({name for model in _MODELS for name in model.model_fields})


def of_meaning(manifest: Manifest, document: Document) -> Iterator[Fault]:
    """Faults that no schema sees: ids that stand twice, names that lead nowhere, seeds that do not fit."""
    yield from _twice(("clips",), [clip.id for clip in manifest.clips], document)
    for name, suite in manifest.suites.items():
        yield from _suite(("suites", name), name, suite, manifest)
    for name, entry in manifest.datasets.items():
        yield from _dataset(("datasets", name), name, entry, manifest)
    for index, clip in enumerate(manifest.clips):
        path: YamlPath = ("clips", index)
        yield from _twice((*path, "prompts"), [prompt.id for prompt in clip.prompts], document)
        yield from _looks(path, clip)
        yield from _address(path, clip)


def _twice(path: YamlPath, ids: list[str], document: Document) -> Iterator[Fault]:
    places: dict[str, int] = {}
    for index, name in enumerate(ids):
        first = places.setdefault(name, index)
        if first != index:
            line = document.line((*path, first, "id"))
            yield (*path, index, "id"), f"the id {name!r} is already taken in line {line}; rename one of them"


def _suite(path: YamlPath, name: str, suite: SuiteEntry, manifest: Manifest) -> Iterator[Fault]:
    if suite.protocol not in manifest.protocols:
        yield (
            (*path, "protocol"),
            f"no protocol named {suite.protocol!r}; {suggest(suite.protocol, manifest.protocols)}",
        )
    ids = {clip.id: clip for clip in manifest.clips}
    for index, clip in enumerate(suite.clips):
        if clip not in ids:
            yield (*path, "clips", index), f"no clip named {clip!r}; {suggest(clip, ids)}"
    if not manifest.clips_of(name):
        yield path, "the suite has no clips; list them under `clips:`, or select them by `tags:`"


def _dataset(path: YamlPath, name: str, entry: DatasetEntry, manifest: Manifest) -> Iterator[Fault]:
    if name in manifest.suites:
        yield path, f"a suite is called {name!r} as well; rename one of them"
    if entry.protocol not in manifest.protocols:
        known = manifest.protocols
        yield (*path, "protocol"), f"no protocol named {entry.protocol!r}; {suggest(entry.protocol, known)}"
    if (entry.archive is None) == (entry.hub is None):
        yield path, "a data set comes from one place; give `archive:` or `hub:`"


def _looks(path: YamlPath, clip: ClipEntry) -> Iterator[Fault]:
    procedural = isinstance(clip.source, ProceduralSource)
    for index, prompt in enumerate(clip.prompts):
        where: YamlPath = (*path, "prompts", index)
        if procedural and prompt.look_seed is None:
            yield where, "a prompt of a procedural clip names its look; add `look_seed:`"
        if not procedural and prompt.look_seed is not None:
            yield (*where, "look_seed"), "only prompts of procedural clips have a look seed; remove it"
    if isinstance(clip.source, ProceduralSource):
        motion, known = clip.source.procedural.motion, MOTIONS[clip.category]
        if motion not in known:
            where = (*path, "source", "procedural", "motion")
            yield where, f"no {clip.category} motion named {motion!r}; {suggest(motion, known)}"


def _address(path: YamlPath, clip: ClipEntry) -> Iterator[Fault]:
    source = clip.source
    if isinstance(source, FileSource) and source.url is not None and source.bytes is None:
        yield (*path, "source"), "a file with an address says how long it is; add `bytes:`"
    if isinstance(source, FileSource) and ".." in PurePosixPath(source.file.path).parts:
        yield (*path, "source", "file", "path"), "the path leaves the data folder; remove its `..`"
