"""A suite of the user's own: a folder with videos and a list of them, in one of the layouts of ``layouts``."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from motionbench.data import files, given, layouts, loaders, prompts_csv, video
from motionbench.data.cases import Footage, usable
from motionbench.data.layouts import LIST
from motionbench.data.prompts_csv import Listed
from motionbench.data.suites import case_id, other_reference
from motionbench.errors import MissingResourceError, UsageError
from motionbench.spelling import suggest
from motionbench.types import Case, CaseEntry, Protocol

_EXAMPLE = prompts_csv.EXAMPLE
_NOTICE = "Videos of the user's own: comparable with runs on the same files only."


class FolderSuite:
    """The videos of a folder under a protocol of the caller's choice.

    A reference is named by its file without the ending, a case ``dance--p1``. Raises MissingResourceError where the
    folder, its list or a listed file is absent, UsageError with lines where the list is wrong.
    """

    def __init__(self, directory: Path | str, protocol: Protocol, name: str = "", notice: str = _NOTICE) -> None:
        self.directory, self.protocol, self.notice = Path(directory), protocol, notice
        self.name = name or self.directory.resolve().name
        self.summary = f"the videos of {self.directory}"
        self._videos = _by_name(layouts.listed(self.directory))
        _check_present(self.directory, self._videos)
        self._footage = functools.lru_cache(maxsize=2)(self._decode)

    @functools.cached_property
    def entries(self) -> Sequence[CaseEntry]:
        """All cases, in the order of the list; hashes the files, decodes nothing."""
        return tuple(
            CaseEntry(
                id=case_id(name, prompt_id),
                suite=self.name,
                category=listed.category,
                reference_id=name,
                prompt=prompt,
                reference_prompt=listed.reference_prompt,
                digest=digest,
            )
            for name, listed in self._videos.items()
            for digest in [self._digest(listed)]
            for prompt_id, prompt in listed.prompts.items()
        )

    def load(self, entry: CaseEntry) -> Case:
        """Decode one case; raises VideoError, or MissingResourceError where the file is no longer the one planned."""
        if entry.reference_id not in self._videos:
            raise UsageError(f"{LIST} lists no {entry.reference_id!r}; {suggest(entry.reference_id, self._videos)}")
        now = self._digest(self._videos[entry.reference_id])
        if now != entry.digest:
            raise MissingResourceError(
                f"{entry.reference_id} has changed since the run was planned: expected {entry.digest}, got {now}; "
                "start the run again"
            )
        neighbour = other_reference(list(self._videos), entry.reference_id)
        other = usable(lambda: self._footage(neighbour).video) if neighbour else None
        return loaders.load(entry, replace(self._footage(entry.reference_id), other=other))

    def checks(self, entry: CaseEntry) -> Iterator[Callable[[], object]]:
        """Everything that can be wrong with a case, each to be called on its own."""
        yield lambda: loaders.load(entry, self._footage(entry.reference_id))

    def _digest(self, listed: Listed) -> str:
        digest = files.decoded_digest(files.sha256(self.directory / listed.file), self.protocol, listed.cut)
        for path in given.files(self.directory, listed):
            digest = hashlib.sha256(f"{digest} {files.sha256(path)}".encode()).hexdigest()
        return digest

    def _decode(self, name: str) -> Footage:
        listed = self._videos[name]
        read = video.read(self.directory / listed.file, self.protocol, listed.cut)
        return Footage(read, given.annotation(self.directory, listed, self.protocol))


def _by_name(listed: Sequence[Listed]) -> dict[str, Listed]:
    if not listed:
        raise MissingResourceError(f"{LIST} lists no videos; add a row for each:\n{_EXAMPLE}")
    named: dict[str, Listed] = {}
    for one in listed:
        name = Path(one.file).stem
        first = named.setdefault(name, one)
        if first is not one:
            raise UsageError(f"{LIST}: {first.file} and {one.file} would both be named {name!r}; rename one")
    return named


def _check_present(directory: Path, videos: dict[str, Listed]) -> None:
    absent = [listed.file for listed in videos.values() if not (directory / listed.file).exists()]
    if absent:
        raise MissingResourceError(
            f"{LIST} lists {len(absent)} files that are not in {directory}: {', '.join(absent)}; "
            "put them there or correct the names"
        )
