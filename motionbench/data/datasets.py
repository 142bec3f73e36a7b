"""Data sets of others that are suites: DAVIS 2017, MTBench and MoveBench, as the manifest's ``datasets`` name them.

Each lies in the cache as its authors publish it (``datasets/NAME``; a link to a copy elsewhere does as well) and is
read by the loader of its layout. Nothing of them is shipped; the prompts for DAVIS are ours.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from motionbench.data import layouts, manifest_file, places
from motionbench.data.folder import FolderSuite
from motionbench.errors import MissingResourceError, UsageError
from motionbench.specs import SuiteSpec
from motionbench.spelling import suggest
from motionbench.types import Case, CaseEntry, Protocol

_CLASS = "motionbench.data.datasets:DatasetSuite"

DAVIS = SuiteSpec("davis-2017", _CLASS, "50 sequences of DAVIS 2017 with masks, four prompts each; fetched")
MTBENCH = SuiteSpec("mtbench", _CLASS, "MTBench: videos with masks and tracks, five prompts each; fetched")
MOVEBENCH = SuiteSpec("movebench", _CLASS, "MoveBench: videos with tracks and captions, prompts of your own; fetched")


class DatasetSuite:
    """A data set of the manifest; it may be opened, and says what it is, before it is on this machine.

    Raises UsageError for an unknown name. ``entries`` and ``load`` raise MissingResourceError where it is not here.
    """

    def __init__(self, name: str, manifest_path: Path | str | None = None) -> None:
        file = manifest_file.find(manifest_path)
        manifest = manifest_file.load(file)
        if name not in manifest.datasets:
            raise UsageError(f"{file.name} has no data set named {name!r}; {suggest(name, manifest.datasets)}")
        self.entry = manifest.datasets[name]
        self.name, self.summary, self.notice = name, self.entry.summary, ""
        self.protocol: Protocol = manifest.protocol_of(name)

    @property
    def unfetched(self) -> bool:
        """Whether nothing of it is on this machine."""
        return not places.dataset(self.name).is_dir()

    @property
    def entries(self) -> Sequence[CaseEntry]:
        """All cases, in the order of its list; hashes the files, decodes nothing."""
        return self._folder.entries

    def load(self, entry: CaseEntry) -> Case:
        """Decode one case; raises VideoError, or MissingResourceError where its files have changed."""
        return self._folder.load(entry)

    def checks(self, entry: CaseEntry) -> Iterator[Callable[[], object]]:
        """Everything that can be wrong with a case, each to be called on its own."""
        return self._folder.checks(entry)

    @functools.cached_property
    def _folder(self) -> FolderSuite:
        place = places.dataset(self.name)
        if self.unfetched:
            raise MissingResourceError(
                f"the data set {self.name} is not on this machine; type: motionbench data fetch {self.name}\n"
                f"Its folder may be a link to a copy that you have: ln -s FOLDER {place}"
            )
        return FolderSuite(_top(place), self.protocol, name=self.name, notice="")


def _top(place: Path) -> Path:
    """The folder that has a known layout: the place itself, or the first one in it that has."""
    inside = sorted(path for path in place.iterdir() if path.is_dir())
    return next((path for path in (place, *inside) if layouts.is_known(path)), place)
