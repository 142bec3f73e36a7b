"""A suite as a Croissant 1.1 description: JSON-LD that data-set searches and loaders read. It names files, it has none.

Every file behind an address is a FileObject with its digest. Two record sets hold the rest inline: ``clips`` (what part
of which file, licence, caption) and ``cases`` (a clip and a prompt).

Source: mlcommons.org/croissant/1.1.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import motionbench
from motionbench.data.manifest import ClipEntry, FileSource, Manifest
from motionbench.data.suites import case_id
from motionbench.errors import UsageError
from motionbench.spelling import suggest

CONFORMS = "http://mlcommons.org/croissant/1.1"
_CONTEXT = (
    *("arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field", "fileProperty"),
    *("fileObject", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5"),
    *("parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate", "separator"),
    *("source", "subField", "transform"),
)
"""Words of Croissant's own vocabulary."""
_FORMATS = {".mp4": "video/mp4", ".mkv": "video/x-matroska", ".webm": "video/webm", ".mov": "video/quicktime"}
_SPDX = "https://spdx.org/licenses"
_TEXT, _INTEGER = "sc:Text", "sc:Integer"
_CLIP = {
    "id": _TEXT,
    "file": _TEXT,
    "category": _TEXT,
    "start": _INTEGER,
    "every": _INTEGER,
    "caption": _TEXT,
    "licence": _TEXT,
    "tier": _TEXT,
    "attribution": _TEXT,
}
_CASE = {"id": _TEXT, "clip": _TEXT, "prompt": _TEXT}
Node = dict[str, Any]
"""An object of JSON-LD."""


def of_suite(manifest: Manifest, name: str, url: str = "") -> str:
    """The description of a suite; ``url`` is its page. Raises UsageError where no file of it has an address."""
    if name in manifest.datasets:
        page = manifest.datasets[name].homepage
        raise UsageError(f"{name} is others' data set, which its authors describe: {page}; name a suite of our own")
    if name not in manifest.suites:
        raise UsageError(f"no suite named {name!r}; {suggest(name, manifest.suites)}")
    files = {clip.id: clip.source for clip in manifest.clips_of(name) if isinstance(clip.source, FileSource)}
    clips = [clip for clip in manifest.clips_of(name) if clip.id in files and files[clip.id].url]
    if not clips:
        raise UsageError(f"the suite {name} has no files behind addresses, so there is nothing to describe; try core")
    document: Node = {
        "@context": _context(),
        "@type": "sc:Dataset",
        "name": f"motionbench-{name}",
        "description": f"{manifest.suites[name].summary}. Reference videos and prompts for video motion transfer.",
        "conformsTo": CONFORMS,
        "version": motionbench.__version__,
        "license": sorted({f"{_SPDX}/{clip.licence}" for clip in clips}),
        **({"url": url} if url else {}),
        "isLiveDataset": False,
        "distribution": [_file(files[clip.id]) for clip in clips],
        "recordSet": [
            _records("clips", _CLIP, [_clip(clip, files[clip.id]) for clip in clips]),
            _records("cases", _CASE, _cases(clips), references={"clip": "clips/id"}),
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _context() -> Node:
    return {
        "@language": "en",
        "@vocab": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "dct": "http://purl.org/dc/terms/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "sc": "https://schema.org/",
        "conformsTo": "dct:conformsTo",
        "data": {"@id": "cr:data", "@type": "@json"},
        "examples": {"@id": "cr:examples", "@type": "@json"},
        "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        "name": {"@container": "@language"},
        "description": {"@container": "@language"},
        **{word: f"cr:{word}" for word in _CONTEXT},
    }


def _file(source: FileSource) -> Node:
    return {
        "@type": "cr:FileObject",
        "@id": source.name,
        "name": source.name,
        "contentUrl": source.url,
        "contentSize": f"{source.bytes} B",
        "encodingFormat": _FORMATS.get(PurePosixPath(source.name).suffix.lower(), "application/octet-stream"),
        "sha256": source.sha256,
    }


def _records(name: str, fields: Node, rows: Sequence[Node], references: Node | None = None) -> Node:
    """A record set with its data inline; ``references`` says which field points to which."""
    targets = references or {}
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "key": {"@id": f"{name}/id"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{field}",
                "name": field,
                "dataType": kind,
                **({"references": {"field": {"@id": targets[field]}}} if field in targets else {}),
            }
            for field, kind in fields.items()
        ],
        "data": [{f"{name}/{field}": row[field] for field in fields} for row in rows],
    }


def _clip(clip: ClipEntry, source: FileSource) -> Node:
    return {
        "id": clip.id,
        "file": source.name,
        "category": clip.category,
        "start": source.file.start,
        "every": source.file.every,
        "caption": clip.reference_prompt,
        "licence": clip.licence,
        "tier": clip.tier or "",
        "attribution": clip.attribution,
    }


def _cases(clips: Sequence[ClipEntry]) -> list[Node]:
    return [
        {"id": case_id(clip.id, prompt.id), "clip": clip.id, "prompt": prompt.text}
        for clip in clips
        for prompt in clip.prompts
    ]
