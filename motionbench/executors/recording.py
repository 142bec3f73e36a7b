"""A run in this process, as events: what several workers leave by themselves."""

from __future__ import annotations

from dataclasses import asdict

from motionbench.engine import Display
from motionbench.executors.events import EventWriter
from motionbench.plan import Item
from motionbench.scoring import Verdict


class Recording:
    """A display that also writes events."""

    def __init__(self, display: Display, events: EventWriter) -> None:
        self._display, self._events = display, events

    def start(self, missing: int, cached: int) -> None:
        """The run begins."""
        self._events.write("start", missing=missing, cached=cached)
        self._display.start(missing, cached)

    def begin(self, item: Item) -> None:
        """An item begins."""
        self._events.write("begin", key=item.key, stage=item.stage)
        self._display.begin(item)

    def progress(self, stage: str, done: int, total: int) -> None:
        """Shown, not written: there is nobody who waits for it."""
        self._display.progress(stage, done, total)

    def end(self, item: Item, verdict: Verdict, seconds: float) -> None:
        """An item ended."""
        self._events.write("end", key=item.key, stage=item.stage, seconds=seconds, verdict=asdict(verdict))
        self._display.end(item, verdict, seconds)

    def warn(self, text: str) -> None:
        """A line that stays."""
        self._events.write("warn", text=text)
        self._display.warn(text)

    def stop(self) -> None:
        """The run ended."""
        self._events.write("stop")
        self._display.stop()
