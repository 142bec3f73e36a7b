"""Runs of ``motionbench eval`` in processes of their own on a plug-in of fakes, and the judgement of what is left.

Nothing is lost where the table equals the undisturbed one and every byte of the store has its digest. Nothing finished
was done again where the file that marks each finished object is the one that was there before.
"""

from __future__ import annotations

import dataclasses
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from motionbench.store import Store

ROOT = Path(__file__).parents[2]
FAKES = ROOT / "tests" / "fakes"
METHODS = "fake-tuned,fake-still"
METRICS = "fake_brightness,fake_motion"
NEEDED = 4 + 8
"""Tunings and generations of an undisturbed run."""

Stamps = Mapping[Path, tuple[int, int]]
"""Of each finished object: inode and time of the file that marks it so."""


@dataclass(frozen=True)
class Ended:
    """A run that is over."""

    code: int
    table: str
    said: str


@dataclass(frozen=True)
class Finding:
    """A row of the fault table."""

    injected: str
    times: int
    again: str
    """What was computed again, or was not computed."""
    codes: tuple[int, ...]
    """Exit codes, of the disturbed runs first."""
    said: str
    faults: tuple[str, ...] = ()
    """What was lost or went wrong: nothing, or the suite fails."""

    @property
    def lost(self) -> str:
        """In words."""
        return "; ".join(self.faults) or "nothing"


@dataclass(frozen=True)
class Bench:
    """A folder with the plug-ins installed in it, stores, and a log of what methods were asked."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.site.is_dir():
            _install(self.site)

    @property
    def site(self) -> Path:
        """Where the plug-ins are installed."""
        return self.folder / "site"

    @property
    def log(self) -> Path:
        """What methods were asked, a line each."""
        return self.folder / "calls.log"

    def calls(self) -> int:
        """Tunings and generations that have begun since the last ``forget``."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return sum(line.startswith(("tune", "generate")) for line in lines)

    def forget(self) -> None:
        """Count from nought."""
        _ = self.undisturbed  # made before anything is counted
        self.log.unlink(missing_ok=True)

    def store(self, name: str) -> Path:
        """A folder where no store is yet."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        return self.folder / name

    def copied(self, name: str) -> Path:
        """A copy of the undisturbed store, time stamps included."""
        _ = self.undisturbed  # made where it is not there
        return Path(shutil.copytree(self.folder / "undisturbed", self.store(name)))

    @cached_property
    def undisturbed(self) -> str:
        """The table of a run that nothing disturbed."""
        ended = self.evaluate(self.store("undisturbed"))
        if ended.code != 0:
            raise RuntimeError(f"the undisturbed run exits {ended.code}: {ended.said}")
        return ended.table

    def words(self, store: Path, methods: str = METHODS, more: Sequence[str] = ()) -> list[str]:
        """The command."""
        asked = [] if "--data" in more else ["--suite", "fake"]
        asked += ["--method", methods, "--no-controls", "--metric", METRICS, "--format", "csv"]
        return self.command("eval", *asked, "--store", str(store), *more)

    def command(self, *words: str) -> list[str]:
        """Any command of ours."""
        return [sys.executable, "-m", "motionbench.cli", *words]

    def variables(self, **more: str) -> dict[str, str]:
        """The environment of a run."""
        paths = [str(self.site), str(FAKES), str(ROOT)]
        told = {"PYTHONPATH": os.pathsep.join(paths), "MOTIONBENCH_FAKE_LOG": str(self.log), "OMP_NUM_THREADS": "1"}
        return {**os.environ, **told, **self.environment, **more}

    @contextmanager
    def started(self, store: Path, more: Sequence[str] = (), **variables: str) -> Iterator[subprocess.Popen[bytes]]:
        """A run under way; the block ends it somehow."""
        with subprocess.Popen(
            self.words(store, more=more),
            env=self.variables(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            yield process

    def evaluate(
        self,
        store: Path,
        methods: str = METHODS,
        more: Sequence[str] = (),
        limit: Callable[[], None] | None = None,
        **variables: str,
    ) -> Ended:
        """A run to its end; ``limit`` is called in the child before it starts."""
        ended = subprocess.run(
            self.words(store, methods, more),
            env=self.variables(**variables),
            capture_output=True,
            preexec_fn=limit,
            timeout=600,
        )
        return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode(errors="replace"))

    def faults(self, store: Path, ended: Ended, before: Stamps | None = None, code: int = 0) -> list[str]:
        """What is wrong after the run that was to mend everything."""
        found = [f"exit {ended.code} instead of {code}: {ended.said[-300:]}"] if ended.code != code else []
        found += ["the table differs from the undisturbed one"] if ended.table != self.undisturbed else []
        found += [f"damaged: {path}" for path in Store.open(store).objects.verify()]
        return found + changed(before or {})


def stamps(store: Path) -> dict[Path, tuple[int, int]]:
    """Of all objects of a store that are finished now."""
    found = {path: path.stat() for path in (store / "objects").glob("*/??/*/DONE")}
    return {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in found.items()}


def changed(before: Stamps) -> list[str]:
    """Objects that were finished then and are not the same files now."""
    now = {path: path.stat() if path.exists() else None for path in before}
    gone = [path for path, stat in now.items() if not stat or (stat.st_ino, stat.st_mtime_ns) != before[path]]
    return [f"made again though finished: {path.parent}" for path in gone]


def last_line(said: str, words: str) -> str:
    """The last line that holds these words, for the table."""
    return next((line for line in reversed(said.splitlines()) if words in line), "")


def with_environment(bench: Bench, **variables: str) -> Bench:
    """The same bench, with more variables in every run."""
    return dataclasses.replace(bench, environment={**bench.environment, **variables})


def _install(site: Path) -> None:
    """As pip would: a folder of metadata a plug-in."""
    sys.path[:0] = [] if str(FAKES) in sys.path else [str(FAKES)]
    for name in ("motionbench_fakes", "motionbench_strangers"):
        folder = site / f"{name}-1.0.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.0\n")
        lines = []
        for group, names in importlib.import_module(name).ENTRY_POINTS.items():
            lines.append(f"[motionbench.{group}]")
            lines += [f"{name[12:]}-{one.lower()} = {name}:{one}" for one in names if one != "BROKEN"]
        (folder / "entry_points.txt").write_text("\n".join(lines) + "\n")
