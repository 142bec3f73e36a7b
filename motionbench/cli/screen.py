"""Shows a run on stderr: a live bar on a terminal, one line an item anywhere else."""

from __future__ import annotations

import io
import os
import sys
import time
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

from motionbench.display import Display
from motionbench.plan import Item, ScoreItem, TrackItem, TuneItem
from motionbench.scoring import Verdict

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from motionbench.executors.crew import CrewDisplay

_ERRORS = 2
"""The descriptor of standard error."""
_BROKEN = ("failed", "invalid_output")


def choose() -> Display:
    """The live display where stderr is a capable terminal."""
    return Plain() if _is_plain() else Live()


def choose_for_crew() -> CrewDisplay:
    """The same, with a line for each of several workers."""
    return Plain() if _is_plain() else LiveCrew()


def _is_plain() -> bool:
    return not sys.stderr.isatty() or os.environ.get("TERM") == "dumb" or bool(os.environ.get("CI"))


def own_stderr() -> TextIO:
    """Standard error as it is now, for a display that goes on while items' words go into their logs (``capturing``)."""
    try:
        if sys.stderr.fileno() != _ERRORS:
            return sys.stderr
    except (AttributeError, OSError, ValueError):  # whatever stands in for it
        return sys.stderr
    raw = io.FileIO(
        os.dup(_ERRORS), "w"
    )  # with a buffer, a signal that comes while a line is written could tell nothing
    return io.TextIOWrapper(cast(BinaryIO, raw), sys.stderr.encoding, "backslashreplace", write_through=True)


def describe(item: Item) -> str:
    """Method, case, seed and stage of an item, as one line."""
    if isinstance(item, ScoreItem):
        return f"{describe(item.generation)} · {item.column.name}"
    if isinstance(item, TrackItem):
        return f"{describe(item.generation) if item.generation else item.entry.id} · track"
    what = f"{item.choice.label} · {item.entry.id}"
    return f"{what} · tune" if isinstance(item, TuneItem) else f"{what} · seed {item.seed}"


class Plain:
    """One line a finished item, no carriage returns."""

    def __init__(self) -> None:
        self._missing = self._ended = 0
        self._stream = own_stderr()

    def start(self, missing: int, cached: int) -> None:
        """The run begins."""
        self._missing = missing
        self.warn(f"{missing} items to do, {cached} are there")

    def begin(self, item: Item) -> None:
        """Nothing: lines tell of ends."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """Nothing: lines tell of ends."""

    def end(self, item: Item, verdict: Verdict, seconds: float) -> None:
        """One line."""
        self._ended += 1
        reason = f": {verdict.reason}" if verdict.reason else ""
        self.warn(f"[{self._ended}/{self._missing}] {describe(item)} {verdict.status} {seconds:.1f} s{reason}")

    def warn(self, text: str) -> None:
        """A line."""
        print(text, file=self._stream, flush=True)

    def stop(self) -> None:
        """Nothing."""

    def of(self, worker: str) -> Plain:
        """Lines do not say who did it."""
        return self


class Live:
    """An overall bar in items, and the item at hand below it."""

    def __init__(self) -> None:
        self._progress: Progress = _bars()
        self._overall: TaskID | None = None
        self._current: TaskID | None = None
        self._cached = self._done = self._failed = self._missing = 0
        self._began = 0.0

    def start(self, missing: int, cached: int) -> None:
        """The run begins; nothing is shown where nothing is missing."""
        self._missing, self._cached = missing, cached
        if missing:
            self._overall = self._progress.add_task(self._counts(), total=missing, stage="")
            self._current = self._progress.add_task("", total=None, stage="")
            self._progress.start()

    def begin(self, item: Item) -> None:
        """Name the item at hand."""
        self._began = time.monotonic()
        self._update(describe(item), None, 0)

    def progress(self, stage: str, done: int, total: int) -> None:
        """Move the lower bar."""
        if self._current is not None:
            self._progress.update(self._current, total=total or None, completed=done, stage=_escaped(stage))

    def end(self, item: Item, verdict: Verdict, seconds: float) -> None:
        """Move the overall bar; a failure leaves a line."""
        broken = verdict.status in _BROKEN
        self._done, self._failed = self._done + (not broken), self._failed + broken
        if broken and seconds:
            self.warn(f"{describe(item)}: {verdict.status.replace('_', ' ')}: {verdict.reason}")
        if self._overall is not None:
            self._progress.update(self._overall, advance=1, description=self._counts())

    def warn(self, text: str) -> None:
        """A line above the bars."""
        self._progress.console.print(text, markup=False, highlight=False, style="yellow")

    def stop(self) -> None:
        """Take the bars away."""
        self._progress.stop()

    def _update(self, description: str, total: int | None, completed: int) -> None:
        if self._current is not None:
            self._progress.reset(self._current, total=total, completed=completed, stage="")
            self._progress.update(self._current, description=_escaped(description))

    def _counts(self) -> str:
        left = self._missing - self._done - self._failed
        return f"{self._done} done · {self._cached} cached · {self._failed} failed · {left} left"


class LiveCrew(Live):
    """An overall bar, and a line a worker below it."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[str, Line] = {}

    def start(self, missing: int, cached: int) -> None:
        """The run begins; lines come with their workers."""
        super().start(missing, cached)
        if self._current is not None:
            self._progress.remove_task(self._current)
            self._current = None

    def of(self, worker: str) -> Line:
        """The line of a worker."""
        if worker not in self._lines:
            self._lines[worker] = Line(self, self._progress, worker)
        return self._lines[worker]


class Line:
    """What one worker does (``display.Display``)."""

    def __init__(self, crew: LiveCrew, bars: Progress, worker: str) -> None:
        self._crew, self._bars, self._worker = crew, bars, _escaped(worker)
        self._task = bars.add_task(self._worker, total=None, stage="")

    def start(self, missing: int, cached: int) -> None:
        """Nothing: the crew has begun."""

    def begin(self, item: Item) -> None:
        """Name the item at hand."""
        self._bars.reset(self._task, total=None, completed=0, stage="")
        self._bars.update(self._task, description=f"{self._worker}: {_escaped(describe(item))}")

    def progress(self, stage: str, done: int, total: int) -> None:
        """Move the bar."""
        self._bars.update(self._task, total=total or None, completed=done, stage=_escaped(stage))

    def end(self, item: Item, verdict: Verdict, seconds: float) -> None:
        """Move the overall bar."""
        self._bars.update(self._task, description=self._worker, stage="")
        self._crew.end(item, verdict, seconds)

    def warn(self, text: str) -> None:
        """A line above the bars."""
        self._crew.warn(text)

    def stop(self) -> None:
        """Nothing: the crew takes the bars away."""


def _bars() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[stage]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(file=own_stderr()),
        redirect_stdout=False,  # what items print is for their logs
        redirect_stderr=False,
        transient=True,
    )


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
