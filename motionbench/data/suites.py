"""Suites of the manifest, what is in them, and whether it is what it should be.

Planning reads the manifest only; a clip is rendered or decoded when its case is loaded, and then its digest is checked.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from motionbench.data import files, loaders, manifest_file, places, procedural
from motionbench.data.cases import Footage, usable
from motionbench.data.inspection import Fault, SuiteSummary, summaries, verify, verify_suite
from motionbench.data.manifest import ClipEntry, FileSource, Manifest, ProceduralSource, Prompt
from motionbench.errors import UsageError
from motionbench.specs import SuiteSpec
from motionbench.spelling import suggest
from motionbench.types import Case, CaseEntry, Protocol, Video

__all__ = [
    "CORE",
    "MINI",
    "MINI_FULL",
    "Fault",
    "ManifestSuite",
    "SuiteSummary",
    "case_id",
    "other_reference",
    "quick_entries",
    "summaries",
    "verify",
    "verify_suite",
]

_CLASS = "motionbench.data.suites:ManifestSuite"
_CACHE_BYTES = 128 << 20

MINI = SuiteSpec("mini", _CLASS, "8 procedural references, two a category, one prompt each; the default")
MINI_FULL = SuiteSpec("mini-full", _CLASS, "24 procedural references, six a category, two prompts each")
CORE = SuiteSpec("core", _CLASS, "19 real references of four categories, four prompts each; fetched, not shipped")


class ManifestSuite:
    """A suite of ``data_manifest.yaml``; raises UsageError for an unknown name or a broken manifest."""

    def __init__(self, name: str, manifest_path: Path | str | None = None) -> None:
        file = manifest_file.find(manifest_path)
        self.manifest: Manifest = manifest_file.load(file)
        if name not in self.manifest.suites:
            raise UsageError(f"{file.name} has no suite named {name!r}; {suggest(name, self.manifest.suites)}")
        entry = self.manifest.suites[name]
        self.name, self.summary, self.notice = name, entry.summary, entry.notice
        self.protocol: Protocol = self.manifest.protocol_of(name)
        self._root = places.data_folder(file)
        self._clips = {clip.id: clip for clip in self.manifest.clips_of(name)}
        self._prompts = {
            case_id(clip.id, prompt.id): prompt
            for clip in self._clips.values()
            for prompt in clip.prompts[: entry.prompts]
        }
        frame_bytes = 3 * self.protocol.frames * self.protocol.height * self.protocol.width
        self._reference = functools.lru_cache(max(2, _CACHE_BYTES // frame_bytes))(self._decode)

    @functools.cached_property
    def entries(self) -> Sequence[CaseEntry]:
        """All cases, in the order of the manifest; decodes nothing."""
        return tuple(
            self._entry(clip, self._prompts[case_id(clip.id, prompt.id)])
            for clip in self._clips.values()
            for prompt in clip.prompts
            if case_id(clip.id, prompt.id) in self._prompts
        )

    def load(self, entry: CaseEntry) -> Case:
        """Render or decode one case and check its digest; raises MissingResourceError, VideoError or UsageError."""
        clip, prompt = self._clip(entry), self._prompts[entry.id]
        neighbour = other_reference(list(self._clips), clip.id)
        footage = replace(
            self._reference(clip.id),
            perfect=self._perfect(clip, prompt),
            other=usable(lambda: self._reference(neighbour).video) if neighbour else None,
        )
        return loaders.load(entry, footage)

    def checks(self, entry: CaseEntry) -> Iterator[Callable[[], object]]:
        """Everything that can be wrong with a case, each to be called on its own."""
        clip, prompt = self._clip(entry), self._prompts[entry.id]
        yield lambda: loaders.load(entry, self._reference(clip.id))
        yield lambda: self._perfect(clip, prompt)

    @property
    def unfetched(self) -> bool:
        """Whether none of its references is on this machine."""
        return set(self.absent()) == set(self._clips)

    def absent(self) -> Sequence[str]:
        """Clips behind addresses whose files are not on this machine."""
        return tuple(
            name
            for name, clip in self._clips.items()
            if isinstance(clip.source, FileSource) and clip.source.url
            if not places.of(clip.source, self._root).exists()
        )

    def _clip(self, entry: CaseEntry) -> ClipEntry:
        if entry.id not in self._prompts:
            raise UsageError(f"the suite {self.name} has no case {entry.id!r}; {suggest(entry.id, self._prompts)}")
        return self._clips[entry.reference_id]

    def _decode(self, clip_id: str) -> Footage:
        clip = self._clips[clip_id]
        if isinstance(clip.source, ProceduralSource):
            return procedural.footage(clip, self.protocol)
        return files.footage(clip, self.protocol, self._root)

    def _perfect(self, clip: ClipEntry, prompt: Prompt) -> Video | None:
        return procedural.perfect(clip, prompt, self.protocol) if prompt.look_seed is not None else None

    def _entry(self, clip: ClipEntry, prompt: Prompt) -> CaseEntry:
        return CaseEntry(
            id=case_id(clip.id, prompt.id),
            suite=self.name,
            category=clip.category,
            reference_id=clip.id,
            prompt=prompt.text,
            reference_prompt=clip.reference_prompt,
            digest=self._digest(clip),
            # Looks that differ only in their textures share a prompt, not a perfect transfer: so the look counts too.
            tags=(*clip.tags, *([] if prompt.look_seed is None else [f"look-{prompt.look_seed}"])),
        )

    def _digest(self, clip: ClipEntry) -> str:
        if isinstance(clip.source, FileSource):
            return files.decoded_digest(clip.source.sha256, self.protocol, files.cut_of(clip))
        return clip.source.sha256


def case_id(clip_id: str, prompt_id: str) -> str:
    """``pan-1--p1``."""
    return f"{clip_id}--{prompt_id}"


def other_reference(ids: Sequence[str], reference_id: str) -> str | None:
    """Another reference of the suite, half of its references further on; None where there is only one."""
    if len(ids) < 2:
        return None
    return ids[(ids.index(reference_id) + len(ids) // 2) % len(ids)]


def quick_entries(entries: Sequence[CaseEntry]) -> tuple[CaseEntry, ...]:
    """The cases of the first reference of each category."""
    first: dict[str, str] = {}
    for entry in entries:
        first.setdefault(entry.category, entry.reference_id)
    return tuple(entry for entry in entries if first[entry.category] == entry.reference_id)
