"""Fetching the files of suites: which ones, from where, several at a time, and every failure told at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from motionbench.data import download, places
from motionbench.data.download import Patience, Wanted
from motionbench.data.manifest import ClipEntry, FileSource, Manifest
from motionbench.errors import MissingResourceError, UsageError
from motionbench.spelling import suggest

WORKERS = 4


@dataclass(frozen=True)
class Terms:
    """The conditions under which some of the files come."""

    licence: str
    tier: str
    attribution: str
    files: int
    bytes: int


@dataclass(frozen=True)
class Failure:
    """A file that did not come."""

    name: str
    message: str


@dataclass(frozen=True)
class State:
    """How far all files together are."""

    name: str
    """The file that moved last."""
    bytes: int
    total_bytes: int
    files: int
    total_files: int


Report = Callable[[State], None]


def chosen(manifest: Manifest, names: Sequence[str]) -> list[ClipEntry]:
    """The clips behind addresses, of suites or clips by name, all where none is named; raises UsageError."""
    addressed = [clip for clip in manifest.clips if _address(clip)]
    if not names:
        return addressed
    wanted: set[str] = set()
    for name in names:
        known = [*manifest.suites, *manifest.datasets, *(clip.id for clip in addressed)]
        if name not in known:
            raise UsageError(f"no suite and no clip to fetch named {name!r}; {suggest(name, known)}")
        wanted |= {clip.id for clip in manifest.clips_of(name)} if name in manifest.suites else {name}
    return [clip for clip in addressed if clip.id in wanted]


def missing(clips: Sequence[ClipEntry], root: Path) -> list[ClipEntry]:
    """Those whose file is neither under ``root`` nor in the cache, or is not the one that the manifest means."""
    return [clip for clip in clips if not _is_here(clip, root)]


def _is_here(clip: ClipEntry, root: Path) -> bool:
    wanted = wanted_of(clip)
    beside = places.of(clip.source, root) if isinstance(clip.source, FileSource) else wanted.place
    return download.is_here(replace(wanted, place=beside)) or download.is_here(wanted)


def wanted_of(clip: ClipEntry, mirror: str = "") -> Wanted:
    """A clip's file as a download into the cache; ``mirror`` is an address or a folder that has it by its name."""
    source = clip.source
    if not isinstance(source, FileSource) or source.url is None or source.bytes is None:
        raise UsageError(f"{clip.id} has no address; it is not fetched")
    url = mirrored(source.name, mirror) if mirror else source.url
    return Wanted(source.name, url, source.sha256, source.bytes, places.cached(source))


def terms(clips: Sequence[ClipEntry]) -> Iterator[Terms]:
    """Licences of clips, each with all that come under it, in the order of the manifest."""
    kinds = dict.fromkeys((clip.licence, clip.tier or "", clip.attribution) for clip in clips)
    for licence, tier, attribution in kinds:
        under = [
            clip.source.bytes or 0
            for clip in clips
            if (clip.licence, clip.tier or "", clip.attribution) == (licence, tier, attribution)
            and isinstance(clip.source, FileSource)
        ]
        yield Terms(licence, tier, attribution, len(under), sum(under))


def fetch(
    files: Sequence[Wanted],
    report: Report = lambda state: None,
    *,
    workers: int = WORKERS,
    patience: Patience | None = None,
) -> tuple[Failure, ...]:
    """Fetch all files; what fails stops no other and is returned. KeyboardInterrupt keeps what has come."""
    tally = _Tally(files, report)
    with ThreadPoolExecutor(workers) as pool:
        running = {pool.submit(download.fetch, file, tally.of(file), patience): file for file in files}
        try:
            failures = [_failure(running[done].name, done) for done in as_completed(running)]
        except KeyboardInterrupt:
            tally.stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    return tuple(sorted(filter(None, failures), key=lambda failure: failure.name))


def _failure(name: str, done: Future[None]) -> Failure | None:
    error = done.exception()
    if error is None:
        return None
    if isinstance(error, MissingResourceError):
        return Failure(name, str(error))
    raise error


def _address(clip: ClipEntry) -> bool:
    return isinstance(clip.source, FileSource) and clip.source.url is not None


def mirrored(name: str, mirror: str) -> str:
    """The address of a file on a mirror, which is an address itself or a folder."""
    base = mirror.rstrip("/") if "://" in mirror else Path(mirror).expanduser().resolve().as_uri()
    return f"{base}/{quote(name)}"


class _Tally:
    """Counts what the downloads report; they run in threads of their own."""

    def __init__(self, files: Sequence[Wanted], report: Report) -> None:
        self.stop = threading.Event()
        self._counts = {file.place: 0 for file in files}
        self._wanted = {file.place: file.bytes for file in files}
        self._report, self._lock = report, threading.Lock()

    def of(self, file: Wanted) -> download.Arrived:
        """The callback of one download."""

        def arrived(count: int) -> None:
            if self.stop.is_set():
                raise download.Interrupted
            with self._lock:
                self._counts[file.place] = count
                whole = sum(self._counts[place] == size for place, size in self._wanted.items())
                state = State(
                    file.name, sum(self._counts.values()), sum(self._wanted.values()), whole, len(self._counts)
                )
                self._report(state)

        return arrived
